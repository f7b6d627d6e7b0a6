using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using MedLedger.Api.Records;
using MedLedger.Consent.Access;
using MedLedger.Consent.Directives;

namespace MedLedger.Api.Tests.Http.Fhir;

/// <summary>
/// A patient of the shared Synthea bundles gives random consents. What the clinician sees, on each path by which records
/// are seen, is what the evaluator permits, record by record; where grants do not say a rule exactly (days), never more. <c>tests/visible-sets.sh</c> tries more of them.
/// </summary>
[Collection("FHIR server")]
[Trait("threat", "clinician with a valid account")]
public sealed class VisibleSetTests(FhirServer server)
{
    private const string Clinician = "Practitioner/clinician1";

    private static readonly int Cases = int.Parse(
        Environment.GetEnvironmentVariable("MEDLEDGER_VISIBLE_CASES") ?? "3",
        CultureInfo.InvariantCulture
    );

    [SharedDataFact("synthea-r4")]
    public async Task What_is_seen_is_what_the_evaluator_permits()
    {
        var file = Directory
            .GetFiles(SharedData.Folder("synthea-r4")!, "*.json")
            .Where(f => !Path.GetFileName(f).Contains("Information", StringComparison.Ordinal))
            .OrderBy(f => new FileInfo(f).Length)
            .ElementAt(2);
        var (patient, records) = await StoreAsync(await File.ReadAllTextAsync(file));
        var exact = 0;
        for (var seed = 1; seed <= Cases; seed++)
        {
            var rules = new RandomRules(seed, records);
            var consent = rules.Consent($"visible-{seed}", patient);
            var given = await server.SendAsync("patient-visible", HttpMethod.Post, server.Beside("/consents"), consent);
            Assert.True(given.Status == HttpStatusCode.Created, $"{consent}: {given.Body}");
            Assert.True(ConsentDirective.TryParse(Encoding.UTF8.GetBytes(consent), out var directive));
            var permitted = records.Where(r => IsPermitted(directive, patient, r)).Select(r => r.Reference);
            var expected = permitted.ToHashSet(StringComparer.Ordinal);
            exact += rules.AreExact ? 1 : 0;
            foreach (var (path, seen) in await SeenAsync(patient, records))
            {
                var more = seen.Except(expected, StringComparer.Ordinal);
                Assert.True(!more.Any(), $"{path} shows {string.Join(' ', more)} under {consent}");
                var less = rules.AreExact ? expected.Except(seen, StringComparer.Ordinal) : [];
                Assert.True(!less.Any(), $"{path} lacks {string.Join(' ', less)} under {consent}");
            }
            var ended = server.Beside($"/consents/visible-{seed}");
            Assert.Equal(
                HttpStatusCode.OK,
                (await server.SendAsync("patient-visible", HttpMethod.Delete, ended)).Status
            );
        }
        Assert.True(exact > 0, "Grants say none of the consents exactly.");
        Assert.All(await SeenAsync(patient, records), path => Assert.Empty(path.Seen));
    }

    // Paths that show all records of the patient: each for itself shows the same set.
    private async Task<IReadOnlyList<(string Path, IReadOnlySet<string> Seen)>> SeenAsync(
        string patient,
        IReadOnlyList<ResourceFacts> records
    )
    {
        var types = records.Select(r => r.Type).Distinct(StringComparer.Ordinal).ToList();
        var known = records.Select(r => r.Reference).ToHashSet(StringComparer.Ordinal);
        async Task<IReadOnlySet<string>> AllAsync(IEnumerable<string> queries)
        {
            var seen = new HashSet<string>(StringComparer.Ordinal);
            foreach (var query in queries)
            {
                for (var at = query; at is not null; )
                {
                    var answer = await server.GetAsync("clinician1", at);
                    // Of a patient of whom nothing is seen there is no everything.
                    if (
                        answer.Status == HttpStatusCode.NotFound
                        && at.Contains("$everything", StringComparison.Ordinal)
                    )
                        break;
                    Assert.True(answer.Status == HttpStatusCode.OK, $"{at}: {answer.Body}");
                    seen.UnionWith(answer.Found().Concat(answer.Found("include")).Where(known.Contains));
                    at = answer.Link("next");
                }
            }
            return seen;
        }
        var read = new HashSet<string>(StringComparer.Ordinal);
        foreach (var record in records)
        {
            if ((await server.GetAsync("clinician1", record.Reference)).Status == HttpStatusCode.OK)
                read.Add(record.Reference);
        }
        var token = await server.ScopedTokenAsync("clinician1", "patient/*.rs", patient);
        var url = await ExportClient.KickOffAsync(server, token, "Patient/$export");
        var exported = await ExportClient.LinesAsync(
            server,
            token,
            await ExportClient.ManifestAsync(server, token, url)
        );
        return
        [
            ("read", read),
            ("search", await AllAsync(types.Select(type => type + "?_count=40"))),
            (
                "search by id",
                await AllAsync(
                    types.Select(type =>
                        $"{type}?_id=" + string.Join(',', records.Where(r => r.Type == type).Select(IdOf))
                    )
                )
            ),
            ("$everything", await AllAsync([$"{patient}/$everything?_count=40"])),
            ("compartment", await AllAsync([$"{patient}/*?_count=40"])),
            ("compartment by type", await AllAsync(types.Select(type => $"{patient}/{type}?_count=40"))),
            ("export", exported.Where(known.Contains).ToHashSet(StringComparer.Ordinal)),
            ("history of types", await AllAsync(types.Select(type => type + "/_history?_count=100"))),
        ];
    }

