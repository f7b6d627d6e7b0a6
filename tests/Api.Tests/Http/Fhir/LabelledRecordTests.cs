using System.Net;

namespace MedLedger.Api.Tests.Http.Fhir;

/// <summary>
/// A patient lets a clinician read all but what is psychiatric: on every path the answer is, to the byte, as if that
/// record were not there, while the others are.
/// </summary>
[Collection("FHIR server")]
[Trait("threat", "clinician with a valid account")]
public sealed class LabelledRecordTests(FhirServer server)
{
    private const string Labelled = "labelled-psy";
    private const string Absent = "labelled-no";
    private const string Code = "http://hl7.org/fhir/sid/icd-10-cm|F32.1";
    private const string OtherCode = "http://hl7.org/fhir/sid/icd-10-cm|J00.0";

    // {0} is the record's id, {1} its code.
    public static TheoryData<string> Paths { get; } =
    [
        "Condition/{0}",
        "Condition/{0}/_history/1",
        "Condition/{0}/_history",
        "Condition?_id={0}",
        "Condition?_id={0}&_summary=count",
        "Condition?_id={0}&_total=accurate&_count=0",
        "Condition?_id={0}&_include=Condition:subject",
        "Condition?_id={0}&_sort=-_lastUpdated",
        "Condition?patient=sample-a&_id={0}",
        "Condition?patient=sample-a&code={1}",
        "Condition?code={1}&_summary=count",
        "Patient?_id=sample-a&_has:Condition:patient:code={1}",
        "Patient?_has:Condition:subject:_id={0}",
        "Encounter?patient=sample-a&_has:Condition:encounter:code={1}",
    ];

    [Theory]
    [MemberData(nameof(Paths))]
    public async Task What_the_consent_excepts_looks_like_nothing(string path)
    {
        await server.OnceAsync(nameof(LabelledRecordTests), WriteAsync);
        foreach (var purpose in new[] { "TREAT", "HPAYMT" })
        {
            var token = await server.TokenAsync("clinician1", purpose);
            var there = await server.GetAsync(token, Filled(path, Labelled, Code));
            var absent = await server.GetAsync(token, Filled(path, Absent, OtherCode));
            Assert.Equal(absent.Status, there.Status);
            Assert.Equal(Plain(absent.Body), Plain(there.Body));
        }
        // The patient finds it on the same path.
        var own = await server.GetAsync("patient1", Filled(path, Labelled, Code));
        Assert.Equal(HttpStatusCode.OK, own.Status);
        Assert.NotEqual(
            Plain((await server.GetAsync("patient1", Filled(path, Absent, OtherCode))).Body),
            Plain(own.Body),
            StringComparer.Ordinal
        );
    }

    [Theory]
    [InlineData("Condition?patient=sample-a&_count=1000")]
    [InlineData("Condition?_count=1000&_sort=-_lastUpdated")]
    [InlineData("Patient?_id=sample-a&_revinclude=Condition:subject")]
    [InlineData("Patient/sample-a/$everything")]
    public async Task Lists_leave_it_out_and_count_without_it(string path)
    {
        await server.OnceAsync(nameof(LabelledRecordTests), WriteAsync);
        var seen = await server.GetAsync("clinician1", path);
        Assert.Equal(HttpStatusCode.OK, seen.Status);
        Assert.DoesNotContain(Labelled, seen.Body, StringComparison.Ordinal);
        Assert.Equal(seen.Found().Count, seen.Json.GetProperty("total").GetInt32());
        Assert.Contains(Labelled, (await server.GetAsync("patient1", path)).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Exports_and_analyses_of_many_records_leave_it_out()
    {
        await server.OnceAsync(nameof(LabelledRecordTests), WriteAsync);
        foreach (var (user, isThere) in new[] { ("clinician1", false), ("patient1", true) })
        {
            var job = await ExportClient.KickOffAsync(server, user, "Patient/$export?_type=Condition");
            var manifest = await ExportClient.ManifestAsync(server, user, job);
            var lines = await ExportClient.LinesAsync(server, user, manifest);
            Assert.Equal(isThere, lines.Contains("Condition/" + Labelled, StringComparer.Ordinal));
            var count = manifest.GetProperty("output").EnumerateArray().Sum(o => o.GetProperty("count").GetInt32());
            Assert.Equal(lines.Count, count);
        }
        var asked = await server.SendAsync("clinician1", HttpMethod.Post, "Patient/sample-a/$analyze");
        Assert.True(asked.Status == HttpStatusCode.Accepted, asked.Body);
        var task = await AnalyzeTests.EndAsync(server, "clinician1", asked.Content.ContentLocation!.OriginalString);
        var report = task.GetProperty("output")[0].GetProperty("valueReference").GetProperty("reference").GetString()!;
        var read = await server.GetAsync("clinician1", report);
        Assert.Contains("DocumentReference/sample-a-note", read.Body, StringComparison.Ordinal);
        Assert.DoesNotContain(Labelled, read.Body, StringComparison.Ordinal);
        Assert.DoesNotContain("F32.1", read.Body, StringComparison.Ordinal);
    }

    // Whoever sends it without a label, or with a milder one, changes nothing: labels come of the codes.
    private async Task WriteAsync()
    {
        var encounter = (await server.GetAsync("patient1", "Encounter?patient=sample-a&_count=1")).Found()[0];
        var made = await server.SendAsync(
            "ingest1",
            HttpMethod.Put,
            "Condition/" + Labelled,
            $$$"""
            {"resourceType":"Condition","id":"{{{Labelled}}}","subject":{"reference":"Patient/sample-a"},
            "encounter":{"reference":"{{{encounter}}}"},
            "code":{"coding":[{"system":"http://hl7.org/fhir/sid/icd-10-cm","code":"F32.1"}]},
            "note":[{"text":"The patient has a depressive episode and takes sertraline."}]}
            """
        );
        Assert.True(made.Status == HttpStatusCode.Created, made.Body);
    }

    private static string Filled(string path, string id, string code) =>
        path.Replace("{0}", id, StringComparison.Ordinal)
            .Replace("{1}", Uri.EscapeDataString(code), StringComparison.Ordinal);

    private static string Plain(string body) =>
        new[] { Labelled, Absent, Uri.EscapeDataString(Code), Uri.EscapeDataString(OtherCode) }.Aggregate(
            body,
            (text, one) => text.Replace(one, "ID", StringComparison.Ordinal)
        );
}
