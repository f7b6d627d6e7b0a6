using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using MedLedger.Api.Tests.Consents;

namespace MedLedger.Api.Tests.Http.Fhir;

/// <summary>
/// Every path to a record x every situation in which its patient's consent gives nothing: the answer is, to the byte, that
/// for a patient who does not exist. Paths that are not built answer 501.
/// </summary>
[Collection("FHIR server")]
[Trait("threat", "clinician with a valid account")]
public sealed partial class BypassMatrixTests(FhirServer server)
{
    // {0} is the patient's id; "nobody" takes its place for what is not there.
    private const string Absent = "nobody-1";

    private static readonly string[] Reads =
    [
        "Patient/{0}",
        "Patient/{0}/_history/1",
        "Patient/{0}/_history",
        "Patient/{0}/$meta",
        "Patient?_id={0}",
        "Patient?_id={0}&_summary=count",
        "Patient?_id={0}&_total=accurate&_count=0",
        "Patient?_id={0}&_sort=birthdate",
        "Patient?_id={0}&_elements=id",
        "Patient?_id={0}&_has:Observation:patient:status=final",
        "Patient?_id={0}&_revinclude=Observation:subject",
        "Patient?_id={0}&_lastUpdated=gt2000-01-01",
        "Observation?patient={0}",
        "Observation?subject=Patient/{0}",
        "Observation?patient={0}&_include=Observation:subject",
        "Observation?patient={0}&_summary=count",
        "Observation?patient={0}&_sort=-date&_count=1",
        "Observation?subject:Patient._id={0}",
        "Condition?patient={0}",
        "Consent?patient={0}",
        "Patient/{0}/Observation",
        "Patient/{0}/Observation?_summary=count",
        "Patient/{0}/Observation?_include=Observation:subject&_sort=-date",
        "Encounter/{0}-encounter-1/Observation",
        "Encounter/{0}-encounter-1/Observation?_summary=count",
        "Encounter/{0}-encounter-1/*",
        "Practitioner/clinician1/Observation?patient={0}",
        "RelatedPerson/{0}/*",
        "Device/{0}/*",
        "Patient/{0}/*",
        "Patient/{0}/*?_count=3",
        "Encounter?subject=Patient/{0}&_revinclude=Observation:encounter",
        "AuditEvent?patient={0}",
        "AuditEvent?entity=Patient/{0}",
    ];

    private static readonly string[] Histories = ["_history", "Patient/_history", "Observation/_history"];

    // A patch asks what stands in a resource: here, whether the patient is active.
    private const string Patch = """
        {"resourceType":"Parameters","parameter":[{"name":"operation","part":[{"name":"type","valueCode":"replace"},
        {"name":"path","valueString":"Patient.active"},{"name":"value","valueBoolean":false}]}]}
        """;

    private static readonly (string Method, string Path, string? Body)[] Writes =
    [
        ("PUT", "Patient/{0}", """{"resourceType":"Patient","id":"{0}","active":false}"""),
        ("DELETE", "Patient/{0}", null),
        (
            "POST",
            "Observation",
            """{"resourceType":"Observation","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/{0}"}}"""
        ),
        ("PUT", "Patient?_id={0}", """{"resourceType":"Patient","active":false}"""),
        (
            "PUT",
            "Observation?patient={0}",
            """{"resourceType":"Observation","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/{0}"}}"""
        ),
        ("DELETE", "Patient?_id={0}", null),
        ("DELETE", "Observation?patient={0}", null),
        ("PATCH", "Patient/{0}", Patch),
        ("PATCH", "Patient?_id={0}", Patch),
        ("POST", "Patient/{0}/$validate", """{"resourceType":"Parameters"}"""),
        ("POST", "Basic", """{"resourceType":"Basic","code":{"text":"x"},"subject":{"reference":"Patient?_id={0}"}}"""),
        ("POST", "Consent/$fileConsent", ConsentFolder.Consent("c", ConsentFolder.Second, "Patient/{0}", [])),
        ("POST", "Consent/{0}-consent/$revokeConsent", null),
        (
            "POST",
            "Consent/$revokeConsent",
            """{"resourceType":"Parameters","parameter":[{"name":"consent","valueReference":{"reference":"Consent/{0}-consent"}}]}"""
        ),
        ("POST", "Patient/{0}/$meta-add", LabelOperationTests.Meta("PSY")),
        ("POST", "Patient/{0}/$meta-delete", LabelOperationTests.Meta("PSY")),
        ("POST", "AuditEvent/$recordDisclosure", DisclosureTests.Told("Patient/{0}")),
    ];

    private static readonly (string Method, string Path)[] NotBuilt =
    [
        ("GET", "Observation/$lastn"),
        ("POST", "$graphql"),
    ];

    private static readonly string[] Situations =
    [
        "no consent",
        "another clinician",
        "another patient",
        "another purpose",
        "another launch context",
        "a scope of another type",
        .. BypassSituations.All,
    ];

