using MedLedger.Consent.Access;
using MedLedger.Consent.Commitments;
using MedLedger.Consent.Directives;

namespace MedLedger.Consent.Grants;

/// <summary>Compiles the rules for one grantee: all permits, less all denies, as few regions as possible.</summary>
internal sealed class GranteeCompiler(
    GranteeIdentity grantee,
    CompilerOptions options,
    ExceptionBits classes,
    GrantReport report
)
{
    private static readonly ulong BreakGlass = 1UL << Vocabulary.PurposeBit("BTG")!.Value;

    private readonly RequestFacts identity = new(
        new AccessRequest
        {
            Patient = "",
            Actors = [grantee.Reference, .. grantee.ActsAs],
            Roles = grantee.Roles,
        }
    );

    public List<Region> Compile(List<FlatRule> permits, List<FlatRule> denies)
    {
        var regions = new List<Region>();
        var reaching = denies.FindAll(deny => Reaches(deny) != Truth.False);
        foreach (var permit in permits.Where(permit => Reaches(permit) == Truth.True))
        {
            if (RegionOf(permit) is not { } whole)
                continue;
            var pieces = new List<Region> { whole };
            foreach (var deny in reaching)
            {
                // a deny above a permit is what the permit is an exception from
                if (!permit.Above.Contains(deny.Source))
                    pieces = Without(pieces, deny, permit);
            }
            regions.AddRange(pieces);
        }
        return Region.Reduce(regions);
    }

    private Truth Reaches(FlatRule rule) => rule.Effective.Actors is { } actors ? identity.Actor(actors) : Truth.True;

    // What can be done where only de-identified text may leave.
    private static int Possible(ConsentDirective directive) =>
        Handling.DemandsDeidentification(directive.Obligations)
            ? 1 << Vocabulary.ActionBit("use")!.Value
            : Vocabulary.AllActions;

    /// <summary>The largest region of which the permit certainly covers all; null when there is none.</summary>
    private Region? RegionOf(FlatRule permit)
    {
        var rule = permit.Effective;
        var region = new Region
        {
            Types = RuleMasks.Types(rule.Classes, RuleType.Permit),
            Purposes = RuleMasks.Purposes(rule.Purposes, RuleType.Permit) & ~BreakGlass,
            Actions = (byte)(RuleMasks.Actions(rule.Actions, RuleType.Permit) & Possible(permit.Directive)),
            From = options.ValidFrom.ToUnixTimeSeconds(),
            Until = options.ValidUntil.ToUnixTimeSeconds(),
        };
        foreach (var period in permit.Periods)
        {
            if (!period.IsReadable)
                return null;
            var (from, until) = DayRange.InnerSeconds(period);
            region = region with { From = Math.Max(region.From, from), Until = Math.Min(region.Until, until) };
        }
        if (rule.DataPeriod is { } days)
        {
            if (!days.IsReadable)
                return null;
            var (first, last) = DayRange.Inner(days);
            region = region with { FirstDay = first, LastDay = last };
        }
        var labels = RuleMasks.PermittedLabels(rule.SecurityLabels);
        if (labels is null || rule.Codes is not null || rule.Data is not null)
        {
            var special = RecordPart(labels is null ? rule.SecurityLabels : null, rule.Codes, rule.Data);
            if (classes.BitOf(special, outside: true) is not { } bit)
            {
                report.Add(
                    permit,
                    grantee,
                    "the patient's eight exception classes are used up, and this rule needs one"
                );
                return null;
            }
            region = region with { Labels = (labels ?? uint.MaxValue) & ~(1u << bit) };
        }
        else
            region = region with { Labels = labels.Value };
        return region.IsEmpty ? null : region;
    }

    private List<Region> Without(List<Region> pieces, FlatRule deny, FlatRule permit)
    {
        var reach = DenyReach.Of(deny);
        var left = pieces.SelectMany(piece => reach.Misses(piece) ? [piece] : Cut(piece, reach, deny));
        var reduced = Region.Reduce(left);
        if (reduced.Count <= GrantCompiler.MaxPieces)
            return reduced;
        report.Add(permit, grantee, "so many exceptions cut it that only the largest parts became grants");
        return [.. reduced.OrderByDescending(piece => piece.Weight).Take(GrantCompiler.MaxPieces)];
    }

    /// <summary>What is left of a piece: it is enough to be outside the deny in one respect, so each respect gives a part.</summary>
    private IEnumerable<Region> Cut(Region piece, DenyReach reach, FlatRule deny)
    {
        yield return piece with
        {
            Purposes = piece.Purposes & ~reach.Purposes,
        };
        yield return piece with
        {
            Actions = (byte)(piece.Actions & ~reach.Actions),
        };
        yield return piece with
        {
            Until = Math.Min(piece.Until, reach.From),
        };
        yield return piece with
        {
            From = Math.Max(piece.From, reach.Until),
        };
        if (reach.NeedsClass)
        {
            var special = RecordPart(deny.Source.SecurityLabels, deny.Source.Codes, deny.Source.Data, deny.Source);
            if (classes.BitOf(special, outside: false) is { } bit)
            {
                yield return piece with
                {
                    Labels = piece.Labels & ~(1u << bit),
                };
                yield break;
            }
            report.Add(
                deny,
                grantee,
                "the patient's eight exception classes are used up, so all records it may concern are left out"
            );
        }
        yield return piece with
        {
            Types = piece.Types & ~reach.Types,
        };
        if (reach.Labels is { } labels)
            yield return piece with
            {
                Labels = piece.Labels & ~labels,
            };
        if (reach.Days is not { } days)
            yield break;
        var dated = Math.Max(piece.FirstDay, 1);
        yield return piece with
        {
            FirstDay = dated,
            LastDay = Math.Min(piece.LastDay, days.First - 1),
        };
        yield return piece with
        {
            FirstDay = Math.Max(dated, Math.Min(days.Last + 1, RecordMeta.MaxDay + 1)),
        };
    }

    private static Provision RecordPart(
        RuleCoding[]? labels,
        RuleConcept[]? codes,
        DataRule[]? data,
        Provision? withMasks = null
    ) =>
        new()
        {
            Path = "record",
            Type = RuleType.Deny,
            SecurityLabels = labels,
            Codes = codes,
            Data = data,
            Classes = withMasks?.Classes,
            DataPeriod = withMasks?.DataPeriod,
        };
}

