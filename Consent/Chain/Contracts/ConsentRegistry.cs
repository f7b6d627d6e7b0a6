using System.Numerics;
using MedLedger.Consent.Chain.Rpc;
using MedLedger.Consent.Chain.Transactions;
using MedLedger.Crypto.Ethereum;
using MedLedger.Crypto.Fields;

namespace MedLedger.Consent.Chain.Contracts;

/// <summary>The states of a leaf in the registry, in the contract's order; a leaf never goes back.</summary>
public enum LeafState
{
    /// <summary>Never seen.</summary>
    Unknown,

    /// <summary>In the tree.</summary>
    Live,

    /// <summary>Revoked, still in the tree; meanwhile no consent root is valid.</summary>
    Pending,

    /// <summary>Revoked, its position is empty.</summary>
    Removed,

    /// <summary>Revoked before it was inserted; it never can be.</summary>
    Barred,
}

/// <summary>What the registry knows of a leaf. Times are Unix seconds; 0 where the event has not happened.</summary>
public sealed record RegistryLeaf(LeafState State, uint Index, ulong GrantedAt, ulong RevokedAt);

/// <summary>The contract ConsentRegistry: the tree of grants.</summary>
public sealed class ConsentRegistry(EthereumClient client, EthereumAddress address)
    : WindowedContract(client, address, "ConsentRegistry")
{
    /// <summary>Levels of the tree.</summary>
    public const int Depth = 20;

    /// <summary>Leaves that fit into one transaction under the gas cap of EIP-7825, with room to spare.</summary>
    public const int LargestBatch = 64;

    /// <summary>Appends leaves; those that are known are skipped. Sent by a relayer.</summary>
    public TransactionRequest Grant(IReadOnlyList<Fr> leaves) =>
        Request("grant", "grant", [leaves.Select(leaf => (object)leaf).ToArray()]);

    /// <summary>
    /// The slow lane of whom no relayer serves: announces a leaf. Sent by anybody; from <see cref="ReadyAtAsync"/> on
    /// <see cref="GrantProposed"/> takes it.
    /// </summary>
    public TransactionRequest ProposeGrant(Fr leaf) => Request("propose grant", "propose", [leaf]);

    /// <summary>Appends leaves that were proposed a day ago; those that are known are skipped. Sent by anybody.</summary>
    public TransactionRequest GrantProposed(IReadOnlyList<Fr> leaves) =>
        Request("grant proposed", "grantProposed", [leaves.Select(leaf => (object)leaf).ToArray()]);

    /// <summary>Unix seconds from which on a proposed leaf can be inserted; 0 when it was not proposed.</summary>
    public async Task<ulong> ReadyAtAsync(Fr leaf, CancellationToken cancellation) =>
        (ulong)await IntegerAsync("readyAt", cancellation, leaf).ConfigureAwait(false);

    /// <summary>Revokes by the controller's signature. Sent by anybody.</summary>
    public TransactionRequest Revoke(SignedRevocation revocation) =>
        Request(
            "revoke",
            "revoke",
            [revocation.Inner, revocation.Controller, revocation.Deadline, revocation.Signature.ToArray()]
        );

    /// <summary>Revokes, and takes the leaf out at once unless the path is stale. Sent by anybody.</summary>
    /// <param name="revocation">The signed revocation.</param>
    /// <param name="path">The leaf's 20 siblings in the current tree, lowest first.</param>
    public TransactionRequest RevokeAndApply(SignedRevocation revocation, IReadOnlyList<Fr> path) =>
        Request(
            "revoke",
            "revokeAndApply",
            [
                revocation.Inner,
                revocation.Controller,
                revocation.Deadline,
                revocation.Signature.ToArray(),
                path.Select(sibling => (object)sibling).ToArray(),
            ]
        );

    /// <summary>Takes revoked leaves out of the tree. Sent by anybody.</summary>
    /// <param name="removals">Leaves with their siblings, each path as the leaves before it leave the tree.</param>
    public TransactionRequest ApplyRevocation(IReadOnlyList<(Fr Leaf, IReadOnlyList<Fr> Path)> removals) =>
        Request(
            "apply revocation",
            "applyRevocation",
            [
                removals.Select(removal => (object)removal.Leaf).ToArray(),
                removals.Select(removal => (object)removal.Path.Select(sibling => (object)sibling).ToArray()).ToArray(),
            ]
        );

    /// <summary>What the contract knows of a leaf.</summary>
    public async Task<RegistryLeaf> LeafAsync(Fr leaf, BlockId at, CancellationToken cancellation)
    {
        var values = (object[])(await CallAsync("leafOf", at, cancellation, leaf).ConfigureAwait(false))[0];
        return new RegistryLeaf(
            (LeafState)(int)(BigInteger)values[0],
            (uint)(BigInteger)values[1],
            (ulong)(BigInteger)values[2],
            (ulong)(BigInteger)values[3]
        );
    }

    /// <summary>Revoked leaves that are still in the tree; while there are any, nothing is granted or reserved.</summary>
    public async Task<uint> PendingAsync(CancellationToken cancellation) =>
        (uint)await IntegerAsync("pending", cancellation).ConfigureAwait(false);

    /// <summary>Positions in use.</summary>
    public Task<uint> SizeAsync(CancellationToken cancellation) => SizeAsync(BlockId.Latest, cancellation);

    /// <summary>Positions in use at a block.</summary>
    public async Task<uint> SizeAsync(BlockId at, CancellationToken cancellation) =>
        (uint)(BigInteger)(await CallAsync("size", at, cancellation).ConfigureAwait(false))[0];

    /// <summary>The digest that the contract wants signed, for comparison with ours.</summary>
    public async Task<Bytes32> RevocationDigestAsync(Fr leaf, BigInteger deadline, CancellationToken cancellation) =>
        new(
            (byte[])
                (
                    await CallAsync("revocationDigest", BlockId.Latest, cancellation, leaf, deadline)
                        .ConfigureAwait(false)
                )[0]
        );
}
