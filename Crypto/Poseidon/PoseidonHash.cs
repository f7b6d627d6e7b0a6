using System.Runtime.InteropServices;
using System.Security.Cryptography;
using MedLedger.Crypto.Arithmetic;
using MedLedger.Crypto.Fields;

namespace MedLedger.Crypto.Poseidon;

/// <summary>
/// The Poseidon hash over Fr with circomlib's parameters (Grassi, Khovratovich, Rechberger, Roy, Schofnegger: "Poseidon",
/// USENIX Security 2021): state of inputs + 1, capacity element 0, eight full rounds, S-box x^5, the first element is the
/// result. Takes the same time for every value of the inputs.
/// </summary>
public static class PoseidonHash
{
    /// <summary>The largest number of inputs of one hash.</summary>
    public const int MaxInputs = 16;

    /// <summary>Hashes 1 to 16 elements.</summary>
    /// <exception cref="ArgumentException">No input, or more than 16.</exception>
    public static Fr Hash(params ReadOnlySpan<Fr> inputs)
    {
        if (inputs.Length is 0 or > MaxInputs)
            throw new ArgumentException("Poseidon takes 1 to 16 inputs.", nameof(inputs));
        Span<Fr> state = stackalloc Fr[inputs.Length + 1];
        Span<Fr> scratch = stackalloc Fr[inputs.Length + 1];
        state[0] = Fr.Zero;
        inputs.CopyTo(state[1..]);
        var hash = Permute(PoseidonParameters.ForInputs(inputs.Length), state, scratch);
        CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(state));
        CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(scratch));
        return hash;
    }

    /// <summary>
    /// Hashes many groups of <paramref name="count"/> elements, which stand one after the other: several at once where the
    /// processor can.
    /// </summary>
    /// <exception cref="ArgumentException">A number of inputs that is not possible, or another number of hashes.</exception>
    public static void HashMany(int count, ReadOnlySpan<Fr> inputs, Span<Fr> hashes)
    {
        if (count is < 1 or > MaxInputs)
            throw new ArgumentException("Poseidon takes 1 to 16 inputs.", nameof(count));
        if (inputs.Length != (long)count * hashes.Length)
            throw new ArgumentException("There is one hash for each group of inputs.", nameof(hashes));
        if (WorkCrew.VectorsByDefault)
        {
            var lanes = PoseidonLanes<Fr8>.ForInputs(count);
            for (; hashes.Length >= Fr8.Count; hashes = hashes[Fr8.Count..], inputs = inputs[(Fr8.Count * count)..])
                lanes.Hash(inputs[..(Fr8.Count * count)], hashes[..Fr8.Count]);
        }
        for (var i = 0; i < hashes.Length; i++)
            hashes[i] = Hash(inputs.Slice(i * count, count));
    }

    private static Fr Permute(PoseidonParameters parameters, Span<Fr> state, Span<Fr> scratch)
    {
        const int Half = PoseidonParameters.FullRounds / 2;
        for (var round = 0; round < Half; round++)
        {
            var matrix = round == Half - 1 ? parameters.PreSparse : parameters.Matrix;
            FullRound(parameters.FullConstants[round], matrix, state, scratch);
        }
        PartialRounds(parameters, state);
        for (var round = Half; round < PoseidonParameters.FullRounds; round++)
            FullRound(parameters.FullConstants[round], parameters.Matrix, state, scratch);
        return state[0];
    }

    private static void FullRound(Fr[] constants, Fr[] matrix, Span<Fr> state, Span<Fr> scratch)
    {
        for (var i = 0; i < state.Length; i++)
            scratch[i] = Power5(state[i] + constants[i]);
        for (var i = 0; i < state.Length; i++)
        {
            var row = matrix.AsSpan(i * state.Length, state.Length);
            var sum = row[0] * scratch[0];
            for (var j = 1; j < row.Length; j++)
                sum += row[j] * scratch[j];
            state[i] = sum;
        }
    }

    private static void PartialRounds(PoseidonParameters parameters, Span<Fr> state)
    {
        var stride = 2 * state.Length - 1;
        for (var round = 0; round < parameters.PartialRounds; round++)
        {
            var row = parameters.Sparse.AsSpan(round * stride, stride);
            var first = Power5(state[0] + parameters.PartialConstants[round]);
            var sum = row[0] * first;
            for (var j = 1; j < state.Length; j++)
            {
                sum += row[j] * state[j];
                state[j] += row[state.Length + j - 1] * first;
            }
            state[0] = sum;
        }
    }

    private static Fr Power5(in Fr x)
    {
        var square = x.Square();
        return square.Square() * x;
    }
}
