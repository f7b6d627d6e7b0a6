using System.Numerics;
using MedLedger.Crypto.Curves;
using MedLedger.Crypto.Fields;

namespace MedLedger.Crypto.Arithmetic;

/// <summary>
/// The sum of digit_i * P_i for one window of digits: points are sorted into buckets by the digit's size, each bucket is
/// summed as a tree, a level of all trees being one batch, and the weighted sum of the buckets is taken by running sums over
/// short segments, again all segments as one batch. One object per thread; its memory is used for window after window.
/// </summary>
internal sealed unsafe class BucketSum<TLanes, TField> : IDisposable
    where TLanes : unmanaged, ILanes<TLanes, TField>
    where TField : unmanaged, IFieldElement<TField>
{
    private const int SegmentLength = 16;
    private const int BatchSize = 2048; // pairs that share an inversion; what they touch fits the second-level cache

    private readonly int _bits;
    private readonly int _bucketCount;
    private readonly int _segments;
    private readonly int _firstTree;
    private readonly int[] _starts; // of each bucket's entries
    private readonly int[] _lengths;
    private readonly NativeBlock _scalarParts; // the entries, then the digits
    private readonly int* _entries; // slots, the sign in the lowest bit: of the key's points, then of partial sums
    private readonly int* _digits;
    private readonly int[] _bucketSlots; // slot and sign; -1: empty
    private readonly bool[] _runningIsInfinity;
    private readonly bool[] _sumIsInfinity;
    private readonly HashSet<int> _infinities = [];
    private readonly PointStore<TLanes, TField> _store;
    private readonly BatchAdder<TLanes, TField> _adder;

    public BucketSum(int capacity, int bits, BlockPool? pool)
    {
        _bits = bits;
        _bucketCount = 1 << (bits - 1);
        _segments = Math.Max(1, _bucketCount / SegmentLength);
        _firstTree = PointStore<TLanes, TField>.Reserved + 2 * _segments;
        _starts = new int[_bucketCount + 2];
        _lengths = new int[_bucketCount + 1];
        _scalarParts = new(2 * (nuint)capacity * sizeof(int), pool: pool);
        _entries = (int*)_scalarParts.Start;
        _digits = _entries + capacity;
        _bucketSlots = new int[_bucketCount + 1];
        _runningIsInfinity = new bool[_segments];
        _sumIsInfinity = new bool[_segments];
        _store = new(2 * _segments + (capacity + _bucketCount) / 2 + 1, pool: pool);
        _adder = new(Math.Max(Math.Min(capacity / 2 + 1, BatchSize), _segments));
    }

    /// <summary>The sum for the digits of one window over the points in <paramref name="active"/>.</summary>
    public CurvePoint<TField> Sum(
        PointStore<TLanes, TField> points,
        ReadOnlySpan<Limbs> scalars,
        ReadOnlySpan<int> active,
        int window,
        CancellationToken cancel
    )
    {
        if (!Sort(scalars, active, window))
            return default;
        AddFirstLevel(points, cancel);
        while (AddLevel(cancel))
            continue;
        for (var bucket = 1; bucket <= _bucketCount; bucket++)
        {
            var slot = _lengths[bucket] == 0 ? -1 : _entries[_starts[bucket]];
            _bucketSlots[bucket] = IsInfinity(slot) ? -1 : slot;
        }
        return Combine();
    }

    public void Dispose()
    {
        _store.Dispose();
        _adder.Dispose();
        _scalarParts.Dispose();
    }

    /// <summary>Counting sort by bucket; false when every digit is zero.</summary>
    private bool Sort(ReadOnlySpan<Limbs> scalars, ReadOnlySpan<int> active, int window)
    {
        Array.Clear(_lengths);
        for (var i = 0; i < active.Length; i++)
        {
            var digit = SignedDigits.Get(scalars[active[i]], window, _bits);
            _digits[i] = digit;
            _lengths[Math.Abs(digit)]++;
        }
        var start = 0;
        for (var bucket = 1; bucket <= _bucketCount; bucket++)
        {
            _starts[bucket] = start;
            start += _lengths[bucket];
        }
        if (start == 0)
            return false;
        for (var i = 0; i < active.Length; i++)
        {
            var digit = _digits[i];
            var slot = PointStore<TLanes, TField>.Reserved + active[i];
            if (digit != 0)
                _entries[_starts[Math.Abs(digit)]++] = (slot << 1) | (digit < 0 ? 1 : 0);
        }
        for (var bucket = 1; bucket <= _bucketCount; bucket++)
            _starts[bucket] -= _lengths[bucket];
        return true;
    }

    /// <summary>Adds neighbours in each bucket, from the key's points into this object's memory.</summary>
    private void AddFirstLevel(PointStore<TLanes, TField> points, CancellationToken cancel)
    {
        _infinities.Clear();
        var next = _firstTree;
        for (var bucket = 1; bucket <= _bucketCount; bucket++)
        {
            var (from, to) = (_starts[bucket], _starts[bucket]);
            var end = from + _lengths[bucket];
            for (; from + 1 < end; from += 2, next++)
            {
                Add(points, _entries[from], _entries[from + 1], next, cancel);
                _entries[to++] = next << 1;
            }
            if (from < end)
            {
                _store.Copy(points, _entries[from] >> 1, next);
                _entries[to++] = (next++ << 1) | (_entries[from] & 1);
            }
            _lengths[bucket] = to - _starts[bucket];
        }
        Run(points, cancel);
    }

    /// <summary>Adds neighbours of the partial sums; false when every bucket has one.</summary>
    private bool AddLevel(CancellationToken cancel)
    {
        var more = false;
        for (var bucket = 1; bucket <= _bucketCount; bucket++)
        {
            if (_lengths[bucket] < 2)
                continue;
            more = true;
            var (from, to) = (_starts[bucket], _starts[bucket]);
            var end = from + _lengths[bucket];
            for (; from + 1 < end; from += 2)
            {
                var (left, right) = (_entries[from], _entries[from + 1]);
                if (IsInfinity(left))
                    _entries[to++] = right;
                else if (IsInfinity(right))
                    _entries[to++] = left;
                else
                {
                    Add(_store, left, right, left >> 1, cancel);
                    _entries[to++] = left & ~1;
                }
            }
            if (from < end)
                _entries[to++] = _entries[from];
            _lengths[bucket] = to - _starts[bucket];
        }
        if (more)
            Run(_store, cancel);
        return more;
    }

    private bool IsInfinity(int slot) => _infinities.Count > 0 && _infinities.Contains(slot >> 1);

    private void Add(PointStore<TLanes, TField> source, int left, int right, int target, CancellationToken cancel)
    {
        _adder.Add(left, right, target);
        if (_adder.Count == BatchSize)
            Run(source, cancel);
    }

    private void Run(PointStore<TLanes, TField> source, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        _adder.Run(source, _store);
        foreach (var slot in _adder.Infinities)
            _infinities.Add(slot);
    }

    /// <summary>
    /// Sum of bucket * B_bucket. Within segment s, bucket = s L + j: running sums from the top give R_s = sum of B and
    /// T_s = sum of j B; the result is sum T_s + L sum s R_s.
    /// </summary>
    private CurvePoint<TField> Combine()
    {
        var length = _bucketCount / _segments;
        var (running, sum) = (PointStore<TLanes, TField>.Reserved, PointStore<TLanes, TField>.Reserved + _segments);
        Array.Fill(_runningIsInfinity, value: true);
        Array.Fill(_sumIsInfinity, value: true);
        for (var j = length; j >= 1; j--)
        {
            for (var s = 0; s < _segments; s++)
                Accumulate(_bucketSlots[s * length + j], running + s, ref _runningIsInfinity[s]);
            RunSegments(_runningIsInfinity, running);
            for (var s = 0; s < _segments; s++)
                Accumulate(_runningIsInfinity[s] ? -1 : (running + s) << 1, sum + s, ref _sumIsInfinity[s]);
            RunSegments(_sumIsInfinity, sum);
        }

        CurvePoint<TField> total = default,
            tail = default,
            weighted = default;
        for (var s = _segments - 1; s >= 0; s--)
        {
            weighted += tail;
            if (!_runningIsInfinity[s])
                tail += _store[running + s];
            if (!_sumIsInfinity[s])
                total += _store[sum + s];
        }
        for (var i = BitOperations.Log2((uint)length); i > 0; i--)
            weighted = weighted.Double();
        return total + weighted;
    }

    private void Accumulate(int slot, int target, ref bool targetIsInfinity)
    {
        if (slot < 0)
            return;
        if (!targetIsInfinity)
            _adder.Add(target << 1, slot, target);
        else if ((slot & 1) == 0)
            _store.Copy(_store, slot >> 1, target);
        else
            _store.Set(target, -_store[slot >> 1]);
        targetIsInfinity = false;
    }

    private void RunSegments(bool[] isInfinity, int first)
    {
        _adder.Run(_store, _store);
        foreach (var slot in _adder.Infinities)
            isInfinity[slot - first] = true;
    }
}
