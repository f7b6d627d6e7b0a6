using System.Numerics;
using System.Runtime.CompilerServices;
using MedLedger.Crypto.Fields;

namespace MedLedger.Crypto.Arithmetic;

/// <summary>
/// Number-theoretic transforms of a power-of-two size over Fr (Cooley, Tukey, 1965). Values in natural order become
/// coefficients in bit-reversed order (decimation in frequency), and those values again (decimation in time), so that no pass
/// only moves data. Both directions use the powers of w: the first then has coefficient -i modulo n where i is due, and the
/// second gives at j the value on w^-j: one table serves both, and whoever reads the result turns the order round.
/// A transform is two passes over the memory, each on pieces that fit the second-level cache: the stages whose partners are a
/// block or more apart, on columns of all blocks, and the others within a block.
/// </summary>
[SkipLocalsInit]
internal sealed unsafe class NttDomain<TLanes> : IDisposable
    where TLanes : unmanaged, ITransformLanes<TLanes, Fr>
{
    private const int PieceElements = 1 << 11;

    private readonly int _bits;
    private readonly int _length; // vectors
    private readonly int _block; // vectors of a block
    private readonly LaneBuffer<TLanes> _twiddles; // those of the stage with partners h vectors apart stand at h .. 2h-1
    private readonly LaneBuffer<TLanes> _laneTwiddles; // of the stages within a vector: one in the lower lanes, the powers above
    private readonly LaneBuffer<TLanes> _shift; // g^i / n where the coefficient of X^i stands

    /// <exception cref="ArgumentOutOfRangeException">The size is no power of two of a vector or more, or is above 2^27.</exception>
    public NttDomain(int size, WorkCrew crew)
    {
        if (!BitOperations.IsPow2(size) || size < TLanes.Count || size > 1 << (RootsOfUnity.TwoAdicity - 1))
            throw new ArgumentOutOfRangeException(nameof(size), "The size must be a power of two up to 2^27.");
        Size = size;
        _bits = BitOperations.Log2((uint)size);
        _length = size / TLanes.Count;
        _block = Math.Min(_length, PieceElements / TLanes.Count);
        _twiddles = new(_length, isSecret: false, crew.Memory);
        _laneTwiddles = new(BitOperations.Log2((uint)TLanes.Count), isSecret: false);
        _shift = new(_length, isSecret: false, crew.Memory);
        for (var i = 0; i < _laneTwiddles.Length; i++)
            _laneTwiddles.Start[i] = LaneTwiddle(1 << i);
        // Each table is filled by doubling what is there: products that do not wait for each other.
        crew.Run(
            2,
            table =>
            {
                for (var half = 1; table == 0 && half < _length; half *= 2)
                    FillTwiddles(half);
                if (table == 1)
                    FillShift();
            }
        );
    }

    public int Size { get; }

    /// <summary>
    /// Replaces the values of polynomials on 1, w, w^2 ... by those on the coset g, gw^-1, gw^-2 ... with g^n = -1, g a
    /// primitive 2n-th root of unity. The values are not reduced: up to 2 log2 n + 2 times the modulus.
    /// </summary>
    public void ShiftToCoset(ReadOnlySpan<LaneBuffer<TLanes>> polynomials, WorkCrew crew)
    {
        var buffers = polynomials.ToArray();
        RunColumns(buffers, InverseColumns, crew);
        RunBlocks(
            buffers,
            (values, block) =>
            {
                InverseBlock(values + block * _block);
                Scale(values, block);
                ForwardBlock(values + block * _block);
            },
            crew
        );
        RunColumns(buffers, ForwardColumns, crew);
    }

    /// <summary>The coefficients, lowest first, of the polynomial with these values on 1, w, w^2 ...</summary>
    public Fr[] Interpolate(ReadOnlySpan<Fr> values, WorkCrew crew)
    {
        using var buffer = new LaneBuffer<TLanes>(_length);
        for (var i = 0; i < Size; i++)
            LaneElements.Set(buffer, i, values[i]);
        LaneElements.Pack(buffer, 0, _length);
        RunColumns([buffer], InverseColumns, crew);
        RunBlocks([buffer], (lanes, block) => InverseBlock(lanes + block * _block), crew);
        var scale = Fr.From((ulong)Size).Inverse();
        var coefficients = new Fr[Size];
        LaneElements.Read(buffer, (i, value) => coefficients[IndexOf(i)] = value * scale);
        return coefficients;
    }

    /// <summary>The values on the coset g, gw, gw^2 ..., g a primitive 2n-th root of unity, of a polynomial's coefficients, lowest first.</summary>
    public Fr[] EvaluateOnCoset(ReadOnlySpan<Fr> coefficients, WorkCrew crew)
    {
        using var buffer = new LaneBuffer<TLanes>(_length);
        var scale = Fr.From((ulong)Size);
        for (var i = 0; i < Size; i++)
            LaneElements.Set(buffer, i, coefficients[IndexOf(i)] * scale);
        LaneElements.Pack(buffer, 0, _length);
        RunBlocks(
            [buffer],
            (lanes, block) =>
            {
                Scale(lanes, block);
                ForwardBlock(lanes + block * _block);
            },
            crew
        );
        RunColumns([buffer], ForwardColumns, crew);
        var values = new Fr[Size];
        LaneElements.Read(buffer, (i, value) => values[Turn(i)] = value);
        return values;
    }

    /// <summary>-i modulo n: the index on the coset g, gw, gw^2 ... of the value at i.</summary>
    public int Turn(int index) => (Size - index) & (Size - 1);

    public void Dispose()
    {
        _twiddles.Dispose();
        _laneTwiddles.Dispose();
        _shift.Dispose();
    }

    /// <summary>The exponent of X whose coefficient stands at a position between the two directions.</summary>
    private int IndexOf(int position) => Turn(Reverse(position, _bits));

    private void RunBlocks(LaneBuffer<TLanes>[] buffers, PieceAction work, WorkCrew crew)
    {
        var blocks = _length / _block;
        crew.Run(buffers.Length * blocks, piece => work(buffers[piece / blocks].Start, piece % blocks));
    }

    /// <summary>The stages across blocks, on a few columns at a time.</summary>
    private void RunColumns(LaneBuffer<TLanes>[] buffers, PieceAction work, WorkCrew crew)
    {
        if (_length == _block)
            return;
        var pieces = _block / Width;
        crew.Run(buffers.Length * pieces, piece => work(buffers[piece / pieces].Start, piece % pieces * Width));
    }

    private int Width => Math.Max(1, _block * _block / _length);

    private void InverseColumns(TLanes* values, int column)
    {
        for (var half = _length / 2; half >= _block; half /= 2)
        {
            for (var row = 0; row < _length; row += _block)
            {
                if ((row & half) == 0)
                    InverseButterflies(values + row + column, half, (row & (half - 1)) + column, Width);
            }
        }
    }

    private void ForwardColumns(TLanes* values, int column)
    {
        for (var half = _block; half < _length; half *= 2)
        {
            for (var row = 0; row < _length; row += _block)
            {
                if ((row & half) == 0)
                    ForwardButterflies(values + row + column, half, (row & (half - 1)) + column, Width);
            }
        }
    }

    private void InverseBlock(TLanes* values)
    {
        for (var half = _block / 2; half >= 1; half /= 2)
        {
            for (var start = 0; start < _block; start += 2 * half)
                InverseButterflies(values + start, half, 0, half);
        }
        for (var stage = _laneTwiddles.Length - 1; stage >= 0; stage--)
            InverseLanes(values, 1 << stage, _laneTwiddles.Start[stage]);
    }

    private void ForwardBlock(TLanes* values)
    {
        for (var stage = 0; stage < _laneTwiddles.Length; stage++)
            ForwardLanes(values, 1 << stage, _laneTwiddles.Start[stage]);
        for (var half = 1; half < _block; half *= 2)
        {
            for (var start = 0; start < _block; start += 2 * half)
                ForwardButterflies(values + start, half, 0, half);
        }
    }

    /// <summary>(a, b) to (a + b, (a - b) w^i); both are reduced or products, before and after.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void InverseButterflies(TLanes* values, int half, int firstPower, int count)
    {
        TLanes* twiddle = _twiddles.Start + half + firstPower;
        for (var end = values + count; values < end; values++, twiddle++)
        {
            TLanes.Subtract(values[0], values[half], out var difference);
            TLanes.Add(values[0], values[half], out var sum);
            TLanes.Reduce(ref sum);
            values[0] = sum;
            TLanes.Multiply(difference, *twiddle, out values[half]);
        }
    }

    /// <summary>(a, b) to (a + b w^i, a - b w^i): grows by twice the modulus.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void ForwardButterflies(TLanes* values, int half, int firstPower, int count)
    {
        TLanes* twiddle = _twiddles.Start + half + firstPower;
        for (var end = values + count; values < end; values++, twiddle++)
        {
            TLanes.Multiply(values[half], *twiddle, out var product);
            TLanes.Subtract(values[0], product, out values[half]);
            TLanes.Add(values[0], product, out values[0]);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void InverseLanes(TLanes* values, int half, in TLanes twiddle)
    {
        for (var end = values + _block; values < end; values++)
        {
            TLanes.Fold(*values, half, out var folded);
            TLanes.Multiply(folded, twiddle, out *values);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void ForwardLanes(TLanes* values, int half, in TLanes twiddle)
    {
        for (var end = values + _block; values < end; values++)
        {
            TLanes.Multiply(*values, twiddle, out var product);
            TLanes.Fold(product, half, out *values);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Scale(TLanes* values, int block)
    {
        for (var i = block * _block; i < (block + 1) * _block; i++)
            TLanes.Multiply(values[i], _shift.Start[i], out values[i]);
    }

    /// <summary>Lane l has w^(l modulo half) in the upper half of every 2 half lanes, w of order 2 half, and one in the lower.</summary>
    private static TLanes LaneTwiddle(int half) =>
        LaneElements.Make<TLanes>(lane =>
            (lane & half) == 0
                ? Fr.One
                : Power(RootsOfUnity.OfOrder(BitOperations.Log2((uint)half) + 1), lane & (half - 1))
        );

    /// <summary>w^i for i below half vectors, w of order twice that.</summary>
    private void FillTwiddles(int half)
    {
        TLanes* table = _twiddles.Start + half;
        var root = RootsOfUnity.OfOrder(BitOperations.Log2((uint)(half * TLanes.Count)) + 1);
        *table = LaneElements.Make<TLanes>(lane => Power(root, lane));
        Double(table, half, filled => Power(root, filled * TLanes.Count));
    }

    /// <summary>At the bit-reversed i: g^(-i modulo n) / n, that is -g^-i / n but for i = 0.</summary>
    private void FillShift()
    {
        var inverse = RootsOfUnity.OfOrder(_bits + 1).Inverse();
        var minusScale = -Fr.From((ulong)Size).Inverse();
        *_shift.Start = LaneElements.Make<TLanes>(lane => minusScale * Power(inverse, Reverse(lane, _bits)));
        Double(_shift.Start, _length, filled => Power(inverse, Reverse(filled * TLanes.Count, _bits)));
        *_shift.Start = LaneElements.Make<TLanes>(lane =>
            (lane == 0 ? -minusScale : minusScale) * Power(inverse, Reverse(lane, _bits))
        );
    }

    /// <summary>table[k + i] = table[i] * factor(k) for i below k = 1, 2, 4 ...</summary>
    private static void Double(TLanes* table, int length, Func<int, Fr> factor)
    {
        for (var filled = 1; filled < length; filled *= 2)
        {
            TLanes.Broadcast(factor(filled), out var step);
            for (var i = 0; i < filled; i++)
            {
                TLanes.Multiply(table[i], step, out table[filled + i]);
                TLanes.Reduce(ref table[filled + i]);
            }
        }
    }

    private static Fr Power(in Fr x, int exponent) => x.Power(new Limbs((ulong)exponent, 0, 0, 0));

    private static int Reverse(int value, int bits)
    {
        var result = 0;
        for (var i = 0; i < bits; i++)
            result |= ((value >> i) & 1) << (bits - 1 - i);
        return result;
    }

    private delegate void PieceAction(TLanes* values, int piece);
}
