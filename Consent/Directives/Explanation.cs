namespace MedLedger.Consent.Directives;

/// <summary>
/// Walks through the same rules again, this time keeping what it meets, and tries out single changes. Only asked for
/// when somebody wants to read it, so that deciding stays fast.
/// </summary>
internal sealed class Explanation(IReadOnlyList<ConsentDirective> directives, RequestFacts facts)
{
    /// <summary>A trace is for a person: longer ones are cut, and say so.</summary>
    private const int MaxSteps = 500;

    private const int MaxSuppositions = 64;
    private static readonly CriterionKind[] Kinds = Enum.GetValues<CriterionKind>();
    private readonly List<TraceStep> steps = [];
    private readonly List<(ConsentDirective Directive, Provision Rule, CriterionKind Failed)> nearMisses = [];
    private readonly Dictionary<Provision, Provision> parents = [];

    public DecisionTrace Explain(Outcome outcome)
    {
        foreach (var directive in directives)
        {
            if (steps.Count >= MaxSteps)
            {
                steps.Add(Step(directive, "ignored", "The explanation is cut here; all consents were looked at."));
                break;
            }
            Trace(directive);
        }
        return new DecisionTrace
        {
            Summary = Summary(outcome),
            Steps = steps,
            WhatWouldChangeIt = [.. Changes(outcome)],
        };
    }

    private void Trace(ConsentDirective directive)
    {
        var standing = Standing.Of(directive, facts);
        if (standing.Ignored is { } why)
        {
            var words = why switch
            {
                IgnoredBecause.Status => "It is not active, so it does not count.",
                IgnoredBecause.Patient => "It is about somebody else, so it does not count.",
                _ =>
                    $"It holds {PlainWords.Limit(directive.Root, CriterionKind.Period)}, not at the time of the request.",
            };
            steps.Add(Step(directive, "ignored", words));
            return;
        }
        if (directive.Defect is not null)
        {
            steps.Add(
                Step(directive, "applies", $"It cannot be understood ({directive.Defect}); until it can, it forbids.")
            );
            return;
        }
        steps.Add(
            Step(
                directive,
                "applies",
                standing.PermitsCount
                    ? "It is active and about this patient."
                    : "Only what it forbids counts: " + WhyOnlyDenies(directive, standing)
            )
        );
        new RuleRun(facts, standing.PermitsCount, null, answer => Observe(directive, standing, answer)).Result(
            directive.Root,
            Inherited.Nothing
        );
    }

    private static string WhyOnlyDenies(ConsentDirective directive, Standing standing)
    {
        if (!directive.IsAboutSharing)
            return "its scope is not the sharing of data.";
        if (standing.Patient == Truth.True && standing.Period == Truth.True)
            return "it lets only de-identified text out, which an analysis (use) can do, but not the record itself.";
        return standing.Patient != Truth.True
            ? "it cannot be told whether it is about this patient."
            : "it cannot be told whether it holds at the time of the request.";
    }

    private void Observe(ConsentDirective directive, Standing standing, RuleAnswer answer)
    {
        var rule = answer.Rule;
        foreach (var child in rule.Children)
            parents[child] = rule;
        if (steps.Count >= MaxSteps)
            return;
        var criteria = Criteria(rule).ToList();
        var failed = Kinds.Where(kind => criteria.Exists(one => Fails(one, kind))).ToList();
        if (standing.PermitsCount && rule.Type == RuleType.Permit && failed.Count == 1)
            nearMisses.Add((directive, rule, failed[0]));
        steps.Add(
            new TraceStep
            {
                Consent = directive.Reference,
                Provision = rule.Path,
                Effect = PlainWords.Effect(rule.Type),
                Outcome = answer.Applies ? "applies" : "does-not-apply",
                Words = Words(rule, answer.Applies, criteria),
                Criteria = criteria,
            }
        );
    }

    private static bool Fails(TraceCriterion criterion, CriterionKind kind) =>
        criterion.Outcome != Truth.True && criterion.Name == PlainWords.Element(kind);

    private static string Words(Provision rule, bool applies, List<TraceCriterion> criteria)
    {
        var name = rule.Path is "provision" or "policyRule" ? "The main rule" : "An exception";
        var effect = rule.Type == RuleType.Permit ? "permits" : "forbids";
        if (criteria.Count == 0)
            return $"{name} {effect}, without any limit.";
        if (applies)
            return $"{name} {effect}, and the request is inside its limits"
                + (criteria.Exists(one => one.Outcome == Truth.Unknown) ? " as far as can be told." : ".");
        return $"{name} {effect}, but does not apply.";
    }

