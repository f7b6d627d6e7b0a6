using System.Net;

namespace MedLedger.Api.Tests.Http.Fhir;

/// <summary>The rows of operations.</summary>
public sealed partial class BypassMatrixTests
{
    // {0} is the patient's id.
    private static readonly (string Method, string Path, string? Body)[] Operations =
    [
        ("GET", "Patient/{0}/$everything", null),
        ("GET", "Patient/{0}/$everything?_type=Observation&_count=1", null),
        ("GET", "Patient/{0}/$everything?_type=Basic", null),
        ("GET", "Patient/{0}/$everything?start=1900&end=2100&_since=2020-01-01T00:00:00Z", null),
        ("POST", "Patient/{0}/$everything", """{"resourceType":"Parameters"}"""),
        (
            "POST",
            "Patient/{0}/$everything",
            """{"resourceType":"Parameters","parameter":[{"name":"_type","valueCode":"Condition"}]}"""
        ),
        ("GET", "Group/group-of-{0}/$export", null),
        ("POST", "Group/group-of-{0}/$export", """{"resourceType":"Parameters"}"""),
        ("POST", "Patient/{0}/$analyze", null),
        (
            "POST",
            "Patient/$analyze",
            """{"resourceType":"Parameters","parameter":[{"name":"patient","valueReference":{"reference":"Patient/{0}"}}]}"""
        ),
        ("GET", "Task/analysis-{0}", null),
        ("GET", "$export/{0}", null),
        ("GET", "$export/{0}/1", null),
        ("DELETE", "$export/{0}", null),
    ];

    // Those that come to an answer later, and jobs that are not there, have their answers in tests of their own.
    private static bool IsAnsweredAtOnce(string path) => path.Contains("$everything", StringComparison.Ordinal);

    // These name no patient: they are about the one of the token, or about all whom the caller may see.
    private static readonly string[] OperationsOfMany = ["Patient/$everything", "$export", "Patient/$export"];

    public static TheoryData<int, string> OperationCells
    {
        get
        {
            var cells = new TheoryData<int, string>();
            for (var row = 0; row < Operations.Length; row++)
            {
                foreach (var situation in Situations)
                    cells.Add(row, situation);
            }
            return cells;
        }
    }

    public static TheoryData<string, string> OperationOfManyCells { get; } = Cells(OperationsOfMany);

    [Theory]
    [MemberData(nameof(OperationCells))]
    public async Task An_operation_gives_nothing(int row, string situation)
    {
        var (caller, patient) = await CallerAsync(situation);
        var (method, path, body) = Operations[row];
        Task<FhirAnswer> Of(string id) =>
            server.SendAsync(
                caller,
                new HttpMethod(method),
                Filled(path, id),
                body is null ? null : Filled(body, id),
                ("Prefer", "respond-async")
            );
        if (path.StartsWith("Group/", StringComparison.Ordinal))
            await server.OnceAsync("group of " + patient, () => GroupAsync(patient));
        var there = await Of(patient);
        Assert.True((int)there.Status is >= 400 and < 500, there.Body);
        Same(await Of(Absent), there, patient);
        foreach (var type in new[] { "batch", "transaction" })
        {
            Task<FhirAnswer> Bundled(string id) =>
                BundleAsync(caller, type, method, Filled(path, id), body is null ? null : Filled(body, id));
            Same(await Bundled(Absent), await Bundled(patient), patient);
        }
    }

    [Theory]
    [MemberData(nameof(OperationOfManyCells))]
    public async Task An_operation_that_names_no_patient_has_nothing_of_others(string path, string situation)
    {
        var (caller, patient) = await CallerAsync(situation);
        foreach (var method in new[] { HttpMethod.Get, HttpMethod.Post })
        {
            var answer = await server.SendAsync(caller, method, path, null, ("Prefer", "respond-async"));
            Assert.DoesNotContain(patient, answer.Body, StringComparison.Ordinal);
            if (answer.Status != HttpStatusCode.Accepted)
                continue;
            var job = answer.Content.ContentLocation!.OriginalString;
            var manifest = await ExportClient.ManifestAsync(server, caller, job);
            foreach (var output in manifest.GetProperty("output").EnumerateArray())
            {
                var file = await server.GetAsync(caller, output.GetProperty("url").GetString()!);
                Assert.Equal(HttpStatusCode.OK, file.Status);
                Assert.DoesNotContain(patient, file.Body, StringComparison.Ordinal);
            }
            Assert.Equal(HttpStatusCode.Accepted, (await server.SendAsync(caller, HttpMethod.Delete, job)).Status);
        }
    }

    // Without this, a server that refuses everything would pass.
    [Fact]
    public async Task The_same_operations_answer_the_one_who_may()
    {
        foreach (var (method, path, body) in Operations.Where(o => IsAnsweredAtOnce(o.Path)))
        {
            var answer = await server.SendAsync("clinician1", new HttpMethod(method), Filled(path, "sample-a"), body);
            Assert.True(answer.Status == HttpStatusCode.OK, path + answer.Body);
        }
    }

    private async Task GroupAsync(string patient)
    {
        var group = $$$"""
            {"resourceType":"Group","id":"group-of-{{{patient}}}","type":"person","actual":true,
            "member":[{"entity":{"reference":"Patient/{{{patient}}}"}}]}
            """;
        var put = await server.SendAsync("ingest1", HttpMethod.Put, "Group/group-of-" + patient, group);
        Assert.True(put.Status == HttpStatusCode.Created, put.Body);
    }
}
