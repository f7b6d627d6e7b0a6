using System.Numerics;
using MedLedger.Consent.Chain.Abi;
using MedLedger.Crypto.Ethereum;
using MedLedger.Crypto.Fields;

namespace MedLedger.Consent.Chain.Contracts;

/// <summary>
/// The right to revoke one grant, ready to be sent by anybody: the inner commitment Gi, the controller that belongs to
/// this grant alone, and its EIP-712 signature <c>Revocation(uint256 leaf,uint256 deadline)</c>, bound to chain and registry.
/// </summary>
/// <param name="Inner">Gi.</param>
/// <param name="Controller">The account of this grant.</param>
/// <param name="Deadline">Unix seconds until which the contract takes it; <see cref="NoDeadline"/> for ever.</param>
/// <param name="Signature">65 bytes r, s, v, or what an ERC-1271 account wants.</param>
public sealed record SignedRevocation(
    Fr Inner,
    EthereumAddress Controller,
    BigInteger Deadline,
    ReadOnlyMemory<byte> Signature
)
{
    private static readonly Eip712 Types = new(
        new Dictionary<string, IReadOnlyList<Eip712Member>>(StringComparer.Ordinal)
        {
            ["Revocation"] = [new("leaf", "uint256"), new("deadline", "uint256")],
        }
    );

    /// <summary>The deadline of a revocation without expiry: 2^256 - 1.</summary>
    public static BigInteger NoDeadline { get; } = (BigInteger.One << 256) - 1;

    /// <summary>The digest that the controller signs.</summary>
    public static Bytes32 Digest(ulong chainId, EthereumAddress registry, Fr leaf, BigInteger deadline) =>
        Types.Digest(
            new Eip712Domain("MedLedger ConsentRegistry", "1", chainId, registry),
            "Revocation",
            new Dictionary<string, object>(StringComparer.Ordinal) { ["leaf"] = leaf, ["deadline"] = deadline }
        );

    /// <summary>Signs with the controller's key.</summary>
    /// <param name="controller">The key of this grant alone.</param>
    /// <param name="chainId">The chain of the registry.</param>
    /// <param name="registry">The registry that holds the grant.</param>
    /// <param name="inner">Gi.</param>
    /// <param name="leaf">G.</param>
    /// <param name="deadline">Unix seconds; null for no expiry.</param>
    public static SignedRevocation Sign(
        Secp256k1PrivateKey controller,
        ulong chainId,
        EthereumAddress registry,
        Fr inner,
        Fr leaf,
        BigInteger? deadline = null
    )
    {
        var until = deadline ?? NoDeadline;
        var signature = controller.Sign(Digest(chainId, registry, leaf, until).ToBytes());
        return new SignedRevocation(inner, controller.Address, until, signature.ToBytes());
    }

    /// <summary>Whether the signature is the controller's own for this leaf (accounts with code cannot be checked here).</summary>
    public bool Verify(ulong chainId, EthereumAddress registry, Fr leaf) =>
        EcdsaSignature.TryParse(Signature.Span, out var signature)
        && signature.TryRecover(Digest(chainId, registry, leaf, Deadline).ToBytes(), out var signer)
        && signer == Controller;
}
