using System.Text.Json.Nodes;
using MedLedger.Api.Fhir;
using MedLedger.Consent.Access;
using MedLedger.Consent.Log;

namespace MedLedger.Api.Tests.Fhir;

public sealed class AuditEventTests
{
    private const string Server = "https://server.example/fhir";

    public static TheoryData<AuditAction, string?, bool> Accesses
    {
        get
        {
            var all = new TheoryData<AuditAction, string?, bool>();
            foreach (var hasPatient in new[] { true, false })
            {
                foreach (var action in Enum.GetValues<AuditAction>())
                    all.Add(action, null, hasPatient);
                all.Add(AuditAction.Read, "vread", hasPatient);
                all.Add(AuditAction.Written, "create", hasPatient);
            }
            return all;
        }
    }

    [Theory]
    [MemberData(nameof(Accesses))]
    public void Every_kind_of_entry_is_a_valid_resource_permitted_or_refused(
        AuditAction action,
        string? interaction,
        bool hasPatient
    )
    {
        foreach (var decision in Enum.GetValues<AuditDecision>())
        {
            var body = Write(action, interaction, hasPatient, decision);
            Assert.True(ResourceParser.TryParse(body, out var problem) is not null, problem);
            var resource = JsonNode.Parse(body)!;
            Assert.Equal(decision == AuditDecision.Refused ? "4" : "0", (string?)resource["outcome"]);
            if (decision == AuditDecision.Refused)
                Assert.Null(resource["meta"]);
            Assert.Contains("Practitioner/p1", (string?)resource["text"]!["div"], StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Each_reason_has_words_and_what_others_wrote_is_escaped()
    {
        foreach (var reason in Enum.GetValues<DenyReason>())
        {
            var details = new AuditDetails { Time = DateTimeOffset.UnixEpoch, Agent = "<script>&" };
            var entry = new AuditEntry
            {
                Action = AuditAction.Read,
                Decision = AuditDecision.Refused,
                Reason = reason,
                Time = 0,
                Details = details.Commitment(),
            };
            var body = AuditEventResource.Write(new LoggedEvent(7, entry, details, null, [], HasNote: true), Server);
            var div = System.Xml.Linq.XElement.Parse((string)JsonNode.Parse(body)!["text"]!["div"]!);
            Assert.StartsWith(
                "1 January 1970, 00:00 UTC: <script>& tried to read. It was refused: ",
                div.Value,
                StringComparison.Ordinal
            );
            Assert.Single(div.Elements());
        }
    }

    [SharedDataFact("ihe-balp")]
    public void Accesses_changes_searches_and_disclosures_meet_the_profile_that_they_name()
    {
        var met = new HashSet<string>(StringComparer.Ordinal);
        foreach (var row in Accesses)
        {
            foreach (var decision in new[] { AuditDecision.None, AuditDecision.Permitted })
            {
                var body = Write((AuditAction)row[0]!, (string?)row[1], (bool)row[2]!, decision);
                var resource = JsonNode.Parse(body)!.AsObject();
                if ((string?)resource["meta"]?["profile"]?[0] is not { } profile)
                    continue;
                var problems = new BalpProfile(SharedData.Folder("ihe-balp")!, profile).Problems(resource);
                Assert.True(problems.Count == 0, profile + ": " + string.Join("; ", problems));
                met.Add(profile[(profile.LastIndexOf('.') + 1)..]);
            }
        }
        Assert.Equal(
            [
                "Create",
                "PatientCreate",
                "PatientQuery",
                "PatientRead",
                "PatientUpdate",
                "Query",
                "Read",
                "Source",
                "Update",
            ],
            met.Order(StringComparer.Ordinal),
            StringComparer.Ordinal
        );
    }

    // The check itself finds what is wrong, and nothing wrong in IHE's own examples.
    [SharedDataFact("ihe-balp")]
    public void What_does_not_meet_a_profile_is_found()
    {
        var folder = SharedData.Folder("ihe-balp")!;
        foreach (var file in Directory.GetFiles(Path.Combine(folder, "json"), "AuditEvent-ex-auditBasicRead*.json"))
        {
            var example = JsonNode.Parse(File.ReadAllText(file))!.AsObject();
            if ((string?)example["meta"]?["profile"]?[0] is { } profile)
                Assert.Empty(new BalpProfile(folder, profile).Problems(example));
        }
        var read = new BalpProfile(
            folder,
            "https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit.PatientRead"
        );
        JsonObject Read() => JsonNode.Parse(Write(AuditAction.Read, null, true, AuditDecision.Permitted))!.AsObject();
        Assert.Empty(read.Problems(Read()));
        foreach (var name in new[] { "type", "subtype", "action", "outcome", "agent", "entity" })
        {
            var changed = Read();
            changed.Remove(name);
            // An element that must have a value where it stands, but may be absent, is in FHIR's own cardinality.
            if (name is "subtype" or "outcome" or "agent" or "entity")
                Assert.NotEmpty(read.Problems(changed));
        }
        var other = Read();
        other["action"] = "C";
        Assert.NotEmpty(read.Problems(other));
        var noClient = Read();
        noClient["agent"]!.AsArray().RemoveAt(0);
        Assert.NotEmpty(read.Problems(noClient));
        var noPatient = Read();
        noPatient["entity"]!.AsArray().RemoveAt(0);
        Assert.NotEmpty(read.Problems(noPatient));
    }

    private static byte[] Write(AuditAction action, string? interaction, bool hasPatient, AuditDecision decision)
    {
        var details = new AuditDetails
        {
            Time = DateTimeOffset.UnixEpoch,
            Agent = "Practitioner/p1",
            Purpose = "TREAT",
            Interaction = interaction,
            Entities = ["Observation/o1", "Observation/o2"],
        };
        var entry = new AuditEntry
        {
            Action = action,
            Decision = decision,
            Reason = decision == AuditDecision.Refused ? DenyReason.NoConsent : null,
            Time = 0,
            Details = details.Commitment(),
        };
        var patient = hasPatient ? new JsonObject { ["reference"] = "Patient/p" } : null;
        JsonObject[] entities = [.. details.Entities.Select(e => new JsonObject { ["reference"] = e })];
        return AuditEventResource.Write(new LoggedEvent(7, entry, details, patient, entities, HasNote: true), Server);
    }
}
