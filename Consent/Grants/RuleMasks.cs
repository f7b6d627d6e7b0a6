using System.Numerics;
using MedLedger.Consent.Directives;

namespace MedLedger.Consent.Grants;

/// <summary>
/// Criteria as masks. For a permit a mask holds what certainly matches; for a deny all that may match. Null: masks cannot
/// say it.
/// </summary>
internal static class RuleMasks
{
    public static BigInteger Types(RuleCoding[]? rules, RuleType type)
    {
        if (rules is null)
            return Vocabulary.AllTypes;
        var mask = BigInteger.Zero;
        var unknown = rules.Length == 0;
        foreach (var rule in rules)
        {
            if (rule.System != CodeSystems.ResourceTypes || rule.Code is null or "Resource" or "DomainResource")
                unknown = true;
            else if (Vocabulary.TypeBit(rule.Code) is { } bit)
                mask |= BigInteger.One << bit;
        }
        return unknown && type == RuleType.Deny ? Vocabulary.AllTypes : mask;
    }

    public static ulong Purposes(RuleCoding[]? rules, RuleType type)
    {
        if (rules is null)
            return Vocabulary.AllPurposes;
        var mask = 0UL;
        var unknown = rules.Length == 0;
        foreach (var rule in rules)
        {
            if (rule.Code is null)
                unknown = true;
            else if (rule.System is null)
                mask |= type == RuleType.Deny ? Bit(rule.Code) : 0;
            else if (rule.System == CodeSystems.ActReason)
            {
                unknown |= !CodeSystems.Purposes.Contains(rule.Code);
                for (var bit = 0; bit < Vocabulary.Purposes.Count; bit++)
                {
                    if (CodeSystems.Purposes.Subsumes(rule.Code, Vocabulary.Purposes[bit]))
                        mask |= 1UL << bit;
                }
            }
        }
        return unknown && type == RuleType.Deny ? Vocabulary.AllPurposes : mask;
    }

    public static byte Actions(RuleConcept[]? rules, RuleType type)
    {
        if (rules is null)
            return Vocabulary.AllActions;
        var mask = 0;
        var unknown = rules.Length == 0;
        foreach (var concept in rules)
        {
            var bits = concept
                .Codings.Where(coding => coding.System == CodeSystems.ConsentAction)
                .Select(coding => Vocabulary.ActionBit(coding.Code))
                .OfType<int>()
                .Aggregate(0, (all, bit) => all | (1 << bit));
            unknown |= bits == 0;
            mask |= bits;
        }
        return unknown && type == RuleType.Deny ? Vocabulary.AllActions : (byte)mask;
    }

    /// <summary>Labels that a permit lets a record have. Only levels of confidentiality can be said so: "has at least" cannot.</summary>
    public static uint? PermittedLabels(RuleCoding[]? rules)
    {
        if (rules is null)
            return uint.MaxValue;
        var highest = -1;
        foreach (var rule in rules)
        {
            if (rule.Code is null)
                continue;
            if (rule.System != CodeSystems.Confidentiality)
                return null;
            highest = Math.Max(highest, CodeSystems.ConfidentialityRank(rule.Code));
        }
        var levels = highest < 0 ? 0 : Vocabulary.ConfidentialityBits(highest, upwards: false);
        return (uint.MaxValue & ~Vocabulary.ConfidentialityMask) | levels;
    }

    /// <summary>Labels of which any one may make a deny apply.</summary>
    public static uint? DeniedLabels(RuleCoding[] rules)
    {
        var mask = 0u;
        foreach (var rule in rules)
        {
            if (rule is { System: CodeSystems.Confidentiality, Code: { } level })
            {
                var rank = CodeSystems.ConfidentialityRank(level);
                if (rank < 0)
                    return null;
                mask |= Vocabulary.ConfidentialityBits(rank, upwards: true);
            }
            else if (
                rule is { System: CodeSystems.ActCode, Code: { } code }
                && Vocabulary.SensitivityBits(code) is { } bits
            )
                mask |= bits;
            else
                return null;
        }
        return rules.Length == 0 ? null : mask;
    }

    private static ulong Bit(string code) => Vocabulary.PurposeBit(code) is { } bit ? 1UL << bit : 0;
}