    private static string ReferenceOf(JsonElement resource) =>
        $"{resource.GetProperty("resourceType").GetString()}/{resource.GetProperty("id").GetString()}";

    private static string IdOf(ResourceFacts record) => record.Reference.Split('/')[1];

    private static bool IsPermitted(ConsentDirective directive, string patient, ResourceFacts record) =>
        ConsentEvaluator
            .Evaluate(
                [directive],
                new AccessRequest
                {
                    Patient = patient,
                    Actors = [Clinician],
                    Purpose = "TREAT",
                    Action = "access",
                    Time = Requests.Moment(DateTimeOffset.UtcNow),
                    Resource = record,
                }
            )
            .Permitted;

    private async Task<(string Patient, IReadOnlyList<ResourceFacts> Records)> StoreAsync(string text)
    {
        var header = ("Content-Type", "application/json");
        var stored = await server.SendAsync("ingest1", HttpMethod.Post, server.Beside("/import"), text, header);
        Assert.True(stored.Status == HttpStatusCode.OK, stored.Body);
        using var bundle = JsonDocument.Parse(text);
        var entries = bundle.RootElement.GetProperty("entry").EnumerateArray().ToList();
        var references = entries.ToDictionary(
            e => e.GetProperty("fullUrl").GetString()!,
            e => ReferenceOf(e.GetProperty("resource")),
            StringComparer.Ordinal
        );
        var records = entries
            .Select(e => Encoding.UTF8.GetBytes(e.GetProperty("resource").GetRawText()))
            .Select(json => PreparedRecord.TryPrepare(json, references, null, SensitivityRules.BuiltIn, out _)!)
            .Where(r => r.Description.Patients.Count == 1)
            .Select(r => r.Description.Facts)
            .ToList();
        var patient = records.Single(r => r.Type == "Patient").Reference;
        await server.AddUserAsync("patient-visible", "Patient", patient);
        return (patient, records);
    }

    /// <summary>Rules about what stands in some records; the same seed makes the same.</summary>
    private sealed class RandomRules(int seed, IReadOnlyList<ResourceFacts> records)
    {
        private readonly Random _random = new(seed);

        /// <summary>Grants say the rules exactly: they have no codes that permit, and no days.</summary>
        public bool AreExact { get; private set; } = true;

        public string Consent(string id, string patient)
        {
            var rule = string.Join(',', Enumerable.Repeat(0, _random.Next(2)).Select(_ => Types()).Prepend(Actor()));
            var exceptions = Enumerable
                .Range(0, _random.Next(3))
                .Select(_ => $$"""{"type":"deny",{{Limit()}}}""")
                .ToList();
            var nested = exceptions.Count == 0 ? "" : $",\"provision\":[{string.Join(',', exceptions)}]";
            return $$$"""
                {"resourceType":"Consent","id":"{{{id}}}","status":"active","dateTime":"2026-01-01",
                "scope":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/consentscope","code":"patient-privacy"}]},
                "category":[{"coding":[{"system":"http://loinc.org","code":"59284-0"}]}],
                "patient":{"reference":"{{{patient}}}"},"policy":[{"uri":"https://policies.medledger.example/1"}],
                "provision":{"type":"permit",{{{rule}}},
                "purpose":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActReason","code":"TREAT"}]{{{nested}}}}}
                """;
        }

        private static string Actor() =>
            $$$"""
                "actor":[{"role":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ParticipationType","code":"IRCP"}]},
                "reference":{"reference":"{{{Clinician}}}"}}]
                """;

        private string Limit()
        {
            var record = records[_random.Next(records.Count)];
            switch (_random.Next(3))
            {
                case 0 when record.Codes.Count > 0:
                    var code = record.Codes[_random.Next(record.Codes.Count)];
                    return $$$"""
                        "code":[{"coding":[{"system":"{{{code.System}}}","code":"{{{code.Code}}}"}]}]
                        """;
                case 1 when record.Date is { Length: >= 10 } date:
                    AreExact = false;
                    return $$$"""
                        "dataPeriod":{"start":"{{{date[..10]}}}"}
                        """;
                default:
                    return Types();
            }
        }

        private string Types()
        {
            var classes = Enumerable
                .Range(0, 3)
                .Select(_ => records[_random.Next(records.Count)].Type)
                .Distinct(StringComparer.Ordinal)
                .Select(t => $$"""{"system":"http://hl7.org/fhir/resource-types","code":"{{t}}"}""");
            return $"\"class\":[{string.Join(',', classes)}]";
        }
    }
}
