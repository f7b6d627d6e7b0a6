using System.Globalization;
using System.Text.Json;
using MedLedger.Consent.Grants;
using MedLedger.Consent.Log;

namespace MedLedger.Api.Fhir;

/// <summary>A disclosure with its purpose of use (v3-ActReason).</summary>
internal sealed record PurposefulDisclosure(ToldDisclosure Disclosure, string Purpose);

/// <summary>
/// Reads an AuditEvent that tells of a disclosure, in the shape of IHE BALP's Privacy Disclosure: agents in the source and
/// the destination role, the patient and the data as entities, the purpose, and the time.
/// </summary>
internal static class DisclosedEvent
{
    private const int LongestText = 500;
    private const string SourceRole = "110153";
    private const string DestinationRole = "110152";
    private const string Recipient = "IRCP";
    private const string Person = "1";

    /// <summary>Reads it; answers <c>Patient/id</c>, or null with what is missing.</summary>
    /// <param name="resource">A valid AuditEvent.</param>
    /// <param name="consent"><c>Consent/id</c> that it rests on; null for none.</param>
    /// <param name="told">What was told.</param>
    /// <param name="missing">What is not there, in words that name no value.</param>
    public static string? TryRead(
        JsonElement resource,
        string? consent,
        out PurposefulDisclosure? told,
        out string? missing
    )
    {
        told = null;
        missing = null;
        if (Text(resource, "resourceType") != "AuditEvent")
        {
            missing = "a disclosure is told as an AuditEvent";
            return null;
        }
        var agents = List(resource, "agent");
        var source = agents.Where(a => HasCode(a, SourceRole)).Select(Who).FirstOrDefault();
        var recipient =
            agents.Where(a => HasCode(a, DestinationRole)).Select(Who).FirstOrDefault()
            ?? agents.Where(a => HasCode(a, Recipient)).Select(Who).FirstOrDefault();
        var entities = List(resource, "entity");
        var patients = entities.Where(IsPatient).Select(e => Reference(e, "what")).OfType<string>().ToList();
        var data = entities.Where(e => !IsPatient(e)).Select(Data).OfType<string>().ToList();
        var what = data.Count > 0 ? string.Join(", ", data) : Text(resource, "outcomeDesc");
        var purpose = Codes(resource, "purposeOfEvent")
            .Concat(agents.SelectMany(agent => Codes(agent, "purposeOfUse")))
            .FirstOrDefault(code => Vocabulary.PurposeBit(code) is not null);
        var when = Text(Member(resource, "period"), "start") ?? Text(resource, "recorded");
        missing =
            patients is not [_] || !patients[0].StartsWith("Patient/", StringComparison.Ordinal)
                ? "the patient: one entity of type Person and role Patient that refers to Patient/id"
            : source is null ? "who disclosed: an agent of type DCM 110153 (Source Role ID)"
            : recipient is null ? "who received it: an agent of type DCM 110152 (Destination Role ID) or IRCP"
            : what is null ? "what was disclosed: an entity, or outcomeDesc"
            : purpose is null ? "the purpose: a v3-ActReason code that is known here, in purposeOfEvent or purposeOfUse"
            : !TryMoment(when, out _) ? "when: period.start or recorded"
            : source.Length > LongestText || recipient.Length > LongestText || what.Length > LongestText
                ? $"a text is longer than {LongestText} characters"
            : null;
        if (missing is not null)
            return null;
        _ = TryMoment(when, out var moment);
        told = new PurposefulDisclosure(new ToldDisclosure(source!, recipient!, what!, moment, consent), purpose!);
        return patients[0];
    }

    private static bool TryMoment(string? text, out DateTimeOffset moment) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out moment);

    private static bool HasCode(JsonElement agent, string code) =>
        List(Member(agent, "type"), "coding").Exists(coding => Text(coding, "code") == code);

    private static bool IsPatient(JsonElement entity) =>
        Text(Member(entity, "type"), "code") == Person && Text(Member(entity, "role"), "code") == Person;

    // A name with the address, where both are told (45 CFR 164.528(b)(2)(ii)).
    private static string? Who(JsonElement agent)
    {
        var who = Member(agent, "who");
        var name = Reference(agent, "who") ?? Text(who, "display") ?? Text(Member(who, "identifier"), "value");
        name ??= Text(agent, "name");
        var address = Text(Member(agent, "network"), "address");
        return name is null || address is null ? name : $"{name}, {address}";
    }

    private static string? Data(JsonElement entity) =>
        Text(entity, "description")
        ?? Text(entity, "name")
        ?? Reference(entity, "what")
        ?? Text(Member(entity, "what"), "display");

    private static string? Reference(JsonElement element, string name) =>
        Text(Member(element, name), "reference") is { } reference ? LiteralReference.ToTypeAndId(reference) : null;

    private static IEnumerable<string> Codes(JsonElement element, string name) =>
        List(element, name)
            .SelectMany(concept => List(concept, "coding"))
            .Select(c => Text(c, "code"))
            .OfType<string>();

    private static List<JsonElement> List(JsonElement element, string name) =>
        Member(element, name) is { ValueKind: JsonValueKind.Array } list ? [.. list.EnumerateArray()] : [];

    private static JsonElement Member(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var member) ? member : default;

    private static string? Text(JsonElement element, string name) =>
        Member(element, name) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;
}
