using MedLedger.Consent.Access;

namespace MedLedger.Consent.Directives;

/// <summary>
/// A request made ready for comparison, and the answer of each criterion to it. A fact that the request lacks answers
/// <see cref="Truth.Unknown"/>; nothing is defaulted.
/// </summary>
internal sealed class RequestFacts
{
    private readonly FhirReference[] actors;
    private readonly IReadOnlyList<string> roles;
    private readonly string? purposeSystem;
    private readonly string? purposeCode;
    private readonly string? action;
    private readonly FhirInterval? time;
    private readonly ResourceFacts? resource;
    private readonly FhirReference resourceReference;
    private readonly FhirReference[] authors = [];
    private readonly FhirReference? encounter;
    private readonly FhirReference[]? refersTo;
    private readonly FhirInterval? date;
    private readonly int confidentiality = NoConfidentiality;

    private const int NoConfidentiality = -1;
    private const int UnknownConfidentiality = -2;

    public RequestFacts(AccessRequest request)
    {
        Patient = FhirReference.Parse(request.Patient);
        actors = Parse(request.Actors);
        roles = request.Roles;
        (purposeSystem, purposeCode) = SplitPurpose(request.Purpose);
        action = Array.IndexOf(CodeSystems.Actions, request.Action) >= 0 ? request.Action : null;
        time = FhirInterval.Parse(request.Time);
        resource = request.Resource;
        if (resource is null)
            return;
        resourceReference = FhirReference.Parse(resource.Reference);
        authors = Parse(resource.Authors);
        encounter = resource.Encounter is null ? null : FhirReference.Parse(resource.Encounter);
        refersTo = resource.RefersTo is null ? null : Parse(resource.RefersTo);
        date = FhirInterval.Parse(resource.Date);
        confidentiality = HighestConfidentiality(resource.Labels);
    }

    public FhirReference Patient { get; }

    /// <summary>Whether the request is an analysis, whose caller gets findings and quotations but not the record.</summary>
    public bool IsUse => action == "use";

    /// <summary>An actor, its reference and its role both; several actors are alternatives.</summary>
    public Truth Actor(ActorRule[] rules)
    {
        if (rules.Length == 0 || actors.Length == 0)
            return Truth.Unknown;
        var result = Truth.False;
        foreach (var rule in rules)
        {
            var named = rule.Reference.IsOneOf(actors);
            result = result.Or(named.And(HoldsRole(rule) ? Truth.True : Truth.Unknown));
        }
        return result;
    }

    /// <summary>A v3-ActReason code covers itself and what is below it; a local code only itself.</summary>
    public Truth Purpose(RuleCoding[] rules)
    {
        var result = rules.Length == 0 ? Truth.Unknown : Truth.False;
        foreach (var rule in rules)
            result = result.Or(PurposeOf(rule));
        return result;
    }

    public Truth Action(RuleConcept[] rules)
    {
        if (action is null)
            return Truth.Unknown;
        return Any(
            rules,
            concept =>
            {
                var known = false;
                foreach (var coding in concept.Codings)
                {
                    if (
                        coding.System != CodeSystems.ConsentAction
                        || Array.IndexOf(CodeSystems.Actions, coding.Code) < 0
                    )
                        continue;
                    known = true;
                    if (coding.Code == action)
                        return Truth.True;
                }
                return known ? Truth.False : Truth.Unknown;
            }
        );
    }

    public Truth Class(RuleCoding[] rules)
    {
        if (resource is null)
            return Truth.Unknown;
        return Any(
            rules,
            coding =>
                coding.System != CodeSystems.ResourceTypes || coding.Code is null or "Resource" or "DomainResource"
                    ? Truth.Unknown
                    : TruthTable.Of(coding.Code == resource.Type)
        );
    }

    public Truth Code(RuleConcept[] rules)
    {
        if (resource is null)
            return Truth.Unknown;
        var result = rules.Length == 0 ? Truth.Unknown : Truth.False;
        foreach (var concept in rules)
        {
            if (concept.Codings.Length == 0)
                result = result.Or(Truth.Unknown);
            foreach (var coding in concept.Codings)
                result = result.Or(CodeOf(coding));
        }
        return result;
    }

    /// <summary>Confidentiality is a high-water mark: a permit covers its level and lower, a deny its level and higher.</summary>
    public Truth SecurityLabel(RuleCoding[] rules, RuleType type)
    {
        if (resource is null)
            return Truth.Unknown;
        var result = rules.Length == 0 ? Truth.Unknown : Truth.False;
        foreach (var coding in rules)
            result = result.Or(
                coding.System == CodeSystems.Confidentiality ? Level(coding.Code, type) : SensitivityOf(coding)
            );
        return result;
    }

    public Truth DataPeriod(FhirPeriod period) => resource is null ? Truth.Unknown : period.Contains(date);

    public Truth Period(FhirPeriod period) => period.Contains(time);

    public Truth Data(DataRule[] rules)
    {
        var result = resource is null || rules.Length == 0 ? Truth.Unknown : Truth.False;
        if (resource is null)
            return result;
        foreach (var rule in rules)
            result = result.Or(DataOf(rule));
        return result;
    }

    private bool HoldsRole(ActorRule rule)
    {
        if (rule.IsRecipient)
            return true;
        foreach (var code in rule.RoleCodes)
        {
            foreach (var role in roles)
            {
                if (role == code)
                    return true;
            }
        }
        return false;
    }

