using System.Text;
using System.Text.Json;
using MedLedger.Api.Fhir;
using MedLedger.Api.Records;

namespace MedLedger.Api.Tests.Records;

public sealed class ImportSourceTests
{
    private const string Patient = """{"resourceType":"Patient","id":"p1"}""";

    [Fact]
    public void A_bundle_is_cut_into_its_entries()
    {
        var entries = Read(
            "b.json",
            """
            {"resourceType":"Bundle","type":"transaction","entry":[
              {"fullUrl":"urn:uuid:1","resource":{"resourceType":"Patient","id":"p1"},"request":{"method":"POST","url":"Patient"}},
              {"request":{"method":"DELETE","url":"Patient/1"}},
              {"fullUrl":"urn:uuid:2","resource":{"resourceType":"List","id":"l","entry":[{"item":{"reference":"x"}}]}}]}
            """
        );
        Assert.Equal("entry[0] entry[1] entry[2]", string.Join(" ", entries.Select(e => e.Position)));
        Assert.Equal(Patient, Encoding.UTF8.GetString(entries[0].Json.Span));
        Assert.Equal("POST", entries[0].Method);
        Assert.Equal("an entry without a resource", entries[1].Problem);
        Assert.Equal("urn:uuid:2", entries[2].FullUrl);
        Assert.Contains("item", Encoding.UTF8.GetString(entries[2].Json.Span), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{\"resourceType\":\"Bundle\",\"entry\":[]}")]
    [InlineData("{\"resourceType\":\"Bundle\",\"type\":\"history\",\"entry\":[]}")]
    [InlineData("{\"resourceType\":\"Bundle\",\"type\":\"collection\",\"entries\":[]}")]
    [InlineData("{\"resourceType\":\"Bundle\",\"type\":\"collection\",\"entry\":[{\"res\":{}}]}")]
    [InlineData("{\"resourceType\":\"Bundle\",\"type\":\"collection\",\"entry\":[]} {}")]
    public void A_file_that_is_no_bundle_is_refused_as_a_whole(string text) =>
        Assert.Throws<SourceException>(() => Read("b.json", text));

    [Fact]
    public void A_single_resource_is_one_entry() =>
        Assert.Equal(Patient, Encoding.UTF8.GetString(Assert.Single(Read("p.json", Patient)).Json.Span));

    [Theory]
    [InlineData("\n")]
    [InlineData("\r\n")]
    [InlineData("\n\n  \n")]
    public void Ndjson_lines_are_entries_and_blank_lines_are_none(string newline)
    {
        var entries = Read("p.ndjson", "\uFEFF" + Patient + newline + Patient + newline + "{bad");
        Assert.Equal(3, entries.Count);
        Assert.Equal(Patient, Encoding.UTF8.GetString(entries[0].Json.Span));
        Assert.Equal(Patient, Encoding.UTF8.GetString(entries[1].Json.Span));
    }

    [Fact]
    public void A_line_longer_than_the_limit_is_refused_alone()
    {
        var entries = Read("p.ndjson", new string('x', ImportSource.MaxResourceBytes + 10) + "\n" + Patient);
        Assert.Equal("longer than 32 MB", entries[0].Problem);
        Assert.Equal(Patient, Encoding.UTF8.GetString(entries[1].Json.Span));
    }

    [SharedDataFact("synthea-r4")]
    public void Every_shared_resource_parses_and_keeps_its_values()
    {
        foreach (var file in Directory.GetFiles(SharedData.Folder("synthea-r4")!, "*.json"))
        {
            using var whole = JsonDocument.Parse(File.ReadAllText(file));
            var expected = whole.RootElement.GetProperty("entry").EnumerateArray().ToList();
            var entries = ImportSource.Read(ImportFile.At(file)).ToList();
            Assert.Equal(expected.Count, entries.Count);
            for (var i = 0; i < entries.Count; i++)
            {
                Assert.NotNull(ResourceParser.TryParse(entries[i].Json.Span, out var problem));
                Assert.Null(problem);
                var resource = expected[i].GetProperty("resource");
                using var kept = JsonDocument.Parse(ResourceText.Canonical(resource));
                Assert.True(JsonElement.DeepEquals(resource, kept.RootElement));
            }
        }
    }

    private static List<SourceEntry> Read(string name, string text)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File(name), text);
        return [.. ImportSource.Read(ImportFile.At(folder.File(name)))];
    }
}
