using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using MedLedger.Crypto.Curves;
using MedLedger.Crypto.Fields;

namespace MedLedger.Crypto.Arithmetic;

/// <summary>
/// Adds many pairs of affine points with one inversion for all of them (Montgomery's trick): three multiplications for the
/// inverse of x2 - x1, three for the sum. Pairs with equal x (a doubling, or a point and its opposite) are found by the
/// product being zero and are done apart.
/// </summary>
[SkipLocalsInit]
internal sealed unsafe class BatchAdder<TLanes, TField> : IDisposable
    where TLanes : unmanaged, ILanes<TLanes, TField>
    where TField : unmanaged, IFieldElement<TField>
{
    private const int PrefetchDistance = 24; // pairs

    private readonly int* _left;
    private readonly int* _right;
    private readonly int* _target;
    private readonly TLanes* _x1; // gathered once, needed twice
    private readonly TLanes* _x2;
    private readonly TLanes* _differences;
    private readonly TLanes* _products;
    private bool _disposed;

    public BatchAdder(int capacity)
    {
        var padded = (nuint)(capacity + TLanes.Count);
        _left = (int*)NativeMemory.AlignedAlloc(padded * sizeof(int), 64);
        _right = (int*)NativeMemory.AlignedAlloc(padded * sizeof(int), 64);
        _target = (int*)NativeMemory.AlignedAlloc(padded * sizeof(int), 64);
        var groups = padded / (nuint)TLanes.Count + 1;
        _x1 = (TLanes*)NativeMemory.AlignedAlloc(groups * (nuint)sizeof(TLanes), 64);
        _x2 = (TLanes*)NativeMemory.AlignedAlloc(groups * (nuint)sizeof(TLanes), 64);
        _differences = (TLanes*)NativeMemory.AlignedAlloc(groups * (nuint)sizeof(TLanes), 64);
        _products = (TLanes*)NativeMemory.AlignedAlloc(groups * (nuint)sizeof(TLanes), 64);
    }

    /// <summary>Pairs waiting to be added.</summary>
    public int Count { get; private set; }

    /// <summary>Targets whose sum was the point at infinity, since the last call of <see cref="Run"/>.</summary>
    public List<int> Infinities { get; } = [];

    /// <summary>Target = left + right; left and right are slots of the source with a sign in the lowest bit, the target is a plain slot.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(int left, int right, int target)
    {
        _left[Count] = left;
        _right[Count] = right;
        _target[Count++] = target << 1;
    }

    /// <summary>Adds all pairs. A target may be an operand of its own pair, of no other.</summary>
    public void Run(PointStore<TLanes, TField> source, PointStore<TLanes, TField> destination)
    {
        Infinities.Clear();
        if (Count == 0)
            return;
        Pad();
        Multiply(source.Words, out var product);
        if (TLanes.HasZero(product))
        {
            AddSpecialPairs(source, destination);
            if (Count == 0)
                return;
            Pad();
            Multiply(source.Words, out product);
        }
        TLanes.Invert(product, out var inverse);
        Finish(source.Words, destination.Words, inverse);
        Count = 0;
    }

    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        NativeMemory.AlignedFree(_left);
        NativeMemory.AlignedFree(_right);
        NativeMemory.AlignedFree(_target);
        NativeMemory.AlignedFree(_x1);
        NativeMemory.AlignedFree(_x2);
        NativeMemory.AlignedFree(_differences);
        NativeMemory.AlignedFree(_products);
    }

    private void Pad()
    {
        for (var i = Count; i % TLanes.Count != 0; i++)
        {
            _left[i] = PointStore<TLanes, TField>.FillLeft << 1;
            _right[i] = PointStore<TLanes, TField>.FillRight << 1;
            _target[i] = PointStore<TLanes, TField>.Rubbish << 1;
        }
    }

    private int Groups => (Count + TLanes.Count - 1) / TLanes.Count;

    /// <summary>Products of the differences x2 - x1, each without its own.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Multiply(ulong* source, out TLanes product)
    {
        var stride = PointStore<TLanes, TField>.Stride;
        product = TLanes.One;
        for (var i = 0; i < Groups; i++)
        {
            Prefetch(source, stride, i + PrefetchDistance / TLanes.Count);
            TLanes.Load(source, stride, _left + i * TLanes.Count, out _x1[i]);
            TLanes.Load(source, stride, _right + i * TLanes.Count, out _x2[i]);
            TLanes.Subtract(_x2[i], _x1[i], out _differences[i]);
            _products[i] = product;
            TLanes.Multiply(product, _differences[i], out product);
        }
    }

    /// <summary>Points are met in the order of their buckets, which no processor foresees.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Prefetch(ulong* source, int stride, int group)
    {
        if (!Sse.IsSupported || group >= Groups)
            return;
        for (var lane = group * TLanes.Count; lane < (group + 1) * TLanes.Count; lane++)
        {
            var left = source + (nint)(_left[lane] >> 1) * stride;
            var right = source + (nint)(_right[lane] >> 1) * stride;
            Sse.Prefetch0(left);
            Sse.Prefetch0(left + stride - 1);
            Sse.Prefetch0(right);
            Sse.Prefetch0(right + stride - 1);
        }
    }

    /// <summary>lambda = (y2 - y1)/(x2 - x1), x3 = lambda^2 - x1 - x2, y3 = lambda (x1 - x3) - y1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Finish(ulong* source, ulong* destination, TLanes inverse)
    {
        var stride = PointStore<TLanes, TField>.Stride;
        var y = TLanes.WordsPerElement;
        for (var i = Groups - 1; i >= 0; i--)
        {
            int* left = _left + i * TLanes.Count;
            int* right = _right + i * TLanes.Count;
            int* target = _target + i * TLanes.Count;
            TLanes.Multiply(inverse, _products[i], out var lambda);
            TLanes.Multiply(inverse, _differences[i], out inverse);
            TLanes.Load(source + y, stride, left, out var y1);
            TLanes.Load(source + y, stride, right, out var y2);
            TLanes.NegateWhere(ref y1, left);
            TLanes.NegateWhere(ref y2, right);
            TLanes.Subtract(y2, y1, out y2);
            TLanes.Multiply(lambda, y2, out lambda);
            TLanes.Square(lambda, out var x3);
            TLanes.Subtract(x3, _x1[i], out x3);
            TLanes.Subtract(x3, _x2[i], out x3);
            TLanes.Reduce(ref x3);
            TLanes.Subtract(_x1[i], x3, out y2);
            TLanes.Multiply(lambda, y2, out lambda);
            TLanes.Subtract(lambda, y1, out lambda);
            TLanes.Reduce(ref lambda);
            TLanes.Store(x3, destination, stride, target);
            TLanes.Store(lambda, destination + y, stride, target);
        }
    }

    /// <summary>Adds the pairs with equal x one by one and keeps the others.</summary>
    private void AddSpecialPairs(PointStore<TLanes, TField> source, PointStore<TLanes, TField> destination)
    {
        var kept = 0;
        for (var i = 0; i < Count; i++)
        {
            var (p, q) = (source[_left[i] >> 1], source[_right[i] >> 1]);
            if (p.X != q.X)
            {
                (_left[kept], _right[kept], _target[kept]) = (_left[i], _right[i], _target[i]);
                kept++;
                continue;
            }
            p = (_left[i] & 1) == 0 ? p : -p;
            q = (_right[i] & 1) == 0 ? q : -q;
            var sum = (CurvePoint<TField>.From(p) + q).ToAffine();
            if (sum.IsInfinity)
                Infinities.Add(_target[i] >> 1);
            else
                destination.Set(_target[i] >> 1, sum);
        }
        Count = kept;
    }
}
