using System.Diagnostics.CodeAnalysis;
using Org.BouncyCastle.Math.EC;

namespace MedLedger.Crypto.Ethereum;

/// <summary>
/// An ECDSA signature over secp256k1 with the parity of R's y coordinate, so that the signer can be recovered
/// (SEC 1, section 4.1.6). One that exists has 0 &lt; r &lt; n and 0 &lt; s &lt;= n/2 (EIP-2): there is one form of each signature.
/// </summary>
public sealed class EcdsaSignature : IEquatable<EcdsaSignature>
{
    /// <summary>Bytes of r, s and v together.</summary>
    public const int Size = 65;

    private readonly byte[] _r;
    private readonly byte[] _s;

    internal EcdsaSignature(byte[] r, byte[] s, int yParity) => (_r, _s, YParity) = (r, s, yParity);

    /// <summary>r, 32 big-endian bytes.</summary>
    public ReadOnlySpan<byte> R => _r;

    /// <summary>s, 32 big-endian bytes, in the lower half of the group order.</summary>
    public ReadOnlySpan<byte> S => _s;

    /// <summary>0 or 1, as typed transactions carry it (EIP-1559).</summary>
    public int YParity { get; }

    /// <summary>27 or 28, as EIP-712 and <c>ecrecover</c> want it.</summary>
    public int V => 27 + YParity;

    /// <summary>Takes r and s of 32 big-endian bytes each. False when one is out of range, s is high, or the parity is not 0 or 1.</summary>
    public static bool TryCreate(
        ReadOnlySpan<byte> r,
        ReadOnlySpan<byte> s,
        int yParity,
        [NotNullWhen(true)] out EcdsaSignature? signature
    )
    {
        signature = null;
        if (r.Length != 32 || s.Length != 32 || yParity is not (0 or 1))
            return false;

        var rValue = Secp256k1.Scalar(r);
        var sValue = Secp256k1.Scalar(s);
        if (rValue.SignValue == 0 || rValue.CompareTo(Secp256k1.N) >= 0)
            return false;
        if (sValue.SignValue == 0 || sValue.CompareTo(Secp256k1.HalfN) > 0)
            return false;

        signature = new EcdsaSignature(r.ToArray(), s.ToArray(), yParity);
        return true;
    }

    /// <summary>Reads r, s and v (27 or 28): 65 bytes.</summary>
    public static bool TryParse(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out EcdsaSignature? signature)
    {
        signature = null;
        return bytes.Length == Size && TryCreate(bytes[..32], bytes[32..64], bytes[64] - 27, out signature);
    }

    /// <summary>r, s and v (27 or 28): 65 bytes, as EIP-712 and ERC-1271 carry them.</summary>
    public byte[] ToBytes() => [.. _r, .. _s, (byte)V];

    /// <summary>The address whose key made this signature over a 32-byte hash; false when there is none.</summary>
    /// <exception cref="ArgumentException">The hash has not 32 bytes.</exception>
    public bool TryRecover(ReadOnlySpan<byte> hash, out EthereumAddress address)
    {
        address = default;
        if (!TryRecoverPublicKey(hash, out var publicKey))
            return false;
        address = EthereumAddress.FromPublicKey(publicKey);
        return true;
    }

    /// <summary>The public key (X and Y, 64 bytes) that made this signature over a 32-byte hash; false when there is none.</summary>
    /// <exception cref="ArgumentException">The hash has not 32 bytes.</exception>
    public bool TryRecoverPublicKey(ReadOnlySpan<byte> hash, [NotNullWhen(true)] out byte[]? publicKey)
    {
        if (hash.Length != 32)
            throw new ArgumentException("A message hash has 32 bytes.", nameof(hash));

        publicKey = null;
        var r = Secp256k1.Scalar(_r);

        // An R with x >= n would need r + n as x; the signer never makes one (its chance is 2^-128).
        var x = Secp256k1.Curve.FromBigInteger(r);
        var y = x.Square().Multiply(x).Add(Secp256k1.Curve.B).Sqrt();
        if (y is null)
            return false;
        if (y.TestBitZero() != (YParity == 1))
            y = y.Negate();

        // Q = r^-1 (sR - zG)
        var rInverse = r.ModInverse(Secp256k1.N);
        var u1 = Secp256k1.Scalar(hash).Negate().Multiply(rInverse).Mod(Secp256k1.N);
        var u2 = Secp256k1.Scalar(_s).Multiply(rInverse).Mod(Secp256k1.N);
        var point = Secp256k1.Curve.CreatePoint(x.ToBigInteger(), y.ToBigInteger());
        var q = ECAlgorithms.SumOfTwoMultiplies(Secp256k1.G, u1, point, u2).Normalize();
        if (q.IsInfinity)
            return false;

        publicKey = Secp256k1.Encode(q);
        return true;
    }

    /// <inheritdoc/>
    public bool Equals(EcdsaSignature? other) =>
        other is not null && YParity == other.YParity && R.SequenceEqual(other.R) && S.SequenceEqual(other.S);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as EcdsaSignature);

    /// <inheritdoc/>
    public override int GetHashCode() => BitConverter.ToInt32(_r);
}
