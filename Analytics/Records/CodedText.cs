using System.Text;
using System.Text.Json;
using MedLedger.Analytics.Text;
using MedLedger.Consent.Access;

namespace MedLedger.Analytics.Records;

/// <summary>
/// Writes the coded core of a resource as a sentence that the rules understand: a refuted Condition as "No evidence of
/// ...", a resolved one as "History of ...", an allergy as "Allergic to ...". The code's words keep their codings.
/// </summary>
internal sealed class CodedText
{
    private readonly StringBuilder _text = new();
    private readonly List<CodedSpan> _codes = [];

    /// <summary>The sentence, or null when the resource has no coded core of this kind.</summary>
    public static RecordPassage? Of(JsonElement resource, string type)
    {
        var written = new CodedText();
        written.Write(resource, type);
        return written._text.Length == 0
            ? null
            : new RecordPassage(type, PassageSource.Coded, written._text.ToString()) { Codes = written._codes };
    }

    private void Write(JsonElement resource, string type)
    {
        switch (type)
        {
            case "Condition":
                Sentence(ConditionLead(resource), resource, "code");
                break;
            case "AllergyIntolerance":
                Sentence(
                    Status(resource, "verificationStatus") == "refuted" ? "Not allergic to " : "Allergic to ",
                    resource,
                    "code"
                );
                break;
            case "MedicationRequest" or "MedicationStatement" or "MedicationAdministration" or "MedicationDispense":
                Medication(resource);
                break;
            case "Procedure":
                Sentence(
                    resource.TryGetProperty("status", out var s) && s.ValueEquals("not-done")
                        ? "Not done: "
                        : "Procedure: ",
                    resource,
                    "code"
                );
                break;
            case "Observation":
                Observation(resource);
                break;
            case "DiagnosticReport" or "ServiceRequest":
                Sentence("", resource, "code");
                break;
            case "Immunization":
                Sentence("Vaccination with ", resource, "vaccineCode");
                break;
            case "FamilyMemberHistory":
                Family(resource);
                break;
            default:
                break;
        }
    }

    private static string ConditionLead(JsonElement resource) =>
        Status(resource, "verificationStatus") switch
        {
            "refuted" or "entered-in-error" => "No evidence of ",
            "unconfirmed" or "provisional" or "differential" => "Possible ",
            _ => Status(resource, "clinicalStatus") is "resolved" or "inactive" or "remission" ? "History of " : "",
        };

    private void Medication(JsonElement resource)
    {
        if (!Words("Medication: ", resource, "medicationCodeableConcept"))
            return;
        foreach (var list in new[] { "dosageInstruction", "dosage" })
        {
            if (!resource.TryGetProperty(list, out var dosage))
                continue;
            var first = dosage.ValueKind == JsonValueKind.Array ? dosage.EnumerateArray().FirstOrDefault() : dosage;
            if (first.ValueKind == JsonValueKind.Object && String(first, "text") is { } text)
                _text.Append(' ').Append(text.TrimEnd('.'));
        }
        _text.Append('.');
    }

    private void Observation(JsonElement resource)
    {
        if (!Words("", resource, "code"))
            return;
        if (
            resource.TryGetProperty("valueQuantity", out var quantity)
            && quantity.TryGetProperty("value", out var value)
        )
            _text.Append(": ").Append(value.GetRawText()).Append(' ').Append(String(quantity, "unit") ?? "");
        else if (String(resource, "valueString") is { } words)
            _text.Append(": ").Append(words.TrimEnd('.'));
        else if (resource.TryGetProperty("valueCodeableConcept", out _))
            Words(": ", resource, "valueCodeableConcept");
        _text.Append('.');
    }

    private void Family(JsonElement resource)
    {
        if (!resource.TryGetProperty("condition", out var conditions) || conditions.ValueKind != JsonValueKind.Array)
            return;
        var relative = resource.TryGetProperty("relationship", out var r) ? Display(r) ?? "relative" : "relative";
        foreach (var condition in conditions.EnumerateArray())
            Sentence($"Family history: {relative} had ", condition, "code");
    }

    private void Sentence(string lead, JsonElement resource, string element)
    {
        if (Words(_text.Length > 0 ? "\n" + lead : lead, resource, element))
            _text.Append('.');
    }

    private bool Words(string lead, JsonElement resource, string element)
    {
        if (!resource.TryGetProperty(element, out var concept) || Display(concept) is not { Length: > 0 } words)
            return false;
        _text.Append(lead);
        var start = _text.Length;
        _text.Append(words);
        var codings = Codings(concept);
        if (codings.Count > 0)
            _codes.Add(new CodedSpan(new TextSpan(start, _text.Length), codings));
        return true;
    }

    private static List<Coding> Codings(JsonElement concept)
    {
        var found = new List<Coding>();
        if (
            concept.ValueKind == JsonValueKind.Object
            && concept.TryGetProperty("coding", out var codings)
            && codings.ValueKind == JsonValueKind.Array
        )
        {
            foreach (var coding in codings.EnumerateArray())
            {
                if (String(coding, "code") is { } code)
                    found.Add(new Coding(String(coding, "system"), code));
            }
        }
        return found;
    }

    private static string? Display(JsonElement concept)
    {
        if (concept.ValueKind != JsonValueKind.Object)
            return null;
        if (String(concept, "text") is { Length: > 0 } text)
            return text;
        if (!concept.TryGetProperty("coding", out var codings) || codings.ValueKind != JsonValueKind.Array)
            return null;
        return codings.EnumerateArray().Select(c => String(c, "display")).FirstOrDefault(d => d is { Length: > 0 });
    }

    private static string? Status(JsonElement resource, string element) =>
        resource.TryGetProperty(element, out var concept)
        && concept.ValueKind == JsonValueKind.Object
        && concept.TryGetProperty("coding", out var codings)
        && codings.ValueKind == JsonValueKind.Array
            ? codings.EnumerateArray().Select(c => String(c, "code")).FirstOrDefault()
            : null;

    private static string? String(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object
        && element.TryGetProperty(name, out var value)
        && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;
}
