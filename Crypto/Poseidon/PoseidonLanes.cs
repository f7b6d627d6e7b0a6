using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using MedLedger.Crypto.Arithmetic;
using MedLedger.Crypto.Fields;

namespace MedLedger.Crypto.Poseidon;

/// <summary>
/// The permutation of <see cref="PoseidonHash"/> on as many states side by side as there are lanes. Takes the same time for
/// every value of the inputs.
/// </summary>
[SkipLocalsInit]
internal sealed unsafe class PoseidonLanes<TLanes>
    where TLanes : unmanaged, ITransformLanes<TLanes, Fr>
{
    private static readonly Lazy<PoseidonLanes<TLanes>>[] ByInputs =
    [
        .. Enumerable
            .Range(1, PoseidonHash.MaxInputs)
            .Select(count => new Lazy<PoseidonLanes<TLanes>>(() => new(PoseidonParameters.ForInputs(count)))),
    ];

    private readonly int _width;
    private readonly int _partialRounds;
    private readonly TLanes[][] _fullConstants;
    private readonly TLanes[] _matrix;
    private readonly TLanes[] _preSparse;
    private readonly TLanes[] _partialConstants;
    private readonly TLanes[] _sparse;

    private PoseidonLanes(PoseidonParameters parameters)
    {
        (_width, _partialRounds) = (parameters.Width, parameters.PartialRounds);
        _fullConstants = [.. parameters.FullConstants.Select(Broadcast)];
        _matrix = Broadcast(parameters.Matrix);
        _preSparse = Broadcast(parameters.PreSparse);
        _partialConstants = Broadcast(parameters.PartialConstants);
        _sparse = Broadcast(parameters.Sparse);
    }

    public static PoseidonLanes<TLanes> ForInputs(int count) => ByInputs[count - 1].Value;

    /// <summary>Hashes one group of inputs for each lane; the groups stand one after the other.</summary>
    public void Hash(ReadOnlySpan<Fr> inputs, Span<Fr> hashes)
    {
        Span<TLanes> state = stackalloc TLanes[_width];
        Span<TLanes> scratch = stackalloc TLanes[_width];
        Span<Fr> column = stackalloc Fr[TLanes.Count];
        state[0] = default;
        for (var i = 1; i < _width; i++)
        {
            for (var lane = 0; lane < TLanes.Count; lane++)
                column[lane] = inputs[lane * (_width - 1) + i - 1];
            state[i] = LaneElements.Pack<TLanes, Fr>(column);
        }
        Permute(state, scratch);
        var limbs = stackalloc Limbs[TLanes.Count];
        TLanes.StoreCanonical(state[0], (ulong*)limbs);
        for (var lane = 0; lane < TLanes.Count; lane++)
            hashes[lane] = Fr.FromCanonicalUnchecked(limbs[lane]);
        CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(state));
        CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(scratch));
        CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(column));
    }

    private void Permute(Span<TLanes> state, Span<TLanes> scratch)
    {
        var half = _fullConstants.Length / 2;
        for (var round = 0; round < half; round++)
            FullRound(_fullConstants[round], round == half - 1 ? _preSparse : _matrix, state, scratch);
        PartialRounds(state);
        for (var round = half; round < _fullConstants.Length; round++)
            FullRound(_fullConstants[round], _matrix, state, scratch);
    }

    private static void FullRound(TLanes[] constants, TLanes[] matrix, Span<TLanes> state, Span<TLanes> scratch)
    {
        for (var i = 0; i < state.Length; i++)
            Power5(state[i], constants[i], out scratch[i]);
        for (var i = 0; i < state.Length; i++)
            Sum(matrix.AsSpan(i * state.Length, state.Length), scratch, out state[i]);
    }

    private void PartialRounds(Span<TLanes> state)
    {
        var stride = 2 * _width - 1;
        for (var round = 0; round < _partialRounds; round++)
        {
            var row = _sparse.AsSpan(round * stride, stride);
            Power5(state[0], _partialConstants[round], out var first);
            state[0] = first;
            Sum(row[.._width], state, out var sum);
            for (var j = 1; j < _width; j++)
            {
                TLanes.Multiply(row[_width + j - 1], first, out var product);
                TLanes.Add(state[j], product, out state[j]);
                TLanes.Reduce(ref state[j]);
            }
            state[0] = sum;
        }
    }

    /// <summary>(x + constant)^5, for a reduced x.</summary>
    private static void Power5(in TLanes x, in TLanes constant, out TLanes result)
    {
        TLanes.Add(x, constant, out var value);
        TLanes.Square(value, out var square);
        TLanes.Square(square, out var fourth);
        TLanes.Multiply(fourth, value, out result);
    }

    /// <summary>The sum of the products, reduced: 17 products at most, which are below 2p each.</summary>
    private static void Sum(ReadOnlySpan<TLanes> row, ReadOnlySpan<TLanes> values, out TLanes sum)
    {
        TLanes.Multiply(row[0], values[0], out sum);
        var j = 1;
        for (; j + 1 < row.Length; j += 2)
        {
            TLanes.MultiplyAdd(row[j], values[j], row[j + 1], values[j + 1], out var two);
            TLanes.Add(sum, two, out sum);
        }
        if (j < row.Length)
        {
            TLanes.Multiply(row[j], values[j], out var one);
            TLanes.Add(sum, one, out sum);
        }
        TLanes.Reduce(ref sum);
    }

    private static TLanes[] Broadcast(Fr[] elements)
    {
        var lanes = new TLanes[elements.Length];
        for (var i = 0; i < elements.Length; i++)
            TLanes.Broadcast(elements[i], out lanes[i]);
        return lanes;
    }
}