    private Truth PurposeOf(RuleCoding rule)
    {
        if (purposeCode is null || rule.Code is null)
            return Truth.Unknown;
        var same = rule.Code == purposeCode;
        if (rule.System is null)
            return same ? Truth.Unknown : Truth.False;
        if (rule.System != CodeSystems.ActReason)
            return TruthTable.Of(same && rule.System == purposeSystem);
        if (purposeSystem != CodeSystems.ActReason)
            return Truth.Unknown;
        if (same)
            return Truth.True;
        if (!CodeSystems.Purposes.Contains(rule.Code) || !CodeSystems.Purposes.Contains(purposeCode))
            return Truth.Unknown;
        return TruthTable.Of(CodeSystems.Purposes.Subsumes(rule.Code, purposeCode));
    }

    private Truth CodeOf(RuleCoding rule)
    {
        if (rule.Code is null)
            return Truth.Unknown;
        var result = Truth.False;
        foreach (var coding in resource!.Codes)
        {
            if (coding.Code != rule.Code)
                continue;
            if (rule.System is null || coding.System is null)
                result = Truth.Unknown;
            else if (coding.System == rule.System)
                return Truth.True;
        }
        return result;
    }

    private Truth Level(string? code, RuleType type)
    {
        var rank = code is null ? -1 : CodeSystems.ConfidentialityRank(code);
        if (rank < 0 || confidentiality == UnknownConfidentiality)
            return Truth.Unknown;
        if (confidentiality == NoConfidentiality)
            return Truth.False;
        return TruthTable.Of(type == RuleType.Permit ? confidentiality <= rank : confidentiality >= rank);
    }

    private Truth SensitivityOf(RuleCoding rule)
    {
        // an abstract grouping of v3-ActCode is no label that a record carries
        if (rule.Code is null || (rule.System == CodeSystems.ActCode && rule.Code.StartsWith('_')))
            return Truth.Unknown;
        var result = Truth.False;
        foreach (var label in resource!.Labels)
        {
            var covered =
                rule.System == CodeSystems.ActCode
                    ? CodeSystems.LabelSubsumes(rule.Code, label.Code)
                    : rule.Code == label.Code;
            if (!covered)
                continue;
            if (rule.System is null || label.System is null)
                result = Truth.Unknown;
            else if (label.System == rule.System)
                return Truth.True;
        }
        return result;
    }

    private Truth DataOf(DataRule rule) =>
        rule.Meaning switch
        {
            DataMeaning.Instance => rule.Reference.SameAs(resourceReference),
            DataMeaning.AuthoredBy => authors.Length == 0 ? Truth.Unknown : rule.Reference.IsOneOf(authors),
            DataMeaning.Related or DataMeaning.Dependents => Linked(rule),
            _ => Truth.Unknown,
        };

    /// <summary>The resource itself, or what belongs to it: by its encounter, or for dependents by its references.</summary>
    private Truth Linked(DataRule rule)
    {
        var reference = rule.Reference;
        var linked = reference.SameAs(resourceReference);
        if (encounter is { } own)
            linked = linked.Or(reference.SameAs(own));
        if (linked == Truth.True || !reference.IsResolvable)
            return linked;
        var listed =
            rule.Meaning == DataMeaning.Dependents && refersTo is not null ? reference.IsOneOf(refersTo) : (Truth?)null;
        if (reference.IsEncounter)
        {
            // listed as a reference, yet not as the encounter: the facts contradict each other
            return listed is Truth.True or Truth.Unknown ? Truth.Unknown : linked;
        }
        return linked.Or(listed ?? Truth.Unknown);
    }

    private static Truth Any<T>(T[] rules, Func<T, Truth> criterion)
    {
        if (rules.Length == 0)
            return Truth.Unknown;
        var result = Truth.False;
        foreach (var rule in rules)
        {
            result = result.Or(criterion(rule));
            if (result == Truth.True)
                break;
        }
        return result;
    }

    private static FhirReference[] Parse(IReadOnlyList<string> references)
    {
        var parsed = new FhirReference[references.Count];
        for (var i = 0; i < parsed.Length; i++)
            parsed[i] = FhirReference.Parse(references[i]);
        return parsed;
    }

    private static (string? System, string? Code) SplitPurpose(string? purpose)
    {
        if (string.IsNullOrEmpty(purpose))
            return (null, null);
        var bar = purpose.IndexOf('|', StringComparison.Ordinal);
        if (bar < 0)
            return (CodeSystems.ActReason, purpose);
        var (system, code) = (purpose[..bar], purpose[(bar + 1)..]);
        return system.Length == 0 || code.Length == 0 || code.Contains('|', StringComparison.Ordinal)
            ? (null, null)
            : (system, code);
    }

    private static int HighestConfidentiality(IReadOnlyList<Coding> labels)
    {
        var highest = NoConfidentiality;
        foreach (var label in labels)
        {
            if (label.System is not null && label.System != CodeSystems.Confidentiality)
                continue;
            var rank = CodeSystems.ConfidentialityRank(label.Code);
            if (label.System is null && rank < 0)
                continue;
            if (label.System is null || rank < 0)
                return UnknownConfidentiality;
            highest = Math.Max(highest, rank);
        }
        return highest;
    }
}
