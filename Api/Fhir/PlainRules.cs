namespace MedLedger.Api.Fhir;

/// <summary>
/// For invariants of FHIR R4 by their keys, when it is plain by the members alone that they hold: of each clause one part
/// has to be true, the name of a member that is there or, after an exclamation mark, of one that is not. An invariant that
/// is not here is never plain.
/// </summary>
internal static class PlainRules
{
    private static readonly Dictionary<string, string[]> Rules = new(StringComparer.Ordinal)
    {
        ["ait-1"] = ["clinicalStatus"],
        ["ait-2"] = ["!mistaken !clinicalStatus"],
        ["att-1"] = ["!data contentType"],
        ["con-1"] = ["summary assessment"],
        ["con-2"] = ["code detail"],
        ["con-4"] = ["!abatement ended"],
        ["con-5"] = ["!mistaken !clinicalStatus"],
        ["cpl-3"] = ["!detail !reference"],
        ["cpt-2"] = ["!value system"],
        ["drt-1"] = ["!code"],
        ["ext-1"] = ["extension value", "!extension !value"],
        ["gol-1"] = ["!detail measure"],
        ["imm-1"] = ["documentType reference"],
        ["obs-3"] = ["low high text"],
        ["obs-6"] = ["!dataAbsentReason !value"],
        ["obs-7"] = ["!component !value"],
        ["org-1"] = ["identifier name"],
        ["org-2"] = ["!use"],
        ["org-3"] = ["!use"],
        ["pat-1"] = ["name telecom address organization"],
        ["per-1"] = ["!start !end ordered"],
        ["prr-1"] = ["!orderDetail code"],
        ["qty-3"] = ["!code system"],
        ["rat-1"] = ["numerator", "denominator"],
        ["rng-2"] = ["!low !high"],
        ["tim-1"] = ["!duration durationUnit"],
        ["tim-2"] = ["!period periodUnit"],
        ["tim-4"] = ["!negative"],
        ["tim-5"] = ["!negative"],
        ["tim-6"] = ["!periodMax period"],
        ["tim-7"] = ["!durationMax duration"],
        ["tim-8"] = ["!countMax count"],
        ["tim-9"] = ["!offset"],
        ["tim-10"] = ["!timeOfDay !when"],

        // Whoever walks through the resource (PlainResource) sees to what is contained and to references to it.
        ["dom-2"] = [],
        ["dom-3"] = [],
        ["dom-4"] = [],
        ["dom-5"] = [],
        ["ref-1"] = [],
    };

    /// <summary>The clauses; null for an invariant that is never plain.</summary>
    public static IReadOnlyList<string>? Find(string key) => Rules.GetValueOrDefault(key);
}