    // Those in which somebody else calls than the one who may read sample-a.
    private static readonly string[] Others =
    [
        .. Situations
            .Where(s => s != "no consent" && !s.EndsWith(" consent", StringComparison.Ordinal))
            .Except(["a consent that begins tomorrow"], StringComparer.Ordinal),
    ];

    public static TheoryData<string, string> ReadCells { get; } = Cells(Reads);

    public static TheoryData<string, string> HistoryCells { get; } = Cells(Histories);

    public static TheoryData<string, string> WriteCells { get; } =
        Cells([.. Writes.Select(w => $"{w.Method} {w.Path}")]);

    public static TheoryData<string, string> NotBuiltCells { get; } =
        Cells([.. NotBuilt.Select(n => $"{n.Method} {n.Path}")], ["no consent", "another patient", "an operator"]);

    [Theory]
    [MemberData(nameof(ReadCells))]
    public async Task A_read_gives_nothing(string path, string situation)
    {
        var (caller, patient) = await CallerAsync(situation);
        var there = await server.GetAsync(caller, Filled(path, patient));
        var absent = await server.GetAsync(caller, Filled(path, Absent));
        Same(absent, Plain(there, situation), patient);
        var head = await server.SendAsync(caller, HttpMethod.Head, Filled(path, patient));
        Assert.Equal((there.Status, ""), (head.Status, head.Body));
        if (path.Contains('?', StringComparison.Ordinal))
        {
            var parts = Filled(path, patient).Split('?');
            (string, string) form = ("Content-Type", "application/x-www-form-urlencoded");
            var posted = await server.SendAsync(caller, HttpMethod.Post, parts[0] + "/_search", parts[1], form);
            Assert.Equal(there.Status, posted.Status);
            Assert.Equal((0, 0), (posted.Found().Count, posted.Found("include").Count));
        }
        foreach (var type in new[] { "batch", "transaction" })
        {
            var inner = await BundleAsync(caller, type, "GET", Filled(path, patient), null);
            Same(await BundleAsync(caller, type, "GET", Filled(path, Absent), null), Plain(inner, situation), patient);
            Assert.DoesNotContain("\"resourceType\":\"Patient\"", inner.Body, StringComparison.Ordinal);
        }
    }

    [Theory]
    [MemberData(nameof(WriteCells))]
    public async Task A_write_changes_nothing_and_tells_nothing(string line, string situation)
    {
        var (caller, patient) = await CallerAsync(situation);
        var write = Writes.Single(w => $"{w.Method} {w.Path}" == line);
        Task<FhirAnswer> Alone(string id) =>
            server.SendAsync(
                caller,
                new HttpMethod(write.Method),
                Filled(write.Path, id),
                write.Body is null ? null : Filled(write.Body, id)
            );
        var there = await Alone(patient);
        Assert.Contains(
            there.Status,
            new[]
            {
                HttpStatusCode.NotFound,
                HttpStatusCode.Forbidden,
                HttpStatusCode.Unauthorized,
                HttpStatusCode.PreconditionFailed,
            }
        );
        Same(await Alone(Absent), Plain(there, situation), patient);
        foreach (var type in new[] { "batch", "transaction" })
        {
            Task<FhirAnswer> Bundled(string id) =>
                BundleAsync(
                    caller,
                    type,
                    write.Method,
                    Filled(write.Path, id),
                    write.Body is null ? null : Filled(write.Body, id)
                );
            Same(await Bundled(Absent), Plain(await Bundled(patient), situation), patient);
        }
    }

    [Theory]
    [MemberData(nameof(NotBuiltCells))]
    public async Task What_is_not_built_answers_501(string line, string situation)
    {
        var (caller, patient) = await CallerAsync(situation);
        var parts = line.Split(' ');
        var body = parts[0] is "GET" or "DELETE" or "HEAD" ? null : "{}";
        var answer = await server.SendAsync(caller, new HttpMethod(parts[0]), Filled(parts[1], patient), body);
        Assert.Equal(HttpStatusCode.NotImplemented, answer.Status);
    }

    // The path names no patient: what is there of others is answered, of this one nothing, on no page.
    [Theory]
    [MemberData(nameof(HistoryCells))]
    public async Task A_history_of_many_has_nothing_of_the_patient(string path, string situation)
    {
        var (caller, patient) = await CallerAsync(situation);
        for (var next = path + "?_count=200"; next is not null; )
        {
            var answer = await server.GetAsync(caller, next);
            Assert.DoesNotContain(patient, answer.Body, StringComparison.Ordinal);
            if (answer.Status != HttpStatusCode.OK)
            {
                Assert.Equal(RefusalOf(situation), answer.Status);
                break;
            }
            next = answer.Link("next");
        }
        foreach (var type in new[] { "batch", "transaction" })
        {
            var inner = await BundleAsync(caller, type, "GET", path, null);
            Assert.DoesNotContain(patient, inner.Body, StringComparison.Ordinal);
        }
    }

