using MedLedger.Consent.Access;

namespace MedLedger.Consent.Directives;

/// <summary>
/// Decides whether consents permit one request about one resource of one patient (rules and sources: Consent/README.md).
/// Pure: no clock, no I/O; time is in the request. A deny of any applicable consent wins; nothing applicable is a deny.
/// </summary>
public static class ConsentEvaluator
{
    /// <summary>
    /// Evaluates all consents of a patient, of which none may be left out: active or not is decided here. The time is
    /// linear in the number of rules.
    /// </summary>
    public static Evaluation Evaluate(IReadOnlyList<ConsentDirective> directives, AccessRequest request)
    {
        ArgumentNullException.ThrowIfNull(directives);
        ArgumentNullException.ThrowIfNull(request);
        var facts = new RequestFacts(request);
        var outcome = Decide(directives, facts, null);
        return new Evaluation(
            outcome.Effect == RuleType.Permit,
            outcome.Effect == RuleType.Permit ? null : ReasonOf(outcome),
            outcome.Directive,
            outcome.Provision,
            outcome.Effect == RuleType.Permit ? Obligations(directives, facts, request.Resource) : [],
            () => new Explanation(directives, facts).Explain(outcome)
        );
    }

    // Of the record, and of every consent that permits: one that asks for less does not lift what another demands.
    private static IReadOnlyList<string> Obligations(
        IReadOnlyList<ConsentDirective> directives,
        RequestFacts facts,
        ResourceFacts? resource
    )
    {
        var obligations = Handling.ObligationsOf(resource);
        for (var i = 0; i < directives.Count; i++)
        {
            if (directives[i].Obligations.Count > 0 && DecideOne(directives[i], facts, null).Effect == RuleType.Permit)
                obligations = [.. obligations.Union(directives[i].Obligations, StringComparer.Ordinal)];
        }
        return obligations;
    }

    /// <summary>Deny if any consent denies, else permit if any permits. The first deny ends the search.</summary>
    internal static Outcome Decide(
        IReadOnlyList<ConsentDirective> directives,
        RequestFacts facts,
        Supposition? supposed
    )
    {
        var result = default(Outcome);
        for (var i = 0; i < directives.Count; i++)
        {
            var outcome = DecideOne(directives[i], facts, supposed);
            if (outcome.Effect == RuleType.Deny)
                return outcome;
            result = result with { OutsidePeriod = result.OutsidePeriod || outcome.OutsidePeriod };
            if (result.Effect is null && outcome.Effect is not null)
                result = outcome;
        }
        return result;
    }

    private static Outcome DecideOne(ConsentDirective directive, RequestFacts facts, Supposition? supposed)
    {
        var standing = Standing.Of(directive, facts);
        if (standing.Ignored is { } why)
            return new Outcome { OutsidePeriod = why == IgnoredBecause.Period };
        if (directive.Defect is not null)
            return new Outcome { Effect = RuleType.Deny, Directive = directive };
        var run = new RuleRun(facts, standing.PermitsCount, supposed, null);
        var (effect, provision) = run.Result(directive.Root, Inherited.Nothing);
        return effect is null
            ? default
            : new Outcome
            {
                Effect = effect,
                Directive = directive,
                Provision = provision,
            };
    }

    private static DenyReason ReasonOf(Outcome outcome)
    {
        if (outcome.Effect == RuleType.Deny)
            return DenyReason.Forbidden;
        return outcome.OutsidePeriod ? DenyReason.OutsideValidity : DenyReason.NoConsent;
    }
}

/// <summary>What one or all consents came to: an effect with its rule, or nothing.</summary>
internal readonly record struct Outcome
{
    public RuleType? Effect { get; init; }

    public ConsentDirective? Directive { get; init; }

    public Provision? Provision { get; init; }

    public bool OutsidePeriod { get; init; }
}

internal enum IgnoredBecause
{
    Status,
    Patient,
    Period,
}

/// <summary>Whether a consent is looked at, and whether its permits count or only its denies.</summary>
internal readonly record struct Standing(IgnoredBecause? Ignored, bool PermitsCount, Truth Patient, Truth Period)
{
    public static Standing Of(ConsentDirective directive, RequestFacts facts)
    {
        if (!directive.IsActive)
            return new(IgnoredBecause.Status, false, Truth.Unknown, Truth.Unknown);
        var patient = directive.PatientReference.SameAs(facts.Patient);
        if (patient == Truth.False)
            return new(IgnoredBecause.Patient, false, patient, Truth.Unknown);
        var period = directive.Root.Period is { } bounds ? facts.Period(bounds) : Truth.True;
        if (period == Truth.False && directive.Defect is null)
            return new(IgnoredBecause.Period, false, patient, period);
        var permits =
            patient == Truth.True
            && period == Truth.True
            && directive.IsAboutSharing
            && (facts.IsUse || !Handling.DemandsDeidentification(directive.Obligations));
        return new(null, permits, patient, period);
    }
}
