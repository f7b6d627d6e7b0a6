namespace MedLedger.Consent.Directives;

/// <summary>A change that is tried out: one rule taken away, or one limit of one rule taken as fulfilled.</summary>
internal sealed record Supposition(Provision Rule, CriterionKind? Fulfilled);

/// <summary>
/// What the rules above say to a permit below them: for each attribute the answer of the nearest rule that states it;
/// of the periods, the conjunction of all.
/// </summary>
internal readonly record struct Inherited(
    Truth Actor,
    Truth Purpose,
    Truth Action,
    Truth SecurityLabel,
    Truth Class,
    Truth Code,
    Truth DataPeriod,
    Truth Data,
    Truth Periods
)
{
    public static Inherited Nothing { get; } =
        new(Truth.True, Truth.True, Truth.True, Truth.True, Truth.True, Truth.True, Truth.True, Truth.True, Truth.True);

    public Truth All =>
        Actor.And(Purpose).And(Action).And(SecurityLabel).And(Class).And(Code).And(DataPeriod).And(Data).And(Periods);
}

/// <summary>
/// One walk through the rules of one consent. A deeper match beats the rules above it and among siblings deny beats
/// permit. A permit must be justified by everything above it; a deny needs only its own words.
/// </summary>
internal sealed class RuleRun(RequestFacts facts, bool permitsCount, Supposition? supposed, Action<RuleAnswer>? observe)
{
    /// <summary>The effect of a rule with all below it, and the rule that decided; null when it says nothing.</summary>
    public (RuleType? Effect, Provision? Provision) Result(Provision rule, Inherited above)
    {
        var needed = rule.Type == RuleType.Permit || rule.HasPermitBelow;
        var asPermit = needed ? Restate(rule, above) : above;
        (RuleType? Effect, Provision? Provision) result = default;
        var applies = Applies(rule, asPermit);
        observe?.Invoke(new RuleAnswer(rule, applies, facts));
        foreach (var child in rule.Children)
        {
            var below = Result(child, asPermit);
            if (below.Effect == RuleType.Deny)
            {
                result = below;
                if (observe is null)
                    break;
            }
            else if (below.Effect == RuleType.Permit && result.Effect is null)
                result = below;
        }
        if (result.Effect is not null)
            return result;
        return applies ? (rule.Type, rule) : (null, null);
    }

    private bool Applies(Provision rule, Inherited asPermit)
    {
        if (supposed is { Fulfilled: null } && supposed.Rule == rule)
            return false;
        return rule.Type == RuleType.Permit
            ? permitsCount && asPermit.All == Truth.True
            : OwnWords(rule) != Truth.False;
    }

    private Inherited Restate(Provision rule, Inherited above) =>
        new(
            rule.Actors is { } actors ? Suppose(rule, CriterionKind.Actor, facts.Actor(actors)) : above.Actor,
            rule.Purposes is { } purposes
                ? Suppose(rule, CriterionKind.Purpose, facts.Purpose(purposes))
                : above.Purpose,
            rule.Actions is { } actions ? Suppose(rule, CriterionKind.Action, facts.Action(actions)) : above.Action,
            rule.SecurityLabels is { } labels
                ? Suppose(rule, CriterionKind.SecurityLabel, facts.SecurityLabel(labels, RuleType.Permit))
                : above.SecurityLabel,
            rule.Classes is { } classes ? Suppose(rule, CriterionKind.Class, facts.Class(classes)) : above.Class,
            rule.Codes is { } codes ? Suppose(rule, CriterionKind.Code, facts.Code(codes)) : above.Code,
            rule.DataPeriod is { } days
                ? Suppose(rule, CriterionKind.DataPeriod, facts.DataPeriod(days))
                : above.DataPeriod,
            rule.Data is { } data ? Suppose(rule, CriterionKind.Data, facts.Data(data)) : above.Data,
            rule.Period is { } period
                ? above.Periods.And(Suppose(rule, CriterionKind.Period, facts.Period(period)))
                : above.Periods
        );

    private Truth OwnWords(Provision rule)
    {
        var result = Truth.True;
        if (rule.Actors is { } actors)
            result = result.And(facts.Actor(actors));
        if (result != Truth.False && rule.Purposes is { } purposes)
            result = result.And(facts.Purpose(purposes));
        if (result != Truth.False && rule.Actions is { } actions)
            result = result.And(facts.Action(actions));
        if (result != Truth.False && rule.SecurityLabels is { } labels)
            result = result.And(facts.SecurityLabel(labels, RuleType.Deny));
        if (result != Truth.False && rule.Classes is { } classes)
            result = result.And(facts.Class(classes));
        if (result != Truth.False && rule.Codes is { } codes)
            result = result.And(facts.Code(codes));
        if (result != Truth.False && rule.DataPeriod is { } days)
            result = result.And(facts.DataPeriod(days));
        if (result != Truth.False && rule.Data is { } data)
            result = result.And(facts.Data(data));
        if (result != Truth.False && rule.Period is { } period)
            result = result.And(facts.Period(period));
        return result;
    }

    private Truth Suppose(Provision rule, CriterionKind kind, Truth answer) =>
        supposed is not null && supposed.Rule == rule && supposed.Fulfilled == kind ? Truth.True : answer;
}

/// <summary>One rule as it was met, for the trace.</summary>
internal readonly record struct RuleAnswer(Provision Rule, bool Applies, RequestFacts Facts);
