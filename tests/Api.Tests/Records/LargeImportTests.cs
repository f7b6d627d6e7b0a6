using System.Text;
using MedLedger.Api.Cli;
using MedLedger.Api.Tests.Cli;

namespace MedLedger.Api.Tests.Records;

public sealed class LargeImportTests
{
    private const long FileBytes = 100L << 20;
    private const long MaxPeakBytes = 400L << 20;

    [Fact]
    public async Task A_hundred_megabytes_are_imported_within_four_hundred()
    {
        using var folder = new TemporaryFolder();
        var records = Write(folder.File("in.ndjson"));
        string[] store = ["--data", folder.File("data"), "--key-file", folder.File("master.key")];

        var ran = await ChildProgram.RunAsync(["import", folder.File("in.ndjson"), "--json", .. store]);
        Assert.True(ran.ExitCode == ExitCode.Good, ran.Error);
        Assert.Equal(records, ran.Json.GetProperty("created").GetInt32());
        Assert.InRange(ran.Json.GetProperty("peakBytes").GetInt64(), 1, MaxPeakBytes);
    }

    // Notes of 1 to 100 KB, so that some batches end by their bytes and some by their number.
    private static int Write(string file)
    {
        using var writer = new StreamWriter(file, append: false, new UTF8Encoding(false));
        writer.WriteLine("""{"resourceType":"Patient","id":"pat-1"}""");
        var records = 1;
        for (long written = 0; written < FileBytes; records++)
        {
            var note = new string((char)('a' + records % 26), (records % 100 + 1) << 10);
            var line =
                $$$"""{"resourceType":"Basic","id":"b-{{{records}}}","code":{"text":"{{{note}}}"},"subject":{"reference":"Patient/pat-1"}}""";
            writer.WriteLine(line);
            written += line.Length + 1;
        }
        return records;
    }
}
