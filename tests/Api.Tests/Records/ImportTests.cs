using System.Text;
using System.Text.Json;
using MedLedger.Api.Cli;
using MedLedger.Api.Tests.Cli;

namespace MedLedger.Api.Tests.Records;

public sealed class ImportTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Data => _folder.File("data");

    [Fact]
    public async Task What_is_read_back_equals_what_went_in()
    {
        var file = Write("in.json", SampleRecords.Bundle("Wintermantel", 40));
        var imported = await Run("import", file, "--json");
        Assert.Equal((ExitCode.Good, ""), (imported.ExitCode, imported.ExitCode == 0 ? "" : imported.Error));
        Assert.Equal(41, imported.Json.GetProperty("created").GetInt32());

        var exported = await Run("export", "--patient", "pat-1", "--out", _folder.File("out.json"), "--json");
        Assert.Equal(ExitCode.Good, exported.ExitCode);
        var expected = Resources(File.ReadAllText(file));
        var actual = Resources(File.ReadAllText(_folder.File("out.json")));
        Assert.Equal(expected.Count, actual.Count);
        foreach (var (reference, resource) in expected)
        {
            var text = resource
                .GetRawText()
                .Replace("urn:uuid:00000000-0000-0000-0000-000000000001", "Patient/pat-1", StringComparison.Ordinal);
            using var wanted = JsonDocument.Parse(text);
            Assert.True(JsonElement.DeepEquals(wanted.RootElement, actual[reference]), reference);
        }
        // A decimal keeps its digits.
        Assert.Contains("\"value\":7.10", File.ReadAllText(_folder.File("out.json")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_second_run_finds_everything_unchanged_and_a_change_is_a_version()
    {
        var file = Write("in.json", SampleRecords.Bundle("Wintermantel", 10));
        await Run("import", file);
        var again = await Run("import", file, "--json");
        Assert.Equal(11, again.Json.GetProperty("unchanged").GetInt32());

        File.WriteAllText(file, File.ReadAllText(file).Replace("7.10", "7.100", StringComparison.Ordinal));
        var changed = await Run("import", file, "--json");
        Assert.Equal(10, changed.Json.GetProperty("updated").GetInt32());

        // An earlier version's content is no new version.
        File.WriteAllText(file, File.ReadAllText(file).Replace("7.100", "7.10", StringComparison.Ordinal));
        Assert.Equal(11, (await Run("import", file, "--json")).Json.GetProperty("unchanged").GetInt32());
    }

    [Fact]
    [Trait("threat", "thief of disk, backup, blob store")]
    public async Task The_data_folder_shows_no_name_no_note_and_no_code()
    {
        await Run("import", Write("in.json", SampleRecords.Bundle("Wintermantel", 20)));
        foreach (var file in Directory.GetFiles(Data, "*", SearchOption.AllDirectories))
        {
            var bytes = File.ReadAllBytes(file);
            foreach (var word in new[] { "Wintermantel", "8480-6", "pat-1", "obs-", "Observation", "1961-04-12" })
                Assert.True(bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(word)) < 0, $"{word} in {file}");
        }
    }

    [Fact]
    public async Task Bad_entries_are_rejected_alone_with_file_entry_and_reason()
    {
        var lines = new[]
        {
            """{"resourceType":"Patient","id":"pat-1"}""",
            """{"resourceType":"Patient","id":"pat 2"}""",
            """{"resourceType":"Observation","id":"o1","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/nobody"}}""",
            """{"resourceType":"Observation","id":"o2","status":"nonsense","code":{"text":"x"},"subject":{"reference":"Patient/pat-1"}}""",
            """{"resourceType":"NoSuchType","id":"o3"}""",
            """{"resourceType":"Observation","id":"o4","status":"final","code":{"text":"x"},"secret":1}""",
            """{"resourceType":"Observation","id":"o5" """,
            """{"resourceType":"Basic","code":{"text":"no id"}}""",
            """{"resourceType":"Basic","id":"b","id":"b","code":{"text":"twice"}}""",
            "[" + new string('[', 10_000),
            """{"resourceType":"Basic","id":"deep","code":{"text":"x"},"extension":""" + Deep(10_000) + "}",
            """{"resourceType":"Basic","id":"ok","code":{"text":"x"},"subject":{"reference":"Patient/pat-1"}}""",
        };
        var ran = await Run("import", Write("in.ndjson", string.Join('\n', lines)), "--json");
        Assert.Equal(ExitCode.Refused, ran.ExitCode);
        Assert.Equal(2, ran.Json.GetProperty("created").GetInt32());
        Assert.Equal(10, ran.Json.GetProperty("rejected").GetInt32());
        Assert.DoesNotContain("nonsense", ran.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_value_of_50_megabytes_is_refused_and_the_rest_is_taken()
    {
        var text =
            """{"resourceType":"Basic","id":"big","code":{"text":"x"},"language":" """
            + new string('x', 50 << 20)
            + "\"}\n"
            + """{"resourceType":"Patient","id":"pat-1"}""";
        var ran = await Run("import", Write("in.ndjson", text), "--json");
        Assert.Equal(1, ran.Json.GetProperty("created").GetInt32());
        Assert.Equal(1, ran.Json.GetProperty("rejected").GetInt32());
    }

    [Fact]
    public async Task A_record_of_two_patients_opens_for_neither_alone()
    {
        var lines = new[]
        {
            """{"resourceType":"Patient","id":"pat-1"}""",
            """{"resourceType":"Patient","id":"pat-2"}""",
            """{"resourceType":"Group","id":"g","type":"person","actual":true,"member":[{"entity":{"reference":"Patient/pat-1"}},{"entity":{"reference":"Patient/pat-2"}}]}""",
        };
        await Run("import", Write("in.ndjson", string.Join('\n', lines)));
        var exported = await Run("export", "--patient", "pat-1", "--out", _folder.File("out.json"), "--json");
        Assert.Equal(1, exported.Json.GetProperty("records").GetInt32());
        Assert.Equal(1, exported.Json.GetProperty("withheld").GetInt32());
    }

    [Fact]
    public async Task Another_master_key_is_refused()
    {
        await Run("import", Write("in.json", SampleRecords.Bundle("Wintermantel", 1)));
        await Run(
            "import",
            Write("x.json", SampleRecords.Bundle("Wintermantel", 1)),
            "--data",
            _folder.File("other"),
            "--key-file",
            _folder.File("other.key")
        );
        var ran = await CommandRun.Of("patients", "--data", Data, "--key-file", _folder.File("other.key"));
        Assert.Equal(ExitCode.Refused, ran.ExitCode);
    }

    [SharedDataFact("synthea-r4")]
    public async Task A_shared_patient_comes_back_resource_by_resource()
    {
        var source = Directory
            .GetFiles(SharedData.Folder("synthea-r4")!, "*_*.json")
            .MinBy(file => new FileInfo(file).Length)!;
        var imported = await Run("import", source, "--json");
        Assert.Equal(0, imported.Json.GetProperty("rejected").GetInt32());
        var expected = Resources(File.ReadAllText(source));
        var patient = expected.Keys.Single(k => k.StartsWith("Patient/", StringComparison.Ordinal));
        await Run("export", "--patient", patient, "--out", _folder.File("out.json"));
        var actual = Resources(File.ReadAllText(_folder.File("out.json")));
        var references = References(File.ReadAllText(source));
        foreach (var (reference, resource) in actual)
        {
            var text = expected[reference].GetRawText();
            foreach (var (url, target) in references)
                text = text.Replace(url, target, StringComparison.Ordinal);
            using var wanted = JsonDocument.Parse(text);
            Assert.True(JsonElement.DeepEquals(wanted.RootElement, resource), reference);
        }
        var ofNobody = expected.Keys.Count(k =>
            k.StartsWith("Organization/", StringComparison.Ordinal)
            || k.StartsWith("Practitioner/", StringComparison.Ordinal)
        );
        Assert.Equal(expected.Count - ofNobody, actual.Count);
    }

    public void Dispose() => _folder.Dispose();

    private static string Deep(int levels) =>
        string.Concat(Enumerable.Repeat("""[{"extension":""", levels))
        + "1"
        + string.Concat(Enumerable.Repeat("}]", levels));

    private static Dictionary<string, string> References(string bundle)
    {
        using var document = JsonDocument.Parse(bundle);
        return document
            .RootElement.GetProperty("entry")
            .EnumerateArray()
            .ToDictionary(
                e => e.GetProperty("fullUrl").GetString()!,
                e => Reference(e.GetProperty("resource")),
                StringComparer.Ordinal
            );
    }

    private static Dictionary<string, JsonElement> Resources(string bundle)
    {
        using var document = JsonDocument.Parse(bundle);
        return document
            .RootElement.GetProperty("entry")
            .EnumerateArray()
            .Select(e => e.GetProperty("resource").Clone())
            .ToDictionary(Reference, resource => resource, StringComparer.Ordinal);
    }

    private static string Reference(JsonElement resource) =>
        $"{resource.GetProperty("resourceType").GetString()}/{resource.GetProperty("id").GetString()}";

    private string Write(string name, string text)
    {
        File.WriteAllText(_folder.File(name), text);
        return _folder.File(name);
    }

    private Task<CommandRun> Run(params string[] args) =>
        CommandRun.Of(
            args.Contains("--data", StringComparer.Ordinal)
                ? args
                : [.. args, "--data", Data, "--key-file", _folder.File("master.key")]
        );
}
