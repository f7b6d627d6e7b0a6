using System.Text;
using MedLedger.Consent.Chain;
using MedLedger.Consent.Chain.Contracts;
using MedLedger.Consent.Chain.Rpc;
using MedLedger.Crypto.Ethereum;
using MedLedger.Crypto.Fields;
using MedLedger.Crypto.Log;

namespace MedLedger.Consent.Evidence;

/// <summary>
/// The last check, for who has an endpoint of the chain: that it is that chain, that its ledger holds exactly this
/// publication, that the roots were valid when the analysis was reserved, and that the log's head is anchored. It is as
/// good as the endpoint that answers.
/// </summary>
public sealed class EvidenceChain(EthereumClient client)
{
    private static readonly Bytes32 ReservedEvent = Event("Reserved(uint256,uint256,address,uint40)");
    private static readonly Bytes32 PublishedEvent = Event(
        "Published(uint256,address,(uint256,uint256,uint256,uint256,uint256,uint256,uint256,uint8),((uint256[2],uint256[2][2],uint256[2]),uint256)[],bytes32,uint40)"
    );

    /// <summary>Completes the report of a file that passed all other checks.</summary>
    /// <exception cref="ChainUnavailableException">The endpoint does not answer.</exception>
    public async Task<EvidenceReport> CheckAsync(EvidenceReport report, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(report);
        if (!report.IsGood || report.Evidence is not { } evidence)
            return report;
        var holds = await HoldsAsync(evidence, cancellation).ConfigureAwait(false);
        return holds
            ? report with
            {
                Chain = ChainEvidence.Checked,
                Passed = [.. report.Passed, EvidenceCheck.Chain],
            }
            : report with
            {
                Failed = EvidenceCheck.Chain,
            };
    }

    private async Task<bool> HoldsAsync(EvidenceFile evidence, CancellationToken cancellation)
    {
        try
        {
            return await client.ChainIdAsync(cancellation).ConfigureAwait(false) == evidence.Deployment.ChainId
                && await IsVerifierAsync(evidence, cancellation).ConfigureAwait(false)
                && await IsReservedAsync(evidence, cancellation).ConfigureAwait(false)
                && await IsPublishedAsync(evidence, cancellation).ConfigureAwait(false)
                && await WereRootsValidAsync(evidence, cancellation).ConfigureAwait(false)
                && await IsAnchoredAsync(evidence, cancellation).ConfigureAwait(false);
        }
        catch (Exception e) when (e is System.Text.Json.JsonException or CallRevertedException)
        {
            return false; // the contracts are not what they should be
        }
    }

    // The ledger must be tied to the same verifying key; its verifier's address is the trust file's.
    private async Task<bool> IsVerifierAsync(EvidenceFile evidence, CancellationToken cancellation)
    {
        var call = new CallRequest(
            evidence.Deployment.AnalysisVerifier,
            Keccak256.Hash(Encoding.ASCII.GetBytes("verifyingKeyHash()")).AsMemory(0, 4)
        );
        var answer = await client.CallAsync(call, BlockId.Latest, cancellation).ConfigureAwait(false);
        return answer.Length == Bytes32.Size && new Bytes32(answer) == evidence.Circuit.VerifyingKey;
    }

    private async Task<bool> IsReservedAsync(EvidenceFile evidence, CancellationToken cancellation)
    {
        var receipt = await ReceiptAsync(evidence.Statement.Reservation, cancellation).ConfigureAwait(false);
        if (receipt is null || LogOf(receipt, evidence, ReservedEvent) is not { } log)
            return false;
        // requestCommitment, time
        return log.Data.Length == 64
            && log.Data.Span[..32].SequenceEqual(evidence.Statement.RequestCommitment.ToBytes());
    }

    private async Task<bool> IsPublishedAsync(EvidenceFile evidence, CancellationToken cancellation)
    {
        var publication = evidence.Statement.Publication;
        var receipt = await ReceiptAsync(publication, cancellation).ConfigureAwait(false);
        if (receipt is null || LogOf(receipt, evidence, PublishedEvent) is not { Topics.Count: 3 } log)
            return false;

        // The transaction's call is exactly what the file says was published.
        var ledger = new AnalysisLedger(client, evidence.Deployment.AnalysisLedger);
        var input = await client.InputAsync(publication.Transaction, cancellation).ConfigureAwait(false);
        var (statement, appearances, parts) = Published(evidence);
        var publisher = new EthereumAddress(log.Topics[2].ToBytes().AsSpan(12));
        var nullifier = evidence.Statement.Nullifier;
        ReadOnlyMemory<byte>[] calls =
        [
            ledger.Publish(nullifier, statement, appearances, parts).Data,
            ledger.PublishVerified(nullifier, publisher, statement, appearances, parts).Data,
        ];
        if (input is null || !calls.Any(call => call.Span.SequenceEqual(input)))
            return false;

        var entry = await ledger.EntryAsync(nullifier, BlockId.Latest, cancellation).ConfigureAwait(false);
        return entry.Status is LedgerStatus.Published or LedgerStatus.Verified or LedgerStatus.Unproven;
    }

