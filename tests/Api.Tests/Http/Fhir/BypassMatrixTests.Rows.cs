using System.Net;
using System.Text.RegularExpressions;
using MedLedger.Api.Http.Rest;

namespace MedLedger.Api.Tests.Http.Fhir;

/// <summary>What the matrix has rows for: every route of the server, below <c>/fhir</c> and beside it.</summary>
public sealed partial class BypassMatrixTests
{
    // What says something about a patient beside /fhir; {0} is the patient's id.
    private static readonly (string Method, string Path, string? Body)[] BesideRows =
    [
        ("GET", "/consents?patient=Patient/{0}", null),
        ("GET", "/receipt?patient=Patient/{0}", null),
        ("GET", "/uses?patient=Patient/{0}", null),
        ("GET", "/audit?patient=Patient/{0}", null),
        ("GET", "/disclosures?patient=Patient/{0}", null),
        ("GET", "/subject-access?patient=Patient/{0}", null),
        ("DELETE", "/consents/{0}-c", null),
        ("POST", "/consents", """{"resourceType":"Consent","patient":{"reference":"Patient/{0}"}}"""),
        ("POST", "/analyses", """{"patient":"Patient/{0}"}"""),
        ("GET", "/analyses/{0}", null),
        ("GET", "/analyses/{0}/report", null),
        ("GET", "/analyses/{0}/evidence", null),
        (
            "POST",
            "/delegations",
            """{"person":"RelatedPerson/x","patient":"Patient/{0}","power":"parent","acts":["read"]}"""
        ),
        ("DELETE", "/delegations?person=RelatedPerson/x&patient=Patient/{0}", null),
        ("DELETE", "/emergencies/{0}", null),
        ("POST", "/emergencies/{0}/review", """{"outcome":"justified","note":"x"}"""),
    ];

    // What says nothing about a patient, or what its caller declares, requests and lists as their own; each has tests.
    private static readonly string[] OfNoPatient =
    [
        "GET /health/live",
        "GET /health/ready",
        "GET /fhir/metadata",
        "GET /fhir/.well-known/smart-configuration",
        "GET /log/{path}",
        "GET /log/receipts/{index}",
        "POST /import",
        "POST /launches",
        "GET /account/style.css",
        "GET /account/login",
        "POST /account/login",
        "POST /account/password",
        "GET /account/logout",
        "POST /account/logout",
        "GET /connect/authorize",
        "POST /connect/authorize",
        "POST /connect/token",
        "GET /connect/logout",
        "POST /connect/logout",
        "GET /connect/userinfo",
        "POST /connect/userinfo",
        "GET /delegations",
        "POST /emergencies",
        "GET /emergencies",
    ];

    public static TheoryData<string, string> BesideCells
    {
        get
        {
            var cells = new TheoryData<string, string>();
            foreach (var (method, path, _) in BesideRows)
            {
                foreach (var situation in Situations.Except(["an operator"], StringComparer.Ordinal))
                    cells.Add($"{method} {path}", situation);
            }
            return cells;
        }
    }

    [Theory]
    [MemberData(nameof(BesideCells))]
    public async Task Beside_fhir_nothing_is_told_either(string line, string situation)
    {
        var (caller, patient) = await CallerAsync(situation);
        var (method, path, body) = BesideRows.Single(r => $"{r.Method} {r.Path}" == line);
        Task<FhirAnswer> Of(string id) =>
            server.SendAsync(
                caller,
                new HttpMethod(method),
                server.Beside(Filled(path, id)),
                body is null ? null : Filled(body, id),
                ("Content-Type", "application/json")
            );
        var there = await Of(patient);
        Assert.True((int)there.Status >= 400, there.Body);
        Same(await Of(Absent), Plain(there, situation), patient);
    }

    [Fact]
    public async Task Beside_fhir_nothing_is_told_without_a_token()
    {
        foreach (var (method, path, body) in BesideRows)
        {
            var answer = await server.SendAsync(
                null,
                new HttpMethod(method),
                server.Beside(Filled(path, "sample-a")),
                body is null ? null : Filled(body, "sample-a"),
                ("Content-Type", "application/json")
            );
            Assert.True(answer.Status == HttpStatusCode.Unauthorized, path);
        }
    }

    [Fact]
    public void Every_FHIR_route_has_a_row()
    {
        var rows = Reads
            .Concat(Histories)
            .Select(r => "GET /" + r)
            .Concat(
                Reads
                    .Where(r => r.Contains('?', StringComparison.Ordinal))
                    .Select(r => $"POST /{r.Split('?')[0]}/_search")
            )
            .Concat(Writes.Select(w => $"{w.Method} /{w.Path}"))
            .Concat(Operations.Select(o => $"{o.Method} /{o.Path}"))
            .Concat(OperationsOfMany.SelectMany(o => new[] { "GET /" + o, "POST /" + o }))
            .Append("POST /") // every row once more in a batch and in a transaction
            .Append("POST /Patient/$validate") // looks at what is sent with it, and at nothing that is stored
            .Select(row => row.Split('?')[0])
            .ToList();
        foreach (var route in FhirRoutes.All)
        {
            var pattern = PlaceholderIn()
                .Replace(Regex.Escape(route.Path).Replace("\\{", "{", StringComparison.Ordinal), "[^/_$][^/]*");
            var isThere = rows.Exists(row =>
                Regex.IsMatch(row, $"^{route.Method} {pattern}$", RegexOptions.None, TimeSpan.FromSeconds(1))
            );
            Assert.True(isThere, $"The bypass matrix has no row for {route.Method} {route.Path} ({route.Code}).");
        }
    }

    // From the server's own list of its routes: who maps a new one adds a row, or says why it needs none.
    [Fact]
    public async Task Every_route_beside_fhir_has_a_row()
    {
        var api = await server.GetAsync("operator1", server.Beside("/openapi/v1.json"));
        Assert.Equal(HttpStatusCode.OK, api.Status);
        var routes = api
            .Json.GetProperty("paths")
            .EnumerateObject()
            .SelectMany(p => p.Value.EnumerateObject().Select(m => (Method: m.Name.ToUpperInvariant(), Path: p.Name)))
            .Where(r => r.Method != "HEAD" && !IsFhir(r.Path))
            .ToList();
        Assert.NotEmpty(routes);
        foreach (var (method, path) in routes)
        {
            var pattern = PlaceholderIn()
                .Replace(Regex.Escape(path).Replace("\\{", "{", StringComparison.Ordinal), "[^/]+");
            var isThere =
                OfNoPatient.Contains($"{method} {path}", StringComparer.Ordinal)
                || BesideRows.Any(r =>
                    Regex.IsMatch(
                        $"{r.Method} {r.Path.Split('?')[0]}",
                        $"^{method} {pattern}$",
                        RegexOptions.None,
                        TimeSpan.FromSeconds(1)
                    )
                );
            Assert.True(isThere, $"The bypass matrix has no row for {method} {path}.");
        }
    }

    private static bool IsFhir(string path) =>
        FhirRoutes.All.Any(route => path.TrimEnd('/') == ("/fhir" + route.Path).TrimEnd('/'));

    [GeneratedRegex(@"\{[a-z]+\}", RegexOptions.None, 1000)]
    private static partial Regex PlaceholderIn();
}
