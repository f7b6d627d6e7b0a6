using System.Net;
using System.Text.Json;
using MedLedger.Tests;

namespace MedLedger.Api.Tests.Http.Fhir;

/// <summary>
/// The server's searches against npm @medplum/fhir-router's on the same Synthea bundles: a patient, who may see all that
/// is theirs, finds exactly what the oracle finds. Where the two differ on purpose, and why: <c>tests/clients/README.md</c>.
/// </summary>
[Collection("FHIR server")]
public sealed class SearchOracleTests(FhirServer server)
{
    private const int Patients = 2;
    private const int QueriesPerPatient = 120;

    // The organization's resources are everybody's, with those of other tests; they are compared by themselves elsewhere.
    private static readonly string[] LeftOut = ["Organization", "Practitioner"];

    [SharedDataNpmFact("synthea-r4")]
    public async Task A_patient_finds_what_the_oracle_finds()
    {
        var files = Directory
            .GetFiles(SharedData.Folder("synthea-r4")!, "*.json")
            .Where(f => !Path.GetFileName(f).Contains("Information", StringComparison.Ordinal))
            .OrderBy(f => new FileInfo(f).Length)
            .Take(Patients)
            .ToList();
        var random = new Random(6);
        var compared = 0;
        foreach (var file in files)
        {
            var text = await File.ReadAllTextAsync(file);
            using var bundle = JsonDocument.Parse(text);
            var resources = bundle
                .RootElement.GetProperty("entry")
                .EnumerateArray()
                .Select(e => e.GetProperty("resource"))
                .ToList();
            var types = resources
                .Select(r => r.GetProperty("resourceType").GetString()!)
                .Distinct(StringComparer.Ordinal)
                .Except(LeftOut, StringComparer.Ordinal);
            var resolved = Resolved(bundle.RootElement);
            var queries = types
                .SelectMany(new SearchQueries(resolved, random).Of)
                .OrderBy(_ => random.Next())
                .Take(QueriesPerPatient)
                .ToList();
            var user = await PatientAsync(text, resources);
            var expected = await OracleAsync(file, queries);
            foreach (var (query, ids) in queries.Zip(expected))
            {
                var answer = await server.GetAsync(user, query.Asked + "&_count=1000");
                Assert.True(answer.Status == HttpStatusCode.OK, $"{query.Asked}: {answer.Body}");
                var found = answer.Found().Select(r => r.Split('/')[1]).Order(StringComparer.Ordinal);
                Assert.Equal(
                    (query.Asked, string.Join(' ', ids.Order(StringComparer.Ordinal))),
                    (query.Asked, string.Join(' ', found))
                );
                compared++;
            }
        }
        Assert.Equal(Patients * QueriesPerPatient, compared);
    }

    private async Task<string> PatientAsync(string bundle, IReadOnlyList<JsonElement> resources)
    {
        var stored = await server.SendAsync(
            "ingest1",
            HttpMethod.Post,
            server.Beside("/import"),
            bundle,
            ("Content-Type", "application/json")
        );
        Assert.True(stored.Status == HttpStatusCode.OK, stored.Body);
        var patient = resources.Single(r => r.GetProperty("resourceType").GetString() == "Patient");
        var user = "patient-" + patient.GetProperty("id").GetString()![..8];
        await server.AddUserAsync(user, "Patient", "Patient/" + patient.GetProperty("id").GetString());
        return user;
    }

    // References as the server resolves them when it stores the Bundle.
    private static IReadOnlyList<JsonElement> Resolved(JsonElement bundle)
    {
        var text = bundle.GetRawText();
        foreach (var entry in bundle.GetProperty("entry").EnumerateArray())
        {
            var resource = entry.GetProperty("resource");
            text = text.Replace(
                $"\"{entry.GetProperty("fullUrl").GetString()}\"",
                $"\"{resource.GetProperty("resourceType").GetString()}/{resource.GetProperty("id").GetString()}\"",
                StringComparison.Ordinal
            );
        }
        return
        [
            .. JsonDocument
                .Parse(text)
                .RootElement.GetProperty("entry")
                .EnumerateArray()
                .Select(e => e.GetProperty("resource")),
        ];
    }

    private static async Task<IReadOnlyList<string[]>> OracleAsync(string file, List<SearchQuery> queries)
    {
        await MedLedger.Tests.Toolchain.ClientsAsync();
        var run = await MedLedger.Tests.Toolchain.NodeAsync(
            RepositoryRoot.File("tests", "clients", "oracle.mjs"),
            [],
            timeout: TimeSpan.FromMinutes(10),
            input: JsonSerializer.Serialize(
                new { files = new[] { file }, queries = queries.Select(q => q.ForOracle + "&_count=1000") }
            )
        );
        Assert.True(run.ExitCode == 0, run.Error);
        var lines = run.Output.TrimEnd().Split('\n');
        Assert.Equal(queries.Count, lines.Length);
        return [.. lines.Select(line => JsonSerializer.Deserialize<string[]>(line)!)];
    }
}

/// <summary>A test on a data set beside the repository that runs packages of npm.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class SharedDataNpmFactAttribute : FactAttribute
{
    public SharedDataNpmFactAttribute(string name) =>
        Skip = new SharedDataFactAttribute(name).Skip ?? NpmFactAttribute.Unavailable;
}
