using System.Buffers.Binary;
using System.Numerics;
using MedLedger.Crypto.Ethereum;
using MedLedger.Crypto.Fields;

namespace MedLedger.Consent.Commitments;

/// <summary>
/// registryId = chain id * 2^160 + registry address: inside every G, so that a leaf of another registry or chain is not
/// a grant here.
/// </summary>
public static class RegistryId
{
    /// <summary>Bits of a chain id.</summary>
    public const int ChainIdBits = 93;

    /// <summary>Computes the signal.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The chain id is negative or has more than 93 bits.</exception>
    public static Fr Compute(BigInteger chainId, EthereumAddress registry)
    {
        if (chainId.Sign < 0 || chainId >= BigInteger.One << ChainIdBits)
            throw new ArgumentOutOfRangeException(nameof(chainId));
        return Fr.FromBigInteger((chainId << 160) | AddressElement.Of(registry).ToBigInteger());
    }
}

/// <summary>
/// context = SHA-256("medledger.context" || chain id || ledger || circuit version) cut to 248 bits: binds a proof to
/// one ledger. The ledger computes the same.
/// </summary>
public static class Context
{
    /// <summary>The version of the circuit that this program proves.</summary>
    public const int CircuitVersion = 1;

    /// <summary>Computes the signal.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The chain id does not fit, or the version is negative.</exception>
    public static Fr Compute(BigInteger chainId, EthereumAddress ledger, int circuitVersion = CircuitVersion)
    {
        if (chainId.Sign < 0 || chainId >= BigInteger.One << RegistryId.ChainIdBits)
            throw new ArgumentOutOfRangeException(nameof(chainId));
        ArgumentOutOfRangeException.ThrowIfNegative(circuitVersion);
        ReadOnlySpan<byte> label = "medledger.context"u8;
        Span<byte> preimage = stackalloc byte[label.Length + 32 + EthereumAddress.Size + 32];
        preimage.Clear();
        label.CopyTo(preimage);
        Fr.FromBigInteger(chainId).WriteBigEndian(preimage.Slice(label.Length, 32));
        ledger.WriteTo(preimage.Slice(label.Length + 32, EthereumAddress.Size));
        BinaryPrimitives.WriteInt32BigEndian(preimage[^4..], circuitVersion);
        return Digest248.Of(preimage);
    }
}

/// <summary>An address as the field element of its 160 bits.</summary>
internal static class AddressElement
{
    internal static Fr Of(EthereumAddress address)
    {
        Span<byte> padded = stackalloc byte[Fr.SizeInBytes];
        padded.Clear();
        address.WriteTo(padded[^EthereumAddress.Size..]);
        return Fr.ReduceModR(padded); // 160 bits: nothing to reduce
    }
}
