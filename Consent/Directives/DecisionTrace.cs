namespace MedLedger.Consent.Directives;

/// <summary>The reasons of one decision, as a patient can read them.</summary>
public sealed record DecisionTrace
{
    /// <summary>The decision in one sentence.</summary>
    public required string Summary { get; init; }

    /// <summary>Consents and rules in the order in which they were looked at.</summary>
    public required IReadOnlyList<TraceStep> Steps { get; init; }

    /// <summary>Single changes that would turn the decision round; each was tried out.</summary>
    public required IReadOnlyList<string> WhatWouldChangeIt { get; init; }
}

/// <summary>One consent (no provision) or one of its rules, and what came of it.</summary>
public sealed record TraceStep
{
    /// <summary><c>Consent/id</c>.</summary>
    public required string Consent { get; init; }

    /// <summary>The rule's path; null for the consent as a whole.</summary>
    public string? Provision { get; init; }

    /// <summary><c>permit</c> or <c>deny</c>; null for the consent as a whole.</summary>
    public string? Effect { get; init; }

    /// <summary><c>applies</c>, <c>does-not-apply</c> or <c>ignored</c>.</summary>
    public required string Outcome { get; init; }

    /// <summary>The same in a sentence.</summary>
    public required string Words { get; init; }

    /// <summary>The rule's limits, each with its answer.</summary>
    public IReadOnlyList<TraceCriterion> Criteria { get; init; } = [];
}

/// <summary>One limit of a rule: whether the request is inside it.</summary>
/// <param name="Name">The element of <c>Consent.provision</c>.</param>
/// <param name="Outcome">True, false, or unknown when it cannot be told.</param>
/// <param name="Inherited">Whether the limit comes from a rule above.</param>
/// <param name="Words">The same in a sentence.</param>
public sealed record TraceCriterion(string Name, Truth Outcome, bool Inherited, string Words);
