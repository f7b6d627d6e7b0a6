using MedLedger.Consent.Directives;

namespace MedLedger.Consent.Grants;

/// <summary>Collects what the consents permit and grants do not cover.</summary>
internal sealed class GrantReport
{
    private readonly List<GrantGap> gaps = [];

    public IReadOnlyList<GrantGap> Gaps => gaps;

    public void Add(FlatRule? rule, GranteeIdentity? grantee, string words)
    {
        var gap = new GrantGap(rule?.Directive.Reference, rule?.Source.Path, grantee?.Reference, words);
        if (!gaps.Contains(gap))
            gaps.Add(gap);
    }

    /// <summary>What grants leave out of each permit, whoever the grantee is.</summary>
    public void AddStanding(List<FlatRule> permits, CompilerOptions options)
    {
        Add(null, null, $"Nothing is covered before {options.ValidFrom:u} or from {options.ValidUntil:u} on.");
        if (permits.Count == 0)
            return;
        Add(null, null, "An emergency (BTG) goes through a declaration of its own, never through a grant.");
        Add(null, null, "Purposes that are not PurposeOfUse codes of v3-ActReason have no place in a grant.");
        foreach (var permit in permits)
        {
            var rule = permit.Effective;
            if (rule.Actors is null)
                Add(
                    permit,
                    null,
                    "It names nobody, so everybody may; grants are made only to grantees that are known."
                );
            else if (options.Grantees is null)
                Add(
                    permit,
                    null,
                    "Grants are made to those it names, acting for themselves, not to who acts for them."
                );
            if (rule.DataPeriod is not null)
                Add(
                    permit,
                    null,
                    "Within its data period only records with a full date that is the same day everywhere count."
                );
        }
    }

    /// <summary>What a deny takes from grants beyond its own words.</summary>
    public void AddDeny(FlatRule deny)
    {
        foreach (var coding in deny.Source.SecurityLabels ?? [])
        {
            if (coding.System == CodeSystems.ActCode && coding.Code is { } code && Vocabulary.SharesBit(code))
                Add(deny, null, $"Records labelled like {code} share its bit in grants and are left out with it.");
        }
        if (deny.Source.DataPeriod is not null)
            Add(deny, null, "Where it is cut out by days, records without a full date are left out with it.");
    }
}
