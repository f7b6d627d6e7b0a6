using MedLedger.Consent.Directives;

namespace MedLedger.Consent.Grants;

/// <summary>
/// A rule taken out of its tree: a permit with every criterion that it inherits, a deny with its own words only, both with
/// the periods that bound them.
/// </summary>
internal sealed record FlatRule(
    ConsentDirective Directive,
    Provision Source,
    Provision Effective,
    IReadOnlyList<FhirPeriod> Periods,
    IReadOnlyList<Provision> Above
)
{
    /// <summary>The permits that count and the denies of all consents that are about the patient, or null when one cannot be understood.</summary>
    public static (List<FlatRule> Permits, List<FlatRule> Denies)? Of(
        IReadOnlyList<ConsentDirective> directives,
        string patient
    )
    {
        var about = FhirReference.Parse(patient);
        List<FlatRule> permits = [];
        List<FlatRule> denies = [];
        foreach (var directive in directives)
        {
            var same = directive.PatientReference.SameAs(about);
            if (!directive.IsActive || same == Truth.False)
                continue;
            if (directive.Defect is not null)
                return null;
            var rules = new List<FlatRule>();
            Flatten(directive, directive.Root, null, [], [], rules);
            var permitsCount =
                same == Truth.True && directive.IsAboutSharing && directive.Root.Period is not { IsReadable: false };
            denies.AddRange(rules.Where(rule => rule.Source.Type == RuleType.Deny));
            if (permitsCount)
                permits.AddRange(rules.Where(rule => rule.Source.Type == RuleType.Permit));
        }
        return (permits, denies);
    }

    private static void Flatten(
        ConsentDirective directive,
        Provision rule,
        Provision? inherited,
        IReadOnlyList<FhirPeriod> periods,
        IReadOnlyList<Provision> above,
        List<FlatRule> rules
    )
    {
        var restated = Restate(rule, inherited);
        var all = rule.Period is { } own ? [.. periods, own] : periods;
        var root = directive.Root.Period;
        var denyPeriods = new[] { root, rule.Period }.OfType<FhirPeriod>().Distinct().ToList();
        rules.Add(
            rule.Type == RuleType.Permit
                ? new FlatRule(directive, rule, restated, all, above)
                : new FlatRule(directive, rule, rule, denyPeriods, above)
        );
        foreach (var child in rule.Children)
            Flatten(directive, child, restated, all, [.. above, rule], rules);
    }

    private static Provision Restate(Provision rule, Provision? above) =>
        new()
        {
            Path = rule.Path,
            Type = rule.Type,
            Actors = rule.Actors ?? above?.Actors,
            Actions = rule.Actions ?? above?.Actions,
            SecurityLabels = rule.SecurityLabels ?? above?.SecurityLabels,
            Purposes = rule.Purposes ?? above?.Purposes,
            Classes = rule.Classes ?? above?.Classes,
            Codes = rule.Codes ?? above?.Codes,
            DataPeriod = rule.DataPeriod ?? above?.DataPeriod,
            Data = rule.Data ?? above?.Data,
        };
}
