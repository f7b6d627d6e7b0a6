using MedLedger.Consent.Access;

namespace MedLedger.Consent.Directives;

internal enum RuleType : byte
{
    Deny,
    Permit,
}

/// <summary>The attributes by which a rule limits itself, in the order in which a trace tells them.</summary>
internal enum CriterionKind : byte
{
    Actor,
    Purpose,
    Action,
    SecurityLabel,
    Class,
    Code,
    DataPeriod,
    Data,
    Period,
}

/// <summary>One entry of <c>provision.actor</c>. Roles are bare codes, after IRCP and PRCP are recognized.</summary>
internal sealed record ActorRule(FhirReference Reference, bool IsRecipient, string[] RoleCodes);

/// <summary>A coding of a rule; a null code cannot be evaluated.</summary>
internal readonly record struct RuleCoding(string? System, string? Code)
{
    public bool IsReadable => Code is not null;
}

/// <summary>A CodeableConcept of a rule; without codings it cannot be evaluated.</summary>
internal sealed record RuleConcept(RuleCoding[] Codings);

internal enum DataMeaning : byte
{
    Unknown,
    Instance,
    Related,
    Dependents,
    AuthoredBy,
}

/// <summary>One entry of <c>provision.data</c>.</summary>
internal sealed record DataRule(DataMeaning Meaning, FhirReference Reference);

/// <summary>
/// One rule of a consent, read once and evaluated often. An absent attribute is null; an attribute that is there but
/// cannot be read is an empty array, which nothing matches and nothing fails to match.
/// </summary>
internal sealed class Provision
{
    public required string Path { get; init; }

    public required RuleType Type { get; init; }

    public FhirPeriod? Period { get; init; }

    public ActorRule[]? Actors { get; init; }

    public RuleConcept[]? Actions { get; init; }

    public RuleCoding[]? SecurityLabels { get; init; }

    public RuleCoding[]? Purposes { get; init; }

    public RuleCoding[]? Classes { get; init; }

    public RuleConcept[]? Codes { get; init; }

    public FhirPeriod? DataPeriod { get; init; }

    public DataRule[]? Data { get; init; }

    public Provision[] Children { get; init; } = [];

    /// <summary>Whether a permit anywhere below inherits from this rule.</summary>
    public bool HasPermitBelow { get; init; }

    public bool States(CriterionKind kind) =>
        kind switch
        {
            CriterionKind.Actor => Actors is not null,
            CriterionKind.Purpose => Purposes is not null,
            CriterionKind.Action => Actions is not null,
            CriterionKind.SecurityLabel => SecurityLabels is not null,
            CriterionKind.Class => Classes is not null,
            CriterionKind.Code => Codes is not null,
            CriterionKind.DataPeriod => DataPeriod is not null,
            CriterionKind.Data => Data is not null,
            _ => Period is not null,
        };
}
