using System.Numerics;
using MedLedger.Consent.Commitments;

namespace MedLedger.Consent.Grants;

/// <summary>A conjunction of masks and ranges: what one grant can say. Times in Unix seconds, the end exclusive; days inclusive.</summary>
internal sealed record Region
{
    public const long EndOfTime = (1L << 40) - 1;

    public BigInteger Types { get; init; } = Vocabulary.AllTypes;

    public uint Labels { get; init; } = uint.MaxValue;

    public ulong Purposes { get; init; } = Vocabulary.AllPurposes;

    public byte Actions { get; init; } = Vocabulary.AllActions;

    public long From { get; init; }

    public long Until { get; init; } = EndOfTime;

    public int FirstDay { get; init; }

    public int LastDay { get; init; } = RecordMeta.MaxDay;

    /// <summary>
    /// No record, purpose or moment is left. Every record has one of the seven confidentiality bits, so labels without any
    /// of them cover nothing.
    /// </summary>
    public bool IsEmpty =>
        Types.IsZero
        || Purposes == 0
        || Actions == 0
        || From >= Until
        || FirstDay > LastDay
        || (Labels & Vocabulary.ConfidentialityMask) == 0;

    public bool Contains(Region other) =>
        (other.Types & ~Types).IsZero
        && (other.Labels & ~Labels) == 0
        && (other.Purposes & ~Purposes) == 0
        && (other.Actions & ~Actions) == 0
        && From <= other.From
        && other.Until <= Until
        && FirstDay <= other.FirstDay
        && other.LastDay <= LastDay;

    /// <summary>How much it covers, for choosing which to keep; an estimate.</summary>
    public double Weight =>
        BitCount(Types)
        * (double)BitOperations.PopCount(Labels)
        * BitOperations.PopCount(Purposes)
        * BitOperations.PopCount(Actions)
        * Math.Log2(2 + LastDay - FirstDay)
        * Math.Log2(2 + Until - From);

    /// <summary>
    /// The one region that covers exactly what both cover, or null. Exact when all but one dimension are equal and that one
    /// is a choice (types, purposes, actions) or a range that joins.
    /// </summary>
    public Region? MergedWith(Region other)
    {
        if (this with { Types = other.Types } == other)
            return this with { Types = Types | other.Types };
        if (this with { Purposes = other.Purposes } == other)
            return this with { Purposes = Purposes | other.Purposes };
        if (this with { Actions = other.Actions } == other)
            return this with { Actions = (byte)(Actions | other.Actions) };
        if (this with { From = other.From, Until = other.Until } == other && From <= other.Until && other.From <= Until)
            return this with { From = Math.Min(From, other.From), Until = Math.Max(Until, other.Until) };
        if (
            this with { FirstDay = other.FirstDay, LastDay = other.LastDay } == other
            && FirstDay <= other.LastDay + 1
            && other.FirstDay <= LastDay + 1
        )
            return this with
            {
                FirstDay = Math.Min(FirstDay, other.FirstDay),
                LastDay = Math.Max(LastDay, other.LastDay),
            };
        return null;
    }

    /// <summary>The same cover with fewer regions: those inside another go, those that join are joined.</summary>
    public static List<Region> Reduce(IEnumerable<Region> regions)
    {
        var kept = new List<Region>();
        foreach (var region in regions)
        {
            if (!region.IsEmpty)
                Add(kept, region);
        }
        return kept;
    }

    private static void Add(List<Region> kept, Region region)
    {
        while (true)
        {
            if (kept.Exists(other => other.Contains(region)))
                return;
            kept.RemoveAll(region.Contains);
            var index = kept.FindIndex(other => other.MergedWith(region) is not null);
            if (index < 0)
                break;
            region = kept[index].MergedWith(region)!;
            kept.RemoveAt(index);
        }
        kept.Add(region);
    }

    private static int BitCount(BigInteger mask) =>
        (int)mask.ToByteArray(isUnsigned: true).Sum(part => BitOperations.PopCount(part));
}
