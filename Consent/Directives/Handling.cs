using MedLedger.Consent.Access;

namespace MedLedger.Consent.Directives;

/// <summary>Handling instructions that travel with a record (v3-ActCode, ObligationPolicy and RefrainPolicy).</summary>
internal static class Handling
{
    private const string NoRedisclosure = "NORDSCLCD";

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

    /// <summary>The record's own instructions, and no redisclosure without consent for substance use records (42 CFR 2.32).</summary>
    public static IReadOnlyList<string> ObligationsOf(ResourceFacts? resource)
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
