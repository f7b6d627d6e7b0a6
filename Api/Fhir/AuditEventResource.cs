using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using MedLedger.Api.Records;
using MedLedger.Consent.Log;

namespace MedLedger.Api.Fhir;

/// <summary>One entry of the log, with who reads it.</summary>
/// <param name="Index">Index in the log.</param>
/// <param name="Entry">The public entry.</param>
/// <param name="Details">Its details; null when they went with an erased patient.</param>
/// <param name="Patient">What the patient is called for this reader; null when the entry concerns none.</param>
/// <param name="Entities">What the records concerned are called for this reader.</param>
/// <param name="HasNote">Whether this reader may read the sentence that was noted.</param>
internal sealed record LoggedEvent(
    long Index,
    AuditEntry Entry,
    AuditDetails? Details,
    JsonObject? Patient,
    IReadOnlyList<JsonObject> Entities,
    bool HasNote
);

/// <summary>
/// An entry of the log as a FHIR R4 AuditEvent, shaped by IHE BALP 1.1: successful accesses name the profile that they
/// meet; refusals follow the same pattern with another outcome, as BALP asks (FHIR R4, security.html#AccessDenied).
/// </summary>
internal static class AuditEventResource
{
    private const string Profiles = "https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit.";
    private const string Terminology = "http://terminology.hl7.org/CodeSystem/";
    private const string Dicom = "http://dicom.nema.org/resources/ontology/DCM";
    private const string Transactions = "urn:ihe:event-type-code"; // ITI-71: Get Access Token (IHE IUA)
    private const string Interaction = "http://hl7.org/fhir/restful-interaction";
    private const string Lifecycle = Terminology + "iso-21089-lifecycle";
    private const string Participation = Terminology + "v3-ParticipationType";

    private static readonly JsonSerializerOptions Options = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private static readonly string[] Actors =
    [
        "Practitioner/",
        "PractitionerRole/",
        "Organization/",
        "Device/",
        "Patient/",
        "RelatedPerson/",
    ];

