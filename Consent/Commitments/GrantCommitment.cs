using System.Numerics;
using System.Runtime.InteropServices;
using MedLedger.Consent.Grants;
using MedLedger.Crypto.Ethereum;
using MedLedger.Crypto.Fields;
using MedLedger.Crypto.Poseidon;

namespace MedLedger.Consent.Commitments;

/// <summary>
/// A grant's fields packed into three words of 224, 169 and 128 bits (circuits/COMMITMENTS.md). Values that exist are
/// in range.
/// </summary>
public sealed record GrantWords
{
    private GrantWords(Fr masks1, Fr masks2, Fr window) => (Masks1, Masks2, Window) = (masks1, masks2, window);

    /// <summary>Types 0-127, labels, purposes.</summary>
    public Fr Masks1 { get; }

    /// <summary>Types 128-255, model classes, actions, maxUses.</summary>
    public Fr Masks2 { get; }

    /// <summary>notBefore, notAfter, dataFrom, dataTo.</summary>
    public Fr Window { get; }

    /// <summary>Packs a grant.</summary>
    /// <exception cref="ArgumentException">A field is outside its range, a period is empty, or the grant allows nothing.</exception>
    public static GrantWords Pack(Grant grant)
    {
        ArgumentNullException.ThrowIfNull(grant);
        Require(grant.Types > 0 && grant.Types < BigInteger.One << 256, nameof(grant.Types));
        Require(grant.Purposes != 0, nameof(grant.Purposes));
        Require(grant.Actions != 0, nameof(grant.Actions));
        Require(grant.ModelClasses != 0, nameof(grant.ModelClasses));
        Require(grant.MaxUses is >= 1 and <= 1 << 16, nameof(grant.MaxUses));
        Require(grant.NotBefore >= 0 && grant.NotBefore < grant.NotAfter, nameof(grant.NotBefore));
        Require(grant.NotAfter < 1L << 40, nameof(grant.NotAfter));
        Require(grant.DataFrom >= 0 && grant.DataFrom <= grant.DataTo, nameof(grant.DataFrom));
        Require(grant.DataTo < 1 << 24, nameof(grant.DataTo));

        var lowTypes = grant.Types & ((BigInteger.One << 128) - 1);
        var masks1 = lowTypes | ((BigInteger)grant.Labels << 128) | ((BigInteger)grant.Purposes << 160);
        var masks2 =
            (grant.Types >> 128)
            | ((BigInteger)grant.ModelClasses << 128)
            | ((BigInteger)grant.Actions << 144)
            | ((BigInteger)grant.MaxUses << 152);
        var window =
            grant.NotBefore
            | ((BigInteger)grant.NotAfter << 40)
            | ((BigInteger)grant.DataFrom << 80)
            | ((BigInteger)grant.DataTo << 104);
        return new(Fr.FromBigInteger(masks1), Fr.FromBigInteger(masks2), Fr.FromBigInteger(window));
    }

    private static void Require(bool inRange, string field)
    {
        if (!inRange)
            throw new ArgumentException($"{field} is out of range for a grant.", field);
    }
}

/// <summary>
/// A grant's two commitments: Gi = H(tag, P, grantee, masks1, masks2, window, termsDigest, grantSecret), which is shown
/// to revoke it, and G = H(tag, Gi, controller, registryId), the leaf of the consent tree, which the patient signs.
/// </summary>
[StructLayout(LayoutKind.Auto)]
public readonly record struct GrantCommitment(Fr Inner, Fr Leaf)
{
    /// <summary>Computes both.</summary>
    public static GrantCommitment Compute(
        Fr patient,
        Fr grantee,
        GrantWords words,
        Fr termsDigest,
        Fr grantSecret,
        EthereumAddress controller,
        Fr registryId
    )
    {
        ArgumentNullException.ThrowIfNull(words);
        var inner = PoseidonHash.Hash(
            Tags.GrantInner,
            patient,
            grantee,
            words.Masks1,
            words.Masks2,
            words.Window,
            termsDigest,
            grantSecret
        );
        return new(inner, ComputeLeaf(inner, controller, registryId));
    }

    /// <summary>G from Gi, as the registry recomputes it on revocation.</summary>
    public static Fr ComputeLeaf(Fr inner, EthereumAddress controller, Fr registryId) =>
        PoseidonHash.Hash(Tags.Grant, inner, AddressElement.Of(controller), registryId);
}
