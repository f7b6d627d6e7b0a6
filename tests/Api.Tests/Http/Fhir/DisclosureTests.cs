using System.Net;
using System.Text.Json;
using MedLedger.Api.Cli;
using MedLedger.Api.Tests.Consents;

namespace MedLedger.Api.Tests.Http.Fhir;

/// <summary>What left to whom: told by others, accounted for, and with everything else in one file for the patient.</summary>
[Collection("FHIR server")]
public sealed class DisclosureTests(FhirServer server)
{
    /// <summary>An AuditEvent that tells of a disclosure about a patient.</summary>
    public static string Told(string patient, string? without = null, string when = "2026-02-03T10:00:00Z")
    {
        var members = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["type"] = """{"system":"http://dicom.nema.org/resources/ontology/DCM","code":"110106"}""",
            ["action"] = "\"R\"",
            ["recorded"] = "\"" + when + "\"",
            ["outcome"] = "\"0\"",
            ["purposeOfEvent"] =
                """[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActReason","code":"PUBHLTH"}]}]""",
            ["source"] = """{"observer":{"display":"a paper archive"}}""",
        };
        var agents = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["source agent"] = Agent("110153", "St. Elsewhere, by letter"),
            ["recipient"] = Agent("110152", "The health department, 1 Main Street"),
        };
        var entities = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["patient"] =
                """{"what":{"reference":"PATIENT"},"type":{"system":"http://terminology.hl7.org/CodeSystem/audit-entity-type","code":"1"},"role":{"system":"http://terminology.hl7.org/CodeSystem/object-role","code":"1"}}""",
            ["data"] =
                """{"description":"a case report of measles","type":{"system":"http://terminology.hl7.org/CodeSystem/audit-entity-type","code":"2"}}""",
        };
        foreach (var part in new[] { members, agents, entities })
            part.Remove(without ?? "");
        members["agent"] = $"[{string.Join(',', agents.Values)}]";
        members["entity"] = $"[{string.Join(',', entities.Values)}]";
        var rest = string.Join(',', members.Select(m => $"\"{m.Key}\":{m.Value}"));
        return $"{{\"resourceType\":\"AuditEvent\",{rest}}}".Replace("PATIENT", patient, StringComparison.Ordinal);
    }

    private static string Agent(string role, string name) =>
        "{\"type\":{\"coding\":[{\"system\":\"http://dicom.nema.org/resources/ontology/DCM\",\"code\":\""
        + role
        + "\"}]},\"who\":{\"display\":\""
        + name
        + "\"},\"requestor\":false}";

    [Theory]
    [InlineData("ingest1", false)]
    [InlineData("clinician1", true)]
    public async Task A_disclosure_that_is_told_is_logged_and_the_patient_sees_it(string who, bool asParameters)
    {
        var told = Told("Patient/sample-a");
        var body = asParameters
            ? "{\"resourceType\":\"Parameters\",\"parameter\":[{\"name\":\"disclosure\",\"resource\":"
                + told
                + "},{\"name\":\"consent\",\"valueReference\":{\"reference\":\"Consent/sample-a-consent\"}}]}"
            : told;
        var recorded = await RecordAsync(who, body);
        Assert.True(recorded.Status == HttpStatusCode.Created, recorded.Body);
        var id = recorded.Headers.Location!.ToString()[(server.BaseUrl.Length + 1)..];

        var seen = await server.GetAsync("patient1", id);
        Assert.Equal(HttpStatusCode.OK, seen.Status);
        var text = seen.Json.GetProperty("text").GetProperty("div").GetString();
        Assert.Contains("a case report of measles", text, StringComparison.Ordinal);
        Assert.Contains("The health department, 1 Main Street", text, StringComparison.Ordinal);
        Assert.Equal(asParameters, text!.Contains("Consent/sample-a-consent", StringComparison.Ordinal));
        if (SharedData.Folder("ihe-balp") is { } balp)
        {
            const string Profile =
                "https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit.PrivacyDisclosure.Source";
            var resource = System.Text.Json.Nodes.JsonNode.Parse(seen.Body)!.AsObject();
            Assert.Equal(Profile, (string?)resource["meta"]!["profile"]![0]);
            Assert.Empty(new Api.Tests.Fhir.BalpProfile(balp, Profile).Problems(resource));
            // The source agent is the one that reports (invariant val-audit-source).
            Assert.Equal(
                resource["source"]!["observer"]!.ToJsonString(),
                resource["agent"]![0]!["who"]!.ToJsonString()
            );
        }
        // Compliance sees that there was one, and no word of it.
        var found = await server.GetAsync("compliance1", id);
        Assert.Equal(HttpStatusCode.OK, found.Status);
        Assert.DoesNotContain("measles", found.Body, StringComparison.Ordinal);
        Assert.DoesNotContain("Main Street", found.Body, StringComparison.Ordinal);
        Assert.DoesNotContain("sample-a", found.Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("patient")]
    [InlineData("source agent")]
    [InlineData("recipient")]
    [InlineData("data")]
    [InlineData("purposeOfEvent")]
    public async Task What_an_accounting_needs_has_to_be_told(string without)
    {
        var refused = await RecordAsync("ingest1", Told("Patient/sample-a", without));
        Assert.Equal((HttpStatusCode.UnprocessableEntity, "invalid"), (refused.Status, refused.Issue));
    }

    [Fact]
    public async Task Who_may_not_see_the_patient_or_has_no_such_role_records_nothing()
    {
        Assert.Equal(HttpStatusCode.NotFound, (await RecordAsync("clinician2", Told("Patient/sample-a"))).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await RecordAsync("clinician1", Told("Patient/nobody-1"))).Status);
        Assert.Equal(
            HttpStatusCode.UnprocessableEntity,
            (await RecordAsync("ingest1", Told("Patient/nobody-1"))).Status
        );
        foreach (var who in new[] { "patient1", "compliance1", "operator1" })
            Assert.Equal(HttpStatusCode.Forbidden, (await RecordAsync(who, Told("Patient/sample-a"))).Status);
        var future = Told("Patient/sample-a", when: "2999-01-01T00:00:00Z");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await RecordAsync("ingest1", future)).Status);
        var twice = Told("Patient/sample-a")[..^1] + ",\"outcome\":\"0\"}";
        Assert.NotEqual(HttpStatusCode.Created, (await RecordAsync("ingest1", twice)).Status);
        const string Unknown = """{"resourceType":"Parameters","parameter":[{"name":"x","valueString":"y"}]}""";
        Assert.Equal(HttpStatusCode.BadRequest, (await RecordAsync("ingest1", Unknown)).Status);
    }

    [Fact]
    public async Task The_accounting_has_what_others_received_and_not_what_the_patient_read()
    {
        var id = "told-1";
        await BypassSituations.PatientAsync(server, id, BypassSituations.Consent(id, ""));
        Assert.Equal(HttpStatusCode.OK, (await server.GetAsync("clinician1", $"Observation/{id}-0")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await server.GetAsync("clinician2", $"Observation/{id}-0")).Status);
        await server.GetAsync("clinician1", $"Condition?patient={id}"); // finds nothing: tells nothing of the patient
        await server.GetAsync("patient-" + id, "Patient/" + id);
        await RecordAsync("ingest1", Told("Patient/" + id));
        await RecordAsync("ingest1", Told("Patient/" + id, when: "2015-01-01T00:00:00Z"));

        var answer = await ReadAsync("/disclosures", "patient-" + id);
        Assert.Equal(HttpStatusCode.OK, answer.Status);
        var all = answer.Json.GetProperty("disclosures").EnumerateArray().ToList();
        Assert.Equal(2, all.Count); // the one of 2015 is older than six years
        Assert.Equal(
            ("Practitioner/clinician1", "1 Observation", "TREAT", true, false),
            (
                all[0].GetProperty("recipient").GetString(),
                all[0].GetProperty("what").GetString(),
                all[0].GetProperty("purpose").GetString(),
                all[0].GetProperty("exempt").GetBoolean(),
                all[0].GetProperty("told").GetBoolean()
            )
        );
        Assert.Equal(
            ("The health department, 1 Main Street", "St. Elsewhere, by letter", "PUBHLTH", false, true),
            (
                all[1].GetProperty("recipient").GetString(),
                all[1].GetProperty("source").GetString(),
                all[1].GetProperty("purpose").GetString(),
                all[1].GetProperty("exempt").GetBoolean(),
                all[1].GetProperty("told").GetBoolean()
            )
        );
        var older = await ReadAsync("/disclosures?from=2014-01-01&until=2016-01-01", "patient-" + id);
        Assert.Equal(1, older.Json.GetProperty("disclosures").GetArrayLength());
        var wrong = await ReadAsync("/disclosures?from=yesterday", "patient-" + id);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, wrong.Status);
        var logged = (await ReadAsync("/audit", "patient-" + id)).Body;
        Assert.Contains("measles", logged, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_article_15_file_has_the_data_and_the_words_and_is_logged()
    {
        var id = "access-1";
        await BypassSituations.PatientAsync(server, id, BypassSituations.Consent(id, ""));
        await server.GetAsync("clinician1", $"Observation/{id}-0");
        var answer = await ReadAsync("/subject-access", "patient-" + id);
        Assert.Equal(HttpStatusCode.OK, answer.Status);
        Assert.Equal("attachment", answer.Content.ContentDisposition!.DispositionType);
        var file = answer.Json;
        string[] members =
        [
            "controller",
            "inPlainWords",
            "purposes",
            "recipients",
            "storagePeriod",
            "source",
            "automatedAnalysis",
            "rights",
            "consents",
            "disclosures",
            "data",
            "categories",
            "complete",
        ];
        Assert.All(members, name => Assert.True(file.TryGetProperty(name, out var _), name));
        Assert.Equal(5, file.GetProperty("data").GetProperty("entry").GetArrayLength());
        Assert.NotNull(
            Api.Fhir.ResourceParser.TryParse(
                JsonSerializer.SerializeToUtf8Bytes(file.GetProperty("data")),
                out var problem
            )
        );
        Assert.Null(problem);
        Assert.Contains(
            file.GetProperty("recipients").EnumerateArray(),
            r => r.GetProperty("who").GetString() == "Practitioner/clinician1"
        );
        Assert.Contains(
            file.GetProperty("categories").EnumerateArray(),
            c => c.GetProperty("type").GetString() == "Observation" && c.GetProperty("records").GetInt32() == 3
        );
        Assert.Contains(
            file.GetProperty("source").EnumerateArray(),
            s => s.GetProperty("who").GetString() == "Device/ingest1"
        );
        Assert.Equal(5, file.GetProperty("complete").GetProperty("records").GetInt32());
        var log = await ReadAsync("/audit", "patient-" + id);
        Assert.Contains(log.Json.EnumerateArray(), e => e.GetProperty("action").GetString() == "Exported");

        // A narrower token cannot have the whole file, and nobody else has it.
        var narrow = await server.ScopedTokenAsync("patient-" + id, "patient/Observation.rs", null, "PATRQT");
        Assert.Equal(HttpStatusCode.Forbidden, (await ReadAsync("/subject-access", narrow)).Status);
        foreach (var who in new[] { "clinician1", "compliance1", "operator1", "ingest1" })
            Assert.Equal(
                HttpStatusCode.Forbidden,
                (await ReadAsync($"/subject-access?patient=Patient/{id}", who)).Status
            );
    }

    [Fact]
    public async Task The_command_line_records_accounts_and_writes_the_file()
    {
        using var folder = new ConsentFolder();
        await folder.ImportPatientAsync();
        string[] told =
        [
            "disclosures",
            "record",
            "--patient",
            "pat-1",
            "--by",
            "Practitioner/a",
            "--to",
            "an insurer",
            "--what",
            "invoices",
            "--when",
            "2026-02-03",
        ];
        var recorded = await folder.Run([.. told, "--purpose", "HPAYMT"]);
        Assert.Equal((ExitCode.Good, ""), (recorded.ExitCode, recorded.ExitCode == 0 ? "" : recorded.Error));
        Assert.Equal(ExitCode.Usage, (await folder.Run([.. told, "--purpose", "NOTHING"])).ExitCode);
        told[3] = "nobody";
        Assert.Equal(ExitCode.Refused, (await folder.Run([.. told, "--purpose", "HPAYMT"])).ExitCode);

        var listed = await folder.Run("disclosures", "list", "--patient", "pat-1");
        Assert.Contains(
            "an insurer\tinvoices\tHPAYMT\tPractitioner/a\texempt",
            listed.Output,
            StringComparison.Ordinal
        );
        var file = folder.File("access.json");
        var written = await folder.Run("subject-access", "--patient", "pat-1", "--out", file);
        Assert.Equal((ExitCode.Good, ""), (written.ExitCode, written.ExitCode == 0 ? "" : written.Error));
        using var access = JsonDocument.Parse(File.ReadAllBytes(file));
        Assert.Equal(6, access.RootElement.GetProperty("complete").GetProperty("records").GetInt32());
        Assert.Equal(
            ExitCode.Refused,
            (await folder.Run("subject-access", "--patient", "nobody", "--out", file + "2")).ExitCode
        );
        Assert.False(File.Exists(file + "2"));
    }

    private Task<FhirAnswer> RecordAsync(string who, string body) =>
        server.SendAsync(who, HttpMethod.Post, "AuditEvent/$recordDisclosure", body);

    private Task<FhirAnswer> ReadAsync(string path, string who) => server.GetAsync(who, server.Beside(path));
}