    // Who may read records of a type is told an empty list; who may read none of it is refused.
    private static HttpStatusCode? RefusalOf(string situation) =>
        situation switch
        {
            "a scope of another type" or "a compliance officer" or "an operator" => HttpStatusCode.Forbidden,
            "a disabled account" => HttpStatusCode.Unauthorized,
            _ => null,
        };

    [Fact]
    public async Task Nothing_is_told_without_a_token()
    {
        var all = Reads
            .Select(r => $"GET {r}")
            .Concat(Histories.Select(h => $"GET {h}"))
            .Concat(Writes.Select(w => $"{w.Method} {w.Path}"))
            .Concat(Operations.Select(o => $"{o.Method} {o.Path}"))
            .Concat(OperationsOfMany.Select(o => $"GET {o}"))
            .Concat(NotBuilt.Select(n => $"{n.Method} {n.Path}"));
        foreach (var line in all)
        {
            var parts = line.Split(' ');
            var path = Filled(parts[1], "sample-a");
            var answer = await server.SendAsync(null, new HttpMethod(parts[0]), path);
            Assert.True(answer.Status == HttpStatusCode.Unauthorized, line);
        }
    }

    [Fact]
    public async Task A_page_link_of_somebody_else_gives_nothing()
    {
        var link = (await server.GetAsync("clinician1", "Observation?patient=sample-a&_count=2")).Link("next")!;
        Assert.NotEmpty((await server.GetAsync("clinician1", link)).Found());
        foreach (var situation in Others)
        {
            var answer = await server.GetAsync((await CallerAsync(situation)).Caller, link);
            Assert.True(answer.Status != HttpStatusCode.OK || answer.Found().Count == 0, situation);
        }
    }

    // Without this, a matrix of nothing but refusals would pass on a server that refuses everything.
    [Theory]
    [MemberData(nameof(Permitted))]
    public async Task The_same_paths_answer_the_one_who_may(string path)
    {
        var answer = await server.GetAsync("clinician1", Filled(path, "sample-a"));
        Assert.Equal(HttpStatusCode.OK, answer.Status);
        var head = await server.SendAsync("clinician1", HttpMethod.Head, Filled(path, "sample-a"));
        Assert.Equal((HttpStatusCode.OK, ""), (head.Status, head.Body));
        Assert.Equal(answer.Headers.ETag, head.Headers.ETag);
    }

    public static TheoryData<string> Permitted { get; } = [.. Reads];

    private static TheoryData<string, string> Cells(IEnumerable<string> paths, string[]? situations = null)
    {
        var cells = new TheoryData<string, string>();
        foreach (var path in paths)
        {
            foreach (var situation in situations ?? Situations)
                cells.Add(path, situation);
        }
        return cells;
    }

    private async Task<(string Caller, string Patient)> CallerAsync(string situation) =>
        situation switch
        {
            "no consent" => ("clinician1", "sample-d"),
            "another clinician" => ("clinician2", "sample-a"),
            "another patient" => ("patient1", "sample-b"),
            "another purpose" => (await server.TokenAsync("clinician1", "HPAYMT"), "sample-a"),
            "another launch context" => (
                await server.ScopedTokenAsync("clinician1", "patient/*.cruds", "Patient/sample-b"),
                "sample-a"
            ),
            "a scope of another type" => (
                await server.ScopedTokenAsync("clinician1", "user/Practitioner.cruds", null),
                "sample-a"
            ),
            _ => await BypassSituations.CallerAsync(server, situation),
        };

    private Task<FhirAnswer> BundleAsync(string caller, string type, string method, string url, string? resource)
    {
        var entry = resource is null ? "" : $"\"resource\":{resource},";
        var request = JsonSerializer.Serialize(new { method, url });
        var bundle =
            "{\"resourceType\":\"Bundle\",\"type\":\""
            + type
            + "\",\"entry\":[{"
            + entry
            + "\"request\":"
            + request
            + "}]}";
        return server.SendAsync(caller, HttpMethod.Post, "", bundle);
    }

    private static string Filled(string text, string id) => text.Replace("{0}", id, StringComparison.Ordinal);

    private static FhirAnswer Plain(FhirAnswer answer, string situation) =>
        answer with
        {
            Body = BypassMinors.Plain(answer.Body, situation),
        };

    // Status, headers' names and body, with the id that was asked for and the sealed page links, new each time, taken out.
    private static void Same(FhirAnswer absent, FhirAnswer there, string patient)
    {
        Assert.Equal(absent.Status, there.Status);
        Assert.Equal(
            SealedPage().Replace(absent.Body, "_page=").Replace(Absent, "ID", StringComparison.Ordinal),
            SealedPage().Replace(there.Body, "_page=").Replace(patient, "ID", StringComparison.Ordinal)
        );
        Assert.Equal(Names(absent), Names(there));
    }

    [GeneratedRegex("_page=[A-Za-z0-9_-]+", RegexOptions.None, 1000)]
    private static partial Regex SealedPage();

    private static string Names(FhirAnswer answer) =>
        string.Join(',', answer.Headers.Concat(answer.Content).Select(h => h.Key).Order(StringComparer.Ordinal));
}
