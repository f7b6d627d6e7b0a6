using MedLedger.Consent.Access;

namespace MedLedger.Consent.Directives;

/// <summary>What the patient's consents answer to one request, and why.</summary>
public sealed class Evaluation
{
    private readonly Func<DecisionTrace> explain;
    private DecisionTrace? trace;

    internal Evaluation(
        bool permitted,
        DenyReason? reason,
        ConsentDirective? directive,
        Provision? provision,
        IReadOnlyList<string> obligations,
        Func<DecisionTrace> explain
    )
    {
        Permitted = permitted;
        Reason = reason;
        Directive = directive;
        Provision = provision?.Path;
        Obligations = obligations;
        this.explain = explain;
    }

    /// <summary>Whether the consents permit.</summary>
    public bool Permitted { get; }

    /// <summary>Why not; null when permitted.</summary>
    public DenyReason? Reason { get; }

    /// <summary>The consent that decided; null when none applies.</summary>
    public ConsentDirective? Directive { get; }

    /// <summary>Its reference, <c>Consent/id</c>; null when none applies.</summary>
    public string? Consent => Directive?.Reference;

    /// <summary>The rule that decided, as <c>provision.provision[1]</c>, or <c>policyRule</c>; null when none applies.</summary>
    public string? Provision { get; }

    /// <summary>
    /// Codes of v3-ActCode for what must be kept to with the content: handling labels of the record, those of the consents
    /// that permit, and NORDSCLCD for records about substance use (42 CFR 2.32).
    /// </summary>
    public IReadOnlyList<string> Obligations { get; }

    /// <summary>Every consent and rule that was looked at, in words. Worked out at the first call.</summary>
    public DecisionTrace Trace => trace ??= explain();
}