    private IEnumerable<TraceCriterion> Criteria(Provision rule)
    {
        foreach (var kind in Kinds)
        {
            var stated = rule.States(kind) ? rule : null;
            var inherited = stated is null && rule.Type == RuleType.Permit;
            if (inherited)
                stated = Above(rule).FirstOrDefault(above => above.States(kind));
            if (stated is null)
                continue;
            var outcome = Ask(stated, kind, rule.Type);
            if (kind == CriterionKind.Period && rule.Type == RuleType.Permit)
            {
                foreach (var above in Above(rule).Where(above => above.Period is not null))
                    outcome = outcome.And(facts.Period(above.Period!));
            }
            yield return new TraceCriterion(
                PlainWords.Element(kind),
                outcome,
                inherited,
                $"{PlainWords.Question(kind)}: {PlainWords.Limit(stated, kind)}? {PlainWords.Answer(outcome)}."
            );
        }
    }

    private IEnumerable<Provision> Above(Provision rule)
    {
        while (parents.TryGetValue(rule, out var parent))
        {
            yield return parent;
            rule = parent;
        }
    }

    private Truth Ask(Provision rule, CriterionKind kind, RuleType type) =>
        kind switch
        {
            CriterionKind.Actor => facts.Actor(rule.Actors!),
            CriterionKind.Purpose => facts.Purpose(rule.Purposes!),
            CriterionKind.Action => facts.Action(rule.Actions!),
            CriterionKind.SecurityLabel => facts.SecurityLabel(rule.SecurityLabels!, type),
            CriterionKind.Class => facts.Class(rule.Classes!),
            CriterionKind.Code => facts.Code(rule.Codes!),
            CriterionKind.DataPeriod => facts.DataPeriod(rule.DataPeriod!),
            CriterionKind.Data => facts.Data(rule.Data!),
            _ => facts.Period(rule.Period!),
        };

    private static string Summary(Outcome outcome) =>
        (outcome.Effect, outcome.Directive?.Defect) switch
        {
            (RuleType.Permit, _) => $"Permitted by {outcome.Directive!.Reference}, {outcome.Provision!.Path}.",
            (RuleType.Deny, null) => $"Denied by {outcome.Directive!.Reference}, {outcome.Provision!.Path}.",
            (RuleType.Deny, _) => $"Denied: {outcome.Directive!.Reference} cannot be understood.",
            _ when outcome.OutsidePeriod => "Denied: no consent that holds at this time permits it.",
            _ => "Denied: no consent permits it.",
        };

    private IEnumerable<string> Changes(Outcome outcome)
    {
        if (outcome.Provision is { } rule && Flips(new Supposition(rule, null), outcome.Effect))
            yield return $"It would be {Opposite(outcome.Effect)} without the rule {Name(outcome.Directive!, rule)}.";
        else if (outcome.Provision is not null)
            yield return $"Taking away {Name(outcome.Directive!, outcome.Provision)} alone would not change it.";
        if (outcome.Effect == RuleType.Permit)
            yield break;
        foreach (var (directive, near, failed) in nearMisses.Take(MaxSuppositions))
        {
            // the failed limit may stand at a rule above: that is where it would have to be met
            var stated = near.States(failed) ? near : Above(near).First(above => above.States(failed));
            if (Flips(new Supposition(stated, failed), outcome.Effect))
                yield return $"It would be permitted by {Name(directive, near)} if the answer to "
                    + $"\"{PlainWords.Question(failed)}: {PlainWords.Limit(stated, failed)}?\" were yes.";
        }
    }

    private bool Flips(Supposition supposed, RuleType? effect)
    {
        var after = ConsentEvaluator.Decide(directives, facts, supposed).Effect;
        return (after == RuleType.Permit) != (effect == RuleType.Permit);
    }

    private static string Opposite(RuleType? effect) => effect == RuleType.Permit ? "denied" : "permitted";

    private static string Name(ConsentDirective directive, Provision rule) => $"{directive.Reference}, {rule.Path}";

    private static TraceStep Step(ConsentDirective directive, string outcome, string words) =>
        new()
        {
            Consent = directive.Reference,
            Outcome = outcome,
            Words = words,
        };
}
