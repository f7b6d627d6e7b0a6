using MedLedger.Crypto.Curves;
using MedLedger.Crypto.Fields;

namespace MedLedger.Crypto.Arithmetic;

/// <summary>
/// Sums of scalar multiples of points of G1 that stay the same, without doublings: d 2^(4w) P is stored for every point,
/// window w and digit d = 1 .. 8 (Brickell, Gordon, McCurley, Wilson: "Fast exponentiation with precomputation", 1992), 32 KB a
/// point; what the digits select is added as a tree. Variable time.
/// </summary>
internal sealed class FixedBaseTable
{
    private const int Bits = 4;
    private const int Entries = 1 << (Bits - 1);

    // Fewer points than this are added faster one by one than with another inversion.
    private const int LeastForBatch = 16;

    private static readonly int Windows = SignedDigits.WindowCount(Bits);

    private readonly int _points;
    private readonly AffinePoint<Fq>[] _multiples;

    public FixedBaseTable(ReadOnlySpan<G1Affine> points)
    {
        _points = points.Length;
        var multiples = new CurvePoint<Fq>[points.Length * Windows * Entries];
        for (var i = 0; i < points.Length; i++)
        {
            var step = CurvePoint<Fq>.From(points[i].Point);
            for (var window = 0; window < Windows; window++)
            {
                var row = multiples.AsSpan((i * Windows + window) * Entries, Entries);
                row[0] = step;
                for (var digit = 1; digit < Entries; digit++)
                    row[digit] = row[digit - 1] + step;
                step = row[^1].Double();
            }
        }
        _multiples = CurvePoint<Fq>.ToAffine(multiples);
    }

    /// <summary>The sum of scalars[i] * points[i].</summary>
    /// <exception cref="ArgumentException">There are not as many scalars as points.</exception>
    public CurvePoint<Fq> Sum(ReadOnlySpan<Fr> scalars, WorkCrew crew)
    {
        if (scalars.Length != _points)
            throw new ArgumentException("There must be as many scalars as points.", nameof(scalars));
        var selected = new List<AffinePoint<Fq>>(scalars.Length * Windows);
        for (var i = 0; i < scalars.Length; i++)
        {
            var scalar = scalars[i].ToCanonical();
            for (var window = 0; window < Windows; window++)
            {
                var digit = SignedDigits.Get(scalar, window, Bits);
                if (digit == 0)
                    continue;
                ref readonly var multiple = ref _multiples[(i * Windows + window) * Entries + Math.Abs(digit) - 1];
                selected.Add(digit > 0 ? multiple : -multiple);
            }
        }
        var points = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(selected);
        return crew.UseVectors ? SumTree<Fq8>(points) : SumTree<ScalarLane<Fq>>(points);
    }

    private static CurvePoint<Fq> SumTree<TLanes>(ReadOnlySpan<AffinePoint<Fq>> points)
        where TLanes : unmanaged, ILanes<TLanes, Fq>
    {
        using var store = new PointStore<TLanes, Fq>(points.Length);
        using var adder = new BatchAdder<TLanes, Fq>(points.Length / 2 + 1);
        var first = PointStore<TLanes, Fq>.Reserved;
        store.SetMany(first, points);
        CurvePoint<Fq> sum = default;
        var count = points.Length;
        var infinities = new HashSet<int>();
        while (count >= LeastForBatch && infinities.Count == 0)
        {
            // The upper half is added to the lower one; a point in the middle waits for the next level.
            var half = (count + 1) / 2;
            for (var i = half; i < count; i++)
                adder.Add((first + i - half) << 1, (first + i) << 1, first + i - half);
            adder.Run(store, store);
            infinities.UnionWith(adder.Infinities);
            count = half;
        }
        for (var i = 0; i < count; i++)
        {
            if (!infinities.Contains(first + i))
                sum += store[first + i];
        }
        return sum;
    }
}
