using System.Numerics;
using MedLedger.Consent.Chain.Rpc;
using MedLedger.Consent.Chain.Transactions;
using MedLedger.Crypto.Ethereum;
using MedLedger.Crypto.Fields;

namespace MedLedger.Consent.Chain.Contracts;

/// <summary>The contract EnrolmentRegistry: roots of the enrolment authority's tree.</summary>
public sealed class EnrolmentRegistry(EthereumClient client, EthereumAddress address)
    : WindowedContract(client, address, "EnrolmentRegistry")
{
    /// <summary>Posts a root that only adds patients. Sent by the authority.</summary>
    public TransactionRequest Enrol(Fr root) => Request("enrol", "enrol", [root]);

    /// <summary>Posts a root in which an enrolment ended or changed; every root before ends. Sent by the authority.</summary>
    public TransactionRequest Withdraw(Fr root) => Request("withdraw enrolment", "withdraw", [root]);
}

/// <summary>The contract RecordAnchor: roots of the tree of records, each ending the one before.</summary>
public sealed class RecordAnchor(EthereumClient client, EthereumAddress address)
    : WindowedContract(client, address, "RecordAnchor")
{
    /// <summary>Anchors the tree as it is. Sent by the operator, on a clock.</summary>
    /// <param name="root">The root.</param>
    /// <param name="size">Positions in use; never fewer than before.</param>
    public TransactionRequest Anchor(Fr root, ulong size) => Request("anchor records", "anchor", [root, size]);
}

/// <summary>The states of a model, in the contract's order.</summary>
public enum ModelState
{
    /// <summary>Never seen.</summary>
    Unknown,

    /// <summary>Proposed; approvals or the delay are missing.</summary>
    Proposed,

    /// <summary>In the tree.</summary>
    Approved,

    /// <summary>Ended before approval; may be proposed again.</summary>
    Vetoed,

    /// <summary>Taken out; may be proposed again.</summary>
    Withdrawn,
}

/// <summary>What the registry knows of a model.</summary>
public sealed record RegistryModel(ModelState State, byte Approvals, ushort Index, uint Round, ulong ReadyAt);

/// <summary>The contract ModelRegistry: the tree of approved models.</summary>
public sealed class ModelRegistry(EthereumClient client, EthereumAddress address)
    : WindowedContract(client, address, "ModelRegistry")
{
    /// <summary>Levels of the tree.</summary>
    public const int Depth = 8;

    /// <summary>Proposes and approves a model. Sent by an officer.</summary>
    public TransactionRequest Propose(Fr model) => Request("propose model", "propose", [model]);

    /// <summary>Approves a proposed model. Sent by another officer.</summary>
    public TransactionRequest Approve(Fr model) => Request("approve model", "approve", [model]);

    /// <summary>Puts an accepted model into the tree after the delay. Sent by anybody.</summary>
    public TransactionRequest Enact(Fr model) => Request("enact model", "enact", [model]);

    /// <summary>Ends a proposal. Sent by a warden.</summary>
    public TransactionRequest Veto(Fr model) => Request("veto model", "veto", [model]);

    /// <summary>Takes a model out at once. Sent by a warden.</summary>
    public TransactionRequest Withdraw(Fr model) => Request("withdraw model", "withdraw", [model]);

    /// <summary>What the contract knows of a model.</summary>
    public async Task<RegistryModel> ModelAsync(Fr model, CancellationToken cancellation)
    {
        var values = (object[])
            (await CallAsync("modelOf", BlockId.Latest, cancellation, model).ConfigureAwait(false))[0];
        return new RegistryModel(
            (ModelState)(int)(BigInteger)values[0],
            (byte)(BigInteger)values[1],
            (ushort)(BigInteger)values[2],
            (uint)(BigInteger)values[3],
            (ulong)(BigInteger)values[4]
        );
    }
}

/// <summary>A head of the audit log as anchored: RFC 6962 root, entries, block time.</summary>
public sealed record AnchoredHead(Bytes32 Root, ulong Size, ulong Time);

/// <summary>The contract AuditAnchor: heads of the audit log.</summary>
public sealed class AuditAnchor(EthereumClient client, EthereumAddress address)
    : Contract(client, address, "AuditAnchor")
{
    /// <summary>Anchors a head; its size must have grown. Sent by the operator, on a clock.</summary>
    public TransactionRequest Anchor(Bytes32 root, ulong size) => Request("anchor log", "anchor", [root, size]);

    /// <summary>How many heads there are.</summary>
    public async Task<ulong> CountAsync(CancellationToken cancellation) =>
        (ulong)await IntegerAsync("count", cancellation).ConfigureAwait(false);

    /// <summary>The newest head; of size 0 when there is none.</summary>
    public async Task<AnchoredHead> LatestAsync(CancellationToken cancellation) =>
        Read(await CallAsync("latest", BlockId.Latest, cancellation).ConfigureAwait(false));

    /// <summary>The n-th head, from 0.</summary>
    public async Task<AnchoredHead> HeadAsync(ulong n, CancellationToken cancellation) =>
        Read(await CallAsync("headAt", BlockId.Latest, cancellation, n).ConfigureAwait(false));

    private static AnchoredHead Read(Abi.AbiValues values)
    {
        var head = (object[])values[0];
        return new AnchoredHead(new Bytes32((byte[])head[0]), (ulong)(BigInteger)head[1], (ulong)(BigInteger)head[2]);
    }
}

/// <summary>One word for each analysis, shared by all versions of the ledger; a part of the first version.</summary>
public sealed class NullifierSet(EthereumClient client, EthereumAddress address)
    : Contract(client, address, "AnalysisLedger")
{
    /// <summary>Lets a later version of the ledger write, for ever. Sent by the administrator.</summary>
    public TransactionRequest Admit(EthereumAddress ledger) => Request("admit ledger", "admit", [ledger]);

    /// <summary>The word of a nullifier; 0 when it is free.</summary>
    public Task<BigInteger> WordAsync(Fr nullifier, CancellationToken cancellation) =>
        IntegerAsync("wordOf", cancellation, nullifier);
}
