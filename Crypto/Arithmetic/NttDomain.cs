using System.Numerics;
using MedLedger.Crypto.Fields;

namespace MedLedger.Crypto.Arithmetic;

/// <summary>
/// Number-theoretic transforms over the powers of w, a primitive n-th root of unity of Fr, n a power of two (Cooley, Tukey,
/// 1965). The inverse takes values in natural order to coefficients in bit-reversed order, the forward one takes these back,
/// so that no pass only moves data.
/// </summary>
internal sealed class NttDomain
{
    private const int TwoAdicity = 28;
    private const int BlockSize = 1 << 11; // elements of a piece of work: 64 KiB

    private readonly Fr[] _roots; // w^i for i < n/2
    private readonly Fr[] _inverseRoots;

    public NttDomain(int size)
    {
        if (!BitOperations.IsPow2(size) || size > 1 << (TwoAdicity - 1))
            throw new ArgumentOutOfRangeException(nameof(size), "The size must be a power of two up to 2^27.");
        Size = size;
        var root = RootOfUnity(BitOperations.Log2((uint)size));
        _roots = Powers(root, size / 2);
        _inverseRoots = Powers(root.Inverse(), size / 2);
    }

    public int Size { get; }

    /// <summary>A primitive 2^power-th root of unity: 5^((r-1)/2^28) squared 28 - power times, as snarkjs has it.</summary>
    public static Fr RootOfUnity(int power)
    {
        var root = Fr.From(5).Power(Fr.FromBigInteger((Fr.Modulus - 1) >> TwoAdicity).ToCanonical());
        for (var i = power; i < TwoAdicity; i++)
            root = root.Square();
        return root;
    }

    /// <summary>
    /// Replaces the values of a polynomial on 1, w, w^2 ... by those on the coset g, gw, gw^2 ... with g^n = -1,
    /// g a primitive 2n-th root of unity.
    /// </summary>
    public void ShiftToCoset(Fr[] values, WorkCrew crew)
    {
        Inverse(values, crew);
        ScaleForCoset(values, crew);
        Forward(values, crew);
    }

    /// <summary>The coefficients, lowest first, of the polynomial with these values on 1, w, w^2 ...</summary>
    public Fr[] Interpolate(ReadOnlySpan<Fr> values, WorkCrew crew)
    {
        var reversed = values.ToArray();
        Inverse(reversed, crew);
        var bits = BitOperations.Log2((uint)Size);
        var scale = Fr.From((ulong)Size).Inverse();
        var coefficients = new Fr[Size];
        for (var i = 0; i < Size; i++)
            coefficients[i] = reversed[Reverse(i, bits)] * scale;
        return coefficients;
    }

    /// <summary>The values on the coset g, gw, gw^2 ..., g a primitive 2n-th root of unity, of a polynomial's coefficients, lowest first.</summary>
    public Fr[] EvaluateOnCoset(ReadOnlySpan<Fr> coefficients, WorkCrew crew)
    {
        var bits = BitOperations.Log2((uint)Size);
        var factors = Powers(RootOfUnity(bits + 1), Size);
        var values = new Fr[Size];
        for (var i = 0; i < Size; i++)
            values[Reverse(i, bits)] = coefficients[i] * factors[i];
        Forward(values, crew);
        return values;
    }

    /// <summary>Values in natural order to n times the coefficients in bit-reversed order (decimation in frequency).</summary>
    public void Inverse(Fr[] values, WorkCrew crew)
    {
        var half = Size / 2;
        for (; half >= BlockSize; half /= 2)
            RunStage(values, half, crew, StageInverse);
        var block = Math.Min(Size, BlockSize);
        crew.Run(
            Size / block,
            piece =>
            {
                for (var h = block / 2; h >= 1; h /= 2)
                {
                    for (var start = piece * block; start < (piece + 1) * block; start += 2 * h)
                        StageInverse(values, start, h, 0, h);
                }
            }
        );
    }

    /// <summary>Coefficients in bit-reversed order to values in natural order (decimation in time).</summary>
    public void Forward(Fr[] values, WorkCrew crew)
    {
        var block = Math.Min(Size, BlockSize);
        crew.Run(
            Size / block,
            piece =>
            {
                for (var h = 1; h < block; h *= 2)
                {
                    for (var start = piece * block; start < (piece + 1) * block; start += 2 * h)
                        StageForward(values, start, h, 0, h);
                }
            }
        );
        for (var half = block; half < Size; half *= 2)
            RunStage(values, half, crew, StageForward);
    }

    /// <summary>Multiplies the coefficient of X^i, which stands at the bit-reversed i, with g^i / n.</summary>
    private void ScaleForCoset(Fr[] values, WorkCrew crew)
    {
        var bits = BitOperations.Log2((uint)Size);
        if (bits == 0)
            return;
        var generator = RootOfUnity(bits + 1);
        var factors = Powers(generator, Size);
        var scale = Fr.From((ulong)Size).Inverse();
        var block = Math.Min(Size, BlockSize);
        crew.Run(
            Size / block,
            piece =>
            {
                for (var i = piece * block; i < (piece + 1) * block; i++)
                    values[i] *= factors[Reverse(i, bits)] * scale;
            }
        );
    }

    private void RunStage(Fr[] values, int half, WorkCrew crew, Action<Fr[], int, int, int, int> stage)
    {
        var pieces = half / (BlockSize / 2);
        crew.Run(
            Size / (2 * half) * pieces,
            piece =>
            {
                var from = piece % pieces * (BlockSize / 2);
                stage(values, piece / pieces * 2 * half, half, from, from + BlockSize / 2);
            }
        );
    }

    private void StageInverse(Fr[] values, int start, int half, int from, int to)
    {
        var step = Size / (2 * half);
        for (var i = from; i < to; i++)
        {
            var (a, b) = (values[start + i], values[start + half + i]);
            values[start + i] = a + b;
            values[start + half + i] = (a - b) * _inverseRoots[i * step];
        }
    }

    private void StageForward(Fr[] values, int start, int half, int from, int to)
    {
        var step = Size / (2 * half);
        for (var i = from; i < to; i++)
        {
            var a = values[start + i];
            var b = values[start + half + i] * _roots[i * step];
            values[start + i] = a + b;
            values[start + half + i] = a - b;
        }
    }

    private static Fr[] Powers(in Fr root, int count)
    {
        var powers = new Fr[count];
        if (count > 0)
            powers[0] = Fr.One;
        for (var i = 1; i < count; i++)
            powers[i] = powers[i - 1] * root;
        return powers;
    }

    private static int Reverse(int value, int bits)
    {
        var result = 0;
        for (var i = 0; i < bits; i++)
            result |= ((value >> i) & 1) << (bits - 1 - i);
        return result;
    }
}
