using System.Buffers.Binary;
using System.Numerics;
using MedLedger.Crypto.Curves;
using MedLedger.Crypto.Fields;

namespace MedLedger.Crypto.Ceremony;

/// <summary>
/// The deterministic generator of snarkjs's ceremonies: the block function of ChaCha20 (RFC 8439, section 2.3) with the seed as
/// key and a counter of 128 bits from zero. Field elements are drawn by rejection and taken as Montgomery form.
/// </summary>
internal sealed class ChaChaStream
{
    private readonly uint[] _state = new uint[16];
    private readonly uint[] _block = new uint[16];
    private int _next = 16;

    /// <summary>Seeds with 32 bytes, as eight big-endian words.</summary>
    public ChaChaStream(ReadOnlySpan<byte> seed)
    {
        (_state[0], _state[1], _state[2], _state[3]) = (0x61707865, 0x3320646e, 0x79622d32, 0x6b206574);
        for (var i = 0; i < 8; i++)
            _state[4 + i] = BinaryPrimitives.ReadUInt32BigEndian(seed[(4 * i)..]);
    }

    /// <summary>The next element of Fr.</summary>
    public Fr NextFr()
    {
        Limbs limbs;
        do
        {
            limbs = NextLimbs();
        } while (!Montgomery<FrModulus>.IsReduced(limbs));
        return Fr.FromMontgomeryUnchecked(limbs);
    }

    /// <summary>The next point of G1: x, then the larger or smaller of the two y.</summary>
    public G1Affine NextG1()
    {
        while (true)
        {
            var x = NextFq();
            var greatest = NextBool();
            if (!SquareRoots.TrySquareRoot(x.Square() * x + Fq.From(3), out var y))
                continue;
            return G1Affine.FromUnchecked(new(x, IsGreater(y) == greatest ? y : -y));
        }
    }

    /// <summary>The next point of G2: a point of the curve times the cofactor 2q - r.</summary>
    public G2Affine NextG2()
    {
        while (true)
        {
            var x = new Fq2(NextFq(), NextFq());
            var greatest = NextBool();
            if (!SquareRoots.TrySquareRoot(x.Square() * x + G2Affine.B, out var y))
                continue;
            var isGreater = y.C1.IsZero ? IsGreater(y.C0) : IsGreater(y.C1);
            var point = new AffinePoint<Fq2>(x, isGreater == greatest ? y : -y);
            return G2Affine.FromUnchecked(CurvePoint<Fq2>.Multiply(point, Cofactor).ToAffine());
        }
    }

    private static readonly Limbs Cofactor = Limbs.ReadBigEndian(
        (2 * Fq.Modulus - Fr.Modulus).ToByteArray(isUnsigned: true, isBigEndian: true)
    );

    private static bool IsGreater(in Fq value) => value.ToBigInteger() > Fq.Modulus / 2;

    private Fq NextFq()
    {
        Limbs limbs;
        do
        {
            limbs = NextLimbs();
        } while (!Montgomery<FqModulus>.IsReduced(limbs));
        return Fq.FromMontgomeryUnchecked(limbs);
    }

    private bool NextBool() => (NextWord() & 1) == 1;

    private Limbs NextLimbs() => new(NextLimb(), NextLimb(), NextLimb(), NextLimb() & (ulong.MaxValue >> 2));

    private ulong NextLimb()
    {
        ulong high = NextWord();
        return (high << 32) | NextWord();
    }

    private uint NextWord()
    {
        if (_next == 16)
            MakeBlock();
        return _block[_next++];
    }

    private void MakeBlock()
    {
        unchecked
        {
            _state.CopyTo(_block, 0);
            for (var round = 0; round < 10; round++)
            {
                for (var i = 0; i < 4; i++)
                    QuarterRound(i, 4 + i, 8 + i, 12 + i);
                for (var i = 0; i < 4; i++)
                    QuarterRound(i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4);
            }
            for (var i = 0; i < 16; i++)
                _block[i] += _state[i];
            for (var i = 12; i < 16 && ++_state[i] == 0; i++) { }
            _next = 0;
        }
    }

    private void QuarterRound(int a, int b, int c, int d)
    {
        unchecked
        {
            var s = _block;
            s[a] += s[b];
            s[d] = BitOperations.RotateLeft(s[d] ^ s[a], 16);
            s[c] += s[d];
            s[b] = BitOperations.RotateLeft(s[b] ^ s[c], 12);
            s[a] += s[b];
            s[d] = BitOperations.RotateLeft(s[d] ^ s[a], 8);
            s[c] += s[d];
            s[b] = BitOperations.RotateLeft(s[b] ^ s[c], 7);
        }
    }
}
