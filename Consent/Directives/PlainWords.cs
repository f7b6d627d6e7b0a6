namespace MedLedger.Consent.Directives;

/// <summary>Codes and rules as a patient would say them. Codes without words stand for themselves.</summary>
public static class PlainWords
{
    private static readonly Dictionary<string, string> Purposes = new(StringComparer.Ordinal)
    {
        ["TREAT"] = "treatment",
        ["ETREAT"] = "emergency treatment",
        ["BTG"] = "breaking the glass in an emergency",
        ["ERTREAT"] = "emergency room treatment",
        ["COC"] = "coordination of care",
        ["CLINTRL"] = "clinical trial treatment",
        ["POPHLTH"] = "population health",
        ["HPAYMT"] = "payment",
        ["COVERAGE"] = "insurance coverage",
        ["HOPERAT"] = "running the healthcare service",
        ["CAREMGT"] = "care management",
        ["HQUALIMP"] = "quality improvement",
        ["HRESCH"] = "research",
        ["CLINTRCH"] = "clinical trial research",
        ["HMARKT"] = "marketing",
        ["PATRQT"] = "a request of the patient",
        ["FAMRQT"] = "a request of the family",
        ["PUBHLTH"] = "public health",
        ["HLEGAL"] = "legal matters",
        ["PurposeOfUse"] = "any purpose",
    };

    private static readonly Dictionary<string, string> Labels = new(StringComparer.Ordinal)
    {
        ["U"] = "unrestricted",
        ["L"] = "low sensitivity",
        ["M"] = "moderate sensitivity",
        ["N"] = "normal sensitivity",
        ["R"] = "restricted",
        ["V"] = "very restricted",
        ["SPI"] = "specially protected",
        ["BH"] = "behavioral health",
        ["MH"] = "mental health",
        ["PSY"] = "psychiatry",
        ["PSYTHPN"] = "psychotherapy notes",
        ["COGN"] = "cognitive disability",
        ["DVD"] = "developmental disability",
        ["EMOTDIS"] = "emotional disturbance",
        ["SUD"] = "substance use",
        ["ETH"] = "substance use",
        ["ETHUD"] = "alcohol use",
        ["OPIOIDUD"] = "opioid use",
        ["HIV"] = "HIV",
        ["STD"] = "sexually transmitted disease",
        ["SEX"] = "sexuality and reproductive health",
        ["SDV"] = "sexual assault, abuse or domestic violence",
        ["VIO"] = "violence",
        ["GDIS"] = "genetic disease",
        ["SICKLE"] = "sickle cell",
        ["SCA"] = "sickle cell",
        ["TBOO"] = "taboo",
        ["MST"] = "military sexual trauma",
    };

    /// <summary>A purpose of use (v3-ActReason) in words, with its code.</summary>
    public static string Purpose(string? code) => Named(Purposes, code);

    /// <summary>A sensitivity or confidentiality label in words, with its code.</summary>
    public static string Label(string? code) => Named(Labels, code);

    internal static string Effect(RuleType type) => type == RuleType.Permit ? "permit" : "deny";

    /// <summary>A limit of a rule, as the object of "it is limited to ...".</summary>
    internal static string Limit(Provision rule, CriterionKind kind) =>
        kind switch
        {
            CriterionKind.Actor => List(rule.Actors!, actor => actor.Reference.Text, "nobody that can be recognized"),
            CriterionKind.Purpose => List(rule.Purposes!, coding => Purpose(coding.Code), "an unreadable purpose"),
            CriterionKind.Action => List(rule.Actions!, Concept, "an unreadable action"),
            CriterionKind.SecurityLabel => List(
                rule.SecurityLabels!,
                coding =>
                    coding.System == CodeSystems.Confidentiality
                        ? Label(coding.Code) + (rule.Type == RuleType.Permit ? " or less" : " or more")
                        : Label(coding.Code),
                "an unreadable label"
            ),
            CriterionKind.Class => List(rule.Classes!, coding => coding.Code, "an unreadable kind of record"),
            CriterionKind.Code => List(rule.Codes!, Concept, "an unreadable code"),
            CriterionKind.Data => List(rule.Data!, Linked, "unreadable records"),
            CriterionKind.DataPeriod => Between(rule.DataPeriod!),
            _ => Between(rule.Period!),
        };

    internal static string Question(CriterionKind kind) =>
        kind switch
        {
            CriterionKind.Actor => "Who asks",
            CriterionKind.Purpose => "What for",
            CriterionKind.Action => "What is done",
            CriterionKind.SecurityLabel => "How sensitive the record is",
            CriterionKind.Class => "Which kind of record",
            CriterionKind.Code => "What the record is about",
            CriterionKind.DataPeriod => "When the record was made",
            CriterionKind.Data => "Which records",
            _ => "When it is asked",
        };

    internal static string Element(CriterionKind kind) =>
        kind switch
        {
            CriterionKind.SecurityLabel => "securityLabel",
            CriterionKind.DataPeriod => "dataPeriod",
            _ => kind.ToString().ToLowerInvariant(),
        };

    internal static string Answer(Truth truth) =>
        truth switch
        {
            Truth.True => "yes",
            Truth.False => "no",
            _ => "cannot be told",
        };

    private static string Named(Dictionary<string, string> words, string? code)
    {
        if (code is null)
            return "an unreadable code";
        return words.TryGetValue(code, out var found) ? $"{found} ({code})" : code;
    }

    private static string? Concept(RuleConcept concept) =>
        concept.Codings.FirstOrDefault(coding => coding.IsReadable).Code;

    private static string Linked(DataRule rule) =>
        rule.Meaning switch
        {
            DataMeaning.Instance => $"the record {rule.Reference.Text}",
            DataMeaning.AuthoredBy => $"records written by {rule.Reference.Text}",
            DataMeaning.Related => $"records that belong to {rule.Reference.Text}",
            DataMeaning.Dependents => $"records that refer to {rule.Reference.Text}",
            _ => "records linked in an unknown way",
        };

    private static string Between(FhirPeriod period)
    {
        if (!period.IsReadable)
            return "an unreadable period";
        if (period.StartText is null)
            return $"until {period.EndText}";
        return period.EndText is null ? $"from {period.StartText}" : $"{period.StartText} to {period.EndText}";
    }

    private static string List<T>(T[] items, Func<T, string?> words, string none)
    {
        var named = items.Take(8).Select(item => words(item) ?? none).ToList();
        if (named.Count == 0)
            return none;
        return string.Join(" or ", named) + (items.Length > 8 ? " or others" : "");
    }
}
