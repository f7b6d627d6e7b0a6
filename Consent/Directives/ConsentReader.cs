using System.Text.Json;

namespace MedLedger.Consent.Directives;

/// <summary>Turns the JSON of one Consent into a <see cref="ConsentDirective"/>.</summary>
internal static class ConsentReader
{
    private const string OptIn = "OPTIN";
    private const string OptOut = "OPTOUT";

    public static ConsentDirective Read(JsonElement consent)
    {
        var id = StrictJson.Text(consent, "id");
        var defect = DefectOf(consent);
        var declared = BaseRule(consent);
        var root = new Provision { Path = "policyRule", Type = declared ?? RuleType.Deny };
        if (defect is null && consent.TryGetProperty("provision", out var provision))
        {
            var reader = new ProvisionReader(declared ?? RuleType.Deny);
            root = reader.Read(provision);
            defect = reader.Defect;
        }
        return new ConsentDirective(root)
        {
            Reference = FhirReference.Parse("Consent/" + id).Text ?? "Consent",
            Version = consent.TryGetProperty("meta", out var meta) ? StrictJson.Text(meta, "versionId") : null,
            IsActive = StrictJson.Text(consent, "status") == "active",
            PatientReference = consent.TryGetProperty("patient", out var patient)
                ? ProvisionReader.Reference(patient)
                : FhirReference.Unresolvable,
            Defect = defect,
            Obligations = Handling.ObligationsOf(consent),
            Digest = CanonicalJson.Digest(consent),
            IsAboutSharing = IsAboutSharing(consent),
        };
    }

    private static string? DefectOf(JsonElement consent)
    {
        if (consent.TryGetProperty("implicitRules", out _) || consent.TryGetProperty("_implicitRules", out _))
            return "implicitRules";
        return HasModifierExtension(consent) ? "modifierExtension" : null;
    }

    private static bool HasModifierExtension(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var member in element.EnumerateObject())
                {
                    if (
                        member.NameEquals("modifierExtension")
                        && !(member.Value.ValueKind == JsonValueKind.Array && member.Value.GetArrayLength() == 0)
                    )
                        return true;
                    if (HasModifierExtension(member.Value))
                        return true;
                }
                return false;
            case JsonValueKind.Array:
                foreach (var item in element.EnumerateArray())
                {
                    if (HasModifierExtension(item))
                        return true;
                }
                return false;
            default:
                return false;
        }
    }

    /// <summary>patient-privacy and research; a concept that also carries another scope contradicts itself.</summary>
    private static bool IsAboutSharing(JsonElement consent)
    {
        if (!consent.TryGetProperty("scope", out var scope))
            return false;
        var sharing = false;
        foreach (var coding in ProvisionReader.Concept(scope).Codings)
        {
            if (coding.System != CodeSystems.ConsentScope)
                continue;
            if (coding.Code is not ("patient-privacy" or "research"))
                return false;
            sharing = true;
        }
        return sharing;
    }

    /// <summary>The side that <c>policyRule</c> takes by itself: a permit by opt-in, a deny by opt-out; else none.</summary>
    private static RuleType? BaseRule(JsonElement consent)
    {
        if (!consent.TryGetProperty("policyRule", out var rule))
            return null;
        var optIn = false;
        foreach (var coding in ProvisionReader.Concept(rule).Codings)
        {
            if (coding.System != CodeSystems.ActCode)
                continue;
            switch (coding.Code)
            {
                case OptIn or OptIn + "R":
                    optIn = true;
                    break;
                case OptOut or OptOut + "E":
                default: // two policies in one concept contradict each other
                    return RuleType.Deny;
            }
        }
        return optIn ? RuleType.Permit : null;
    }
}