    private static (LedgerStatement, RootAppearances, IReadOnlyList<LedgerPart>) Published(EvidenceFile evidence)
    {
        var (shared, signals) = (evidence.Statement, EvidenceVerifier.Signals(evidence, 0));
        var statement = new LedgerStatement
        {
            ConsentRoot = shared.ConsentRoot,
            RecordRoot = shared.RecordRoot,
            ModelRoot = shared.ModelRoot,
            EnrolRoot = shared.EnrolRoot,
            AsOf = (ulong)shared.Reservation.Time,
            RequestCommitment = shared.RequestCommitment,
            RegistryId = signals.RegistryId,
            Custody = (byte)(string.Equals(evidence.Custody, "patient", StringComparison.Ordinal) ? 1 : 0),
        };
        var n = shared.Appearances;
        return (
            statement,
            new RootAppearances(n.Consent, n.Record, n.Model, n.Enrolment),
            [.. evidence.Parts.Select(EvidenceVerifier.LedgerPartOf)]
        );
    }

    private async Task<bool> WereRootsValidAsync(EvidenceFile evidence, CancellationToken cancellation)
    {
        var (deployment, statement) = (evidence.Deployment, evidence.Statement);
        var n = statement.Appearances;
        (WindowedContract Contract, Fr Root, uint Appearance)[] roots =
        [
            (new ConsentRegistry(client, deployment.ConsentRegistry), statement.ConsentRoot, n.Consent),
            (new RecordAnchor(client, deployment.RecordAnchor), statement.RecordRoot, n.Record),
            (new ModelRegistry(client, deployment.ModelRegistry), statement.ModelRoot, n.Model),
            (new EnrolmentRegistry(client, deployment.EnrolmentRegistry), statement.EnrolRoot, n.Enrolment),
        ];
        var asOf = (ulong)statement.Reservation.Time;
        foreach (var (contract, root, appearance) in roots)
        {
            var valid = await contract
                .RootValidAtAsync(root.ToBigInteger(), appearance, asOf, cancellation)
                .ConfigureAwait(false);
            if (!valid)
                return false;
        }
        return true;
    }

    private async Task<bool> IsAnchoredAsync(EvidenceFile evidence, CancellationToken cancellation)
    {
        if (evidence.Log.Anchor is not { } anchor)
            return true;
        if (!NoteKey.TryParse(evidence.Log.Key, out var key))
            return false;
        if (!Checkpoint.TryVerify(anchor.Checkpoint, key, out var checkpoint))
            return false;
        if (await ReceiptAsync(anchor.Anchored, cancellation).ConfigureAwait(false) is null)
            return false;

        // Sizes only grow, so the head of this size is found from the newest backwards.
        var contract = new AuditAnchor(client, evidence.Deployment.AuditAnchor);
        var root = new Bytes32(checkpoint.Root);
        for (var n = await contract.CountAsync(cancellation).ConfigureAwait(false); n > 0; n--)
        {
            var head = await contract.HeadAsync(n - 1, cancellation).ConfigureAwait(false);
            if (head.Size <= (ulong)checkpoint.Size)
                return head.Size == (ulong)checkpoint.Size && head.Root == root;
        }
        return false;
    }

    private async Task<TransactionReceipt?> ReceiptAsync(EvidenceTransaction said, CancellationToken cancellation)
    {
        var receipt = await client.ReceiptAsync(said.Transaction, cancellation).ConfigureAwait(false);
        if (receipt is not { Succeeded: true } || receipt.Block != (ulong)said.Block)
            return null;
        var block = await client.BlockAsync(BlockId.At(receipt.Block), cancellation).ConfigureAwait(false);
        return block is not null && block.Time == (ulong)said.Time ? receipt : null;
    }

    private static ChainLog? LogOf(TransactionReceipt receipt, EvidenceFile evidence, Bytes32 topic)
    {
        var nullifier = new Bytes32(evidence.Statement.Nullifier.ToBytes());
        return receipt.Logs.FirstOrDefault(log =>
            log.Address == evidence.Deployment.AnalysisLedger
            && log.Topics.Count >= 2
            && log.Topics[0] == topic
            && log.Topics[1] == nullifier
        );
    }

    private static Bytes32 Event(string signature) => new(Keccak256.Hash(Encoding.ASCII.GetBytes(signature)));
}