/// <summary>All that a deny may reach, by dimension. A dimension that does not limit it is full.</summary>
internal sealed record DenyReach(
    System.Numerics.BigInteger Types,
    ulong Purposes,
    byte Actions,
    long From,
    long Until,
    uint? Labels,
    (int First, int Last)? Days,
    bool NeedsClass
)
{
    public static DenyReach Of(FlatRule deny)
    {
        var rule = deny.Source;
        var (from, until) = (0L, Region.EndOfTime);
        foreach (var period in deny.Periods.Where(period => period.IsReadable))
        {
            var (start, end) = DayRange.OuterSeconds(period);
            (from, until) = (Math.Max(from, start), Math.Min(until, end));
        }
        var labels = rule.SecurityLabels is { } stated ? RuleMasks.DeniedLabels(stated) : null;
        return new DenyReach(
            RuleMasks.Types(rule.Classes, RuleType.Deny),
            RuleMasks.Purposes(rule.Purposes, RuleType.Deny),
            RuleMasks.Actions(rule.Actions, RuleType.Deny),
            from,
            until,
            labels,
            rule.DataPeriod is { IsReadable: true } days ? DayRange.Outer(days) : null,
            rule.Codes is not null || rule.Data is not null || (rule.SecurityLabels is not null && labels is null)
        );
    }

    /// <summary>Whether nothing of the region can be reached.</summary>
    public bool Misses(Region region) =>
        (region.Types & Types).IsZero
        || (region.Purposes & Purposes) == 0
        || (region.Actions & Actions) == 0
        || region.Until <= From
        || Until <= region.From
        || (Labels is { } labels && (region.Labels & labels) == 0)
        || (Days is { } days && region.FirstDay >= 1 && (region.LastDay < days.First || days.Last < region.FirstDay));
}
