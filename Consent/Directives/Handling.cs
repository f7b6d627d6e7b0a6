using System.Text.Json;
using MedLedger.Consent.Access;

namespace MedLedger.Consent.Directives;

/// <summary>
/// Handling instructions (v3-ActCode, ObligationPolicy and RefrainPolicy) that travel with a record, or that a consent makes
/// for what it permits.
/// </summary>
public static class Handling
{
    private const string NoRedisclosure = "NORDSCLCD";

    // Remove what identifies, remove what could, replace it.
    private static readonly string[] Deidentification = ["DEID", "ANONY", "PSEUD"];

    private static readonly HashSet<string> Instructions = new(StringComparer.Ordinal)
    {
        // obligations
        "ANONY",
        "AOD",
        "AUDIT",
        "AUDTR",
        "CPLYCC",
        "CPLYCD",
        "CPLYJPP",
        "CPLYOPP",
        "CPLYOSP",
        "CPLYPOL",
        "DECLASSIFYLABEL",
        "DEID",
        "DELAU",
        "DOWNGRDLABEL",
        "DRIVLABEL",
        "ENCRYPT",
        "ENCRYPTR",
        "ENCRYPTT",
        "ENCRYPTU",
        "HUAPRV",
        "LABEL",
        "MASK",
        "MINEC",
        "PERSISTLABEL",
        "PRIVMARK",
        "PSEUD",
        "REDACT",
        "UPGRDLABEL",
        // refrain
        "NOAUTH",
        "NOCOLLECT",
        "NODSCLCD",
        "NODSCLCDS",
        "NOINTEGRATE",
        "NOLIST",
        "NOMOU",
        "NOORGPOL",
        "NOPAT",
        "NOPERSISTP",
        NoRedisclosure,
        "NORDSCLCDS",
        "NORDSLCD",
        "NORELINK",
        "NOREUSE",
        "NOVIP",
        "ORCON",
    };

    /// <summary>Whether the content may leave only without what identifies the person: DEID, ANONY or PSEUD.</summary>
    public static bool DemandsDeidentification(IReadOnlyList<string> obligations)
    {
        ArgumentNullException.ThrowIfNull(obligations);
        foreach (var obligation in obligations)
        {
            if (Array.IndexOf(Deidentification, obligation) >= 0)
                return true;
        }
        return false;
    }

    /// <summary>The instructions in <c>meta.security</c> of a consent: they hold for all that it permits.</summary>
    internal static IReadOnlyList<string> ObligationsOf(JsonElement consent)
    {
        if (
            !consent.TryGetProperty("meta", out var meta)
            || meta.ValueKind != JsonValueKind.Object
            || !meta.TryGetProperty("security", out var labels)
            || labels.ValueKind != JsonValueKind.Array
        )
            return [];
        return
        [
            .. labels
                .EnumerateArray()
                .Where(label =>
                    label.ValueKind == JsonValueKind.Object
                    && StrictJson.Text(label, "system") == CodeSystems.ActCode
                    && StrictJson.Text(label, "code") is { } code
                    && Instructions.Contains(code)
                )
                .Select(label => StrictJson.Text(label, "code")!)
                .Distinct(StringComparer.Ordinal),
        ];
    }

    /// <summary>The record's own instructions, and no redisclosure without consent for substance use records (42 CFR 2.32).</summary>
    internal static IReadOnlyList<string> ObligationsOf(ResourceFacts? resource)
    {
        if (resource is null || resource.Labels.Count == 0)
            return [];
        List<string>? found = null;
        foreach (var label in resource.Labels)
        {
            if (label.System != CodeSystems.ActCode)
                continue;
            string? obligation = null;
            if (Instructions.Contains(label.Code))
                obligation = label.Code;
            else if (CodeSystems.Sensitivities.Subsumes("SUD", label.Code) || label.Code == "ETH")
                obligation = NoRedisclosure;
            if (obligation is null || found?.Contains(obligation) == true)
                continue;
            found ??= [];
            found.Add(obligation);
        }
        return found ?? (IReadOnlyList<string>)[];
    }
}
