using System.Numerics;
using MedLedger.Crypto.Fields;

namespace MedLedger.Crypto.Poseidon;

/// <summary>
/// The Grain LFSR in self-shrinking mode that gives Poseidon its constants (Grassi et al., "Poseidon", appendix E, and
/// the reference script generate_parameters_grain.sage): 80-bit state seeded with the instance's parameters.
/// </summary>
internal sealed class GrainLfsr
{
    private const int FieldBits = 254;
    private UInt128 _state; // bit 0 is b_i, bit 79 is b_(i+79)

    public GrainLfsr(int width, int fullRounds, int partialRounds)
    {
        var position = 0;
        Seed(1, 2, ref position); // prime field
        Seed(0, 4, ref position); // S-box x^alpha
        Seed(FieldBits, 12, ref position);
        Seed(width, 12, ref position);
        Seed(fullRounds, 10, ref position);
        Seed(partialRounds, 10, ref position);
        Seed((1 << 30) - 1, 30, ref position);
        for (var i = 0; i < 160; i++)
            Step();
    }

    /// <summary>The next 254-bit number below r; others are skipped.</summary>
    public Fr NextElement()
    {
        while (true)
        {
            if (Fr.TryFromCanonical(NextNumber(), out var value))
                return value;
        }
    }

    /// <summary>The next 254-bit number modulo r, as the script draws the matrix.</summary>
    public Fr NextReduced()
    {
        Span<byte> bytes = stackalloc byte[32];
        NextNumber().WriteBigEndian(bytes);
        return Fr.ReduceModR(bytes);
    }

    private void Seed(int value, int bits, ref int position)
    {
        for (var i = bits - 1; i >= 0; i--, position++)
            _state |= (UInt128)(uint)((value >> i) & 1) << position;
    }

    private uint Step()
    {
        unchecked
        {
            var low = (ulong)_state;
            var taps = low ^ (low >> 13) ^ (low >> 23) ^ (low >> 38) ^ (low >> 51) ^ (ulong)(_state >> 62);
            var bit = (uint)taps & 1;
            _state = (_state >> 1) | ((UInt128)bit << 79);
            return bit;
        }
    }

    private uint NextBit()
    {
        while (Step() == 0)
            Step(); // a pair that starts with 0 is thrown away
        return Step();
    }

    private Limbs NextNumber()
    {
        Span<ulong> limbs = stackalloc ulong[4];
        limbs.Clear();
        for (var i = FieldBits - 1; i >= 0; i--)
            limbs[i >> 6] |= (ulong)NextBit() << (i & 63);
        return new Limbs(limbs[0], limbs[1], limbs[2], limbs[3]);
    }
}
