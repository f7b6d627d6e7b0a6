using MedLedger.Consent.Chain;
using MedLedger.Consent.Chain.Contracts;
using MedLedger.Consent.Commitments;
using MedLedger.Consent.Evidence;
using MedLedger.Consent.Statements;

namespace MedLedger.Api.Jobs;

/// <summary>The evidence file of a published analysis (PROTOCOL, section 7).</summary>
internal sealed partial class AnalysisJobs
{
    private async Task<byte[]> EvidenceAsync(Job job, CancellationToken cancellation)
    {
        var chain = ledger.Chain;
        var signals = Signals(job.Content.Proofs[0]);
        var statement = StatementOf(signals);
        var parts = Parts(job);
        var appearances = job.Content.Appearances;
        var manifest = CircuitManifest.Pinned;
        var file = new EvidenceFile
        {
            Format = EvidenceFile.CurrentFormat,
            Chain = chain.IsLocal ? "local" : "shared",
            Deployment = chain.Deployment,
            Circuit = new EvidenceCircuit
            {
                Version = manifest.CircuitVersion,
                Ceremony = manifest.Ceremony,
                VerifyingKey = new Bytes32(manifest.VerifyingKeyHash),
            },
            Custody = statement.Custody == (byte)Custody.Patient ? "patient" : "operator",
            Statement = new EvidenceStatement
            {
                Nullifier = signals.Nullifier,
                RequestCommitment = signals.RequestCommitment,
                ConsentRoot = signals.ConsentRoot,
                RecordRoot = signals.RecordRoot,
                ModelRoot = signals.ModelRoot,
                EnrolRoot = signals.EnrolRoot,
                Appearances = new EvidenceAppearances(appearances[0], appearances[1], appearances[2], appearances[3]),
                Reservation = Transaction(job.Content.Reservation!),
                Publication = Transaction(job.Content.Publication!),
            },
            Parts =
            [
                .. parts.Select(
                    (part, i) =>
                        new EvidencePart(
                            part.ResultCommitment,
                            job.Content.Proofs[i].Proof,
                            AnalysisLedger.PartHash(part)
                        )
                ),
            ],
            Enrolment = new EvidenceEnrolment(ledger.AuthorityKey.ToString(), ledger.SignEnrolment(signals.EnrolRoot)),
            Log = await LogAsync(job, cancellation),
            Openings = SealedOpenings.None,
            Signature = [],
        };
        if (!Openings.TryParse(job.Content.Openings, out var openings))
            throw new InvalidDataException("The stored openings of an analysis are damaged.");
        file = ComplianceKey.Seal(file, openings, ledger.CompliancePublicKey);
        return EvidenceSigner.Sign(file, ledger.Audit.PrivateKey);
    }

    /// <summary>Receipts of the analysis under the newest head, which is anchored first.</summary>
    private async Task<EvidenceLog> LogAsync(Job job, CancellationToken cancellation)
    {
        var anchored = await ledger.Anchoring.AnchorLogAsync(cancellation);
        await using var context = Store.CreateDbContext();
        var log = ledger.Audit.Log(context);
        var receipts = new List<EvidenceReceipt>();
        var checkpoint = "";
        foreach (var entry in new[] { job.Content.PermittedEntry!.Value, job.Content.PublishedEntry!.Value })
        {
            var receipt =
                await log.ReceiptAsync(entry, anchored.Head, cancellation)
                ?? throw new InvalidDataException("The log lacks an entry of this analysis.");
            receipts.Add(new EvidenceReceipt(receipt.Index, receipt.Entry, receipt.Proof));
            checkpoint = receipt.Note;
        }
        return new EvidenceLog
        {
            Key = ledger.Audit.Key.ToString(),
            Checkpoint = checkpoint,
            Receipts = receipts,
            Anchor = new EvidenceAnchor(
                anchored.Head.Note,
                await log.ConsistencyAsync(anchored.Head.Size, anchored.Head.Size, cancellation),
                Transaction(anchored.Transaction)
            ),
        };
    }

    private static EvidenceTransaction Transaction(StoredTransaction transaction) =>
        new(Hash(transaction.Hash), transaction.Block, transaction.Time);

    private static Bytes32 Hash(string text) =>
        Bytes32.TryParse(text, out var hash)
            ? hash
            : throw new InvalidDataException("A job's transaction hash is damaged.");
}