    /// <summary>The id of an entry's AuditEvent.</summary>
    public static string IdOf(long index) => "log-" + index.ToString(System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>The resource.</summary>
    /// <param name="logged">The entry.</param>
    /// <param name="server">The server's name.</param>
    public static byte[] Write(LoggedEvent logged, string server)
    {
        var (entry, shape) = (logged.Entry, Shape.Of(logged.Entry.Action, logged.Details?.Interaction));
        var isRefused = entry.Decision == AuditDecision.Refused;
        var resource = new JsonObject { ["resourceType"] = "AuditEvent", ["id"] = IdOf(logged.Index) };
        if (!isRefused && logged.Details is not null && shape.Profile(logged.Patient is not null) is { } profile)
            resource["meta"] = new JsonObject { ["profile"] = new JsonArray(Profiles + profile) };
        resource["text"] = AuditNarrative.Of(logged);
        resource["type"] = Coding(shape.TypeSystem, shape.Type);
        resource["subtype"] = new JsonArray(Coding(shape.SubtypeSystem, shape.Subtype));
        resource["action"] = shape.Action;
        var told = logged.Details?.Disclosure;
        if (told is not null)
            resource["period"] = new JsonObject { ["start"] = ReadableRecord.Instant(told.When) };
        resource["recorded"] = ReadableRecord.Instant(
            logged.Details?.Time ?? DateTimeOffset.FromUnixTimeSeconds(entry.Time)
        );
        resource["outcome"] = isRefused ? "4" : "0";
        if (isRefused)
            resource["outcomeDesc"] = entry.Reason.ToString();
        else if (logged.HasNote && logged.Details?.Note is { Length: > 0 } note)
            resource["outcomeDesc"] = note;
        if (shape.Kind == Kind.Disclosure && logged.Details?.Purpose is { } purpose)
            resource["purposeOfEvent"] = new JsonArray(Purpose(purpose));
        resource["agent"] = Agents(logged, shape, server);
        resource["source"] = new JsonObject
        {
            ["site"] = server,
            ["observer"] = told is null ? Server(server) : Who(told.Source, logged.HasNote),
            ["type"] = new JsonArray(Coding(Terminology + "security-source-type", "4")),
        };
        resource["entity"] = Entities(logged, shape);
        return JsonSerializer.SerializeToUtf8Bytes(resource, Options);
    }

    private static JsonArray Agents(LoggedEvent logged, Shape shape, string server)
    {
        if (logged.Details is { Disclosure: { } told } recorded)
            return
            [
                Participant("110153", Who(told.Source, logged.HasNote), null),
                Participant("110152", Who(told.Recipient, logged.HasNote), null),
                User(recorded, "AUT"),
            ];
        // Who sends is the source role: for what is read and disclosed the server, else the caller's application.
        var reads = shape.Kind is Kind.Read or Kind.Disclosure;
        var agents = new JsonArray(
            Participant(reads ? "110152" : "110153", new JsonObject { ["display"] = "the caller's application" }, null),
            Participant(reads ? "110153" : "110152", Server(server), server)
        );
        if (logged.Details is not { } details)
            return agents;
        agents.Add(User(details, shape.Kind is Kind.Create or Kind.Update ? "AUT" : "IRCP"));
        return agents;
    }

    private static JsonObject User(AuditDetails details, string role)
    {
        var user = new JsonObject
        {
            ["type"] = Concept(Participation, role),
            ["who"] = Who(details.Agent, isShown: true),
            ["requestor"] = true,
        };
        if (details.Purpose is { } purpose)
            user["purposeOfUse"] = new JsonArray(Purpose(purpose));
        return user;
    }

    // Who told of a disclosure used words of their own, which may say what is wrong with the patient.
    private static JsonObject Who(string name, bool isShown) =>
        !isShown ? new JsonObject { ["display"] = "not shown to this reader" }
        : Array.Exists(Actors, type => name.StartsWith(type, StringComparison.Ordinal))
            ? new JsonObject { ["reference"] = name }
        : new JsonObject { ["display"] = name };

    private static JsonArray Entities(LoggedEvent logged, Shape shape)
    {
        var entities = new JsonArray();
        if (logged.Patient is { } patient)
            entities.Add(
                new JsonObject
                {
                    ["what"] = patient.DeepClone(),
                    ["type"] = Coding(Terminology + "audit-entity-type", "1"),
                    ["role"] = Coding(Terminology + "object-role", "1"),
                }
            );
        var others = logged.Entities;
        if (shape.Kind == Kind.Query)
        {
            // What was searched by is content: the log does not have it.
            entities.Add(
                new JsonObject
                {
                    ["type"] = Coding(Terminology + "audit-entity-type", "2"),
                    ["role"] = Coding(Terminology + "object-role", "24"),
                    ["_query"] = Absent("masked"),
                }
            );
        }
        else
        {
            var first = others.Count > 0 ? others[0] : new JsonObject { ["display"] = What(logged) };
            entities.Add(Data(first, "2"));
            others = [.. others.Skip(1)];
        }
        foreach (var other in others)
            entities.Add(Data(other, "4"));
        return entities;
    }

    private static string What(LoggedEvent logged) =>
        logged is { HasNote: true, Details.Disclosure.What: { } what } ? what : "not named in the log";

    private static JsonObject Data(JsonObject what, string type) =>
        new()
        {
            ["what"] = what.DeepClone(),
            ["type"] = Coding(Terminology + "audit-entity-type", type),
            ["role"] = Coding(Terminology + "object-role", "4"),
        };

    // The log keeps no address of a caller.
    private static JsonObject Participant(string role, JsonObject who, string? address) =>
        new()
        {
            ["type"] = Concept(Dicom, role),
            ["who"] = who,
            ["requestor"] = false,
            ["network"] = address is null
                ? Absent("unknown")
                : new JsonObject { ["address"] = address, ["type"] = "5" },
        };

    private static JsonObject Server(string server) => new() { ["display"] = server };

    private static JsonObject Absent(string reason) =>
        new()
        {
            ["extension"] = new JsonArray(
                new JsonObject
                {
                    ["url"] = "http://hl7.org/fhir/StructureDefinition/data-absent-reason",
                    ["valueCode"] = reason,
                }
            ),
        };

    private static JsonObject Purpose(string code) => Concept(Terminology + "v3-ActReason", code);

    private static JsonObject Concept(string system, string code) =>
        new() { ["coding"] = new JsonArray(Coding(system, code)) };

    private static JsonObject Coding(string system, string code) => new() { ["system"] = system, ["code"] = code };

    private enum Kind
    {
        Read,
        Query,
        Create,
        Update,
        Disclosure,
        Other,
    }

    private sealed record Shape(
        Kind Kind,
        string TypeSystem,
        string Type,
        string SubtypeSystem,
        string Subtype,
        string Action
    )
    {
        public string? Profile(bool hasPatient) =>
            Kind switch
            {
                Kind.Read or Kind.Query or Kind.Create or Kind.Update => (hasPatient ? "Patient" : "") + Kind,
                Kind.Disclosure when hasPatient => "PrivacyDisclosure.Source",
                _ => null,
            };

        public static Shape Of(AuditAction action, string? interaction) =>
            action switch
            {
                AuditAction.Read => Rest(Kind.Read, interaction == "vread" ? "vread" : "read", "R"),
                AuditAction.Searched => Rest(Kind.Query, "search-type", "E"),
                AuditAction.Written when interaction == "create" => Rest(Kind.Create, "create", "C"),
                AuditAction.Enrolled => Rest(Kind.Create, "create", "C"),
                AuditAction.Written or AuditAction.ConsentChanged or AuditAction.Relabelled => Rest(
                    Kind.Update,
                    "update",
                    "U"
                ),
                AuditAction.Exported or AuditAction.Disclosed => new(
                    Kind.Disclosure,
                    Dicom,
                    "110106",
                    Lifecycle,
                    "disclose",
                    "R"
                ),
                AuditAction.Granted or AuditAction.Revoked => Security("110137", "U"),
                AuditAction.BreakGlass => Security("110127", "E"),
                AuditAction.EmergencyReviewed => Security("110138", "E"),
                AuditAction.LoggedIn => new(Kind.Other, Dicom, "110114", Dicom, "110122", "E"),
                AuditAction.LoggedOut => new(Kind.Other, Dicom, "110114", Dicom, "110123", "E"),
                AuditAction.TokenRequested => new(Kind.Other, Dicom, "110114", Transactions, "ITI-71", "E"),
                AuditAction.AccountChanged => Security("110137", "U"),
                AuditAction.BackedUp => Other(Lifecycle, "archive", "R"),
                AuditAction.Restored => Other(Lifecycle, "restore", "C"),
                AuditAction.KeysChanged => Security("110135", "U"),
                AuditAction.ErasureStarted or AuditAction.Erased => Other(Lifecycle, "destroy", "D"),
                AuditAction.ModelChanged => Security("110131", "U"),
                AuditAction.Anchored or AuditAction.Continued => Other(Dicom, "110101", "E"),
                _ => Rest(Kind.Other, "operation", "E"),
            };

        private static Shape Rest(Kind kind, string subtype, string action) =>
            new(kind, Terminology + "audit-event-type", "rest", Interaction, subtype, action);

        private static Shape Security(string code, string action) =>
            new(Kind.Other, Dicom, "110113", Dicom, code, action);

        private static Shape Other(string system, string code, string action) =>
            new(Kind.Other, system, code, system, code, action);
    }
}
