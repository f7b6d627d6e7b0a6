using MedLedger.Consent.Chain;
using MedLedger.Consent.Chain.Contracts;
using MedLedger.Consent.Commitments;
using MedLedger.Consent.Log;
using MedLedger.Consent.Statements;
using MedLedger.Crypto.Fields;
using MedLedger.Crypto.Groth16;
using MedLedger.Crypto.Log;

namespace MedLedger.Consent.Evidence;

/// <summary>
/// Verifies an evidence file without server or chain. Trust comes from the verifier's side: the verifying keys it was
/// built with, and a trust file. Checks are made in order, and the first that fails ends it.
/// </summary>
/// <param name="circuits">Accepted circuits by the SHA-256 of their verifying key's file.</param>
public sealed class EvidenceVerifier(IReadOnlyDictionary<Bytes32, AcceptedCircuit> circuits)
{
    // How far the log's clock and the chain's may lie apart.
    private const long ClockTolerance = 300;

    /// <summary>Verifies a file.</summary>
    /// <param name="utf8">The file's bytes.</param>
    /// <param name="trust">What to trust; without it the log's key is taken from the file and the answer is at best <c>consistent</c>.</param>
    public EvidenceReport Verify(ReadOnlyMemory<byte> utf8, TrustFile? trust)
    {
        var passed = new List<EvidenceCheck>();
        EvidenceReport Report(EvidenceCheck? failed, EvidenceFile? evidence) =>
            new()
            {
                Failed = failed,
                Passed = passed,
                Pinned = trust is not null,
                Chain = evidence?.Chain == "local" ? ChainEvidence.Local : ChainEvidence.NotChecked,
                Evidence = evidence,
            };

        if (!TryRead(utf8, out var evidence, out var logKey, out var authority))
            return Report(EvidenceCheck.Format, null);
        passed.Add(EvidenceCheck.Format);

        (EvidenceCheck Check, Func<bool> Holds)[] checks =
        [
            (EvidenceCheck.Signature, () => IsSigned(utf8, evidence, trust is null ? logKey : Key(trust.LogKey))),
            (EvidenceCheck.Trust, () => trust is null || IsTrusted(evidence, trust)),
            (EvidenceCheck.VerifyingKey, () => IsAccepted(evidence.Circuit)),
            (EvidenceCheck.Statement, () => IsStatement(evidence)),
            (EvidenceCheck.Proof, () => DoProofsHold(evidence, circuits[evidence.Circuit.VerifyingKey].Key)),
            (EvidenceCheck.Enrolment, () => IsEnrolment(evidence, authority)),
            (EvidenceCheck.Checkpoint, () => Checkpoint.TryVerify(evidence.Log.Checkpoint, logKey, out _)),
            (EvidenceCheck.Inclusion, () => AreIncluded(evidence.Log, logKey)),
            (EvidenceCheck.Entries, () => DoEntriesAgree(evidence)),
            (EvidenceCheck.Consistency, () => IsConsistent(evidence.Log, logKey)),
        ];
        foreach (var (check, holds) in checks)
        {
            if (!holds())
                return Report(check, evidence);
            passed.Add(check);
        }
        return Report(null, evidence);
    }

    /// <summary>The public signals of one part, as every verifier must compute them itself.</summary>
    public static PublicSignals Signals(EvidenceFile evidence, int part)
    {
        var statement = evidence.Statement;
        return new PublicSignals(
            statement.ConsentRoot,
            statement.RecordRoot,
            statement.ModelRoot,
            statement.EnrolRoot,
            Fr.From((ulong)statement.Reservation.Time),
            statement.Nullifier,
            evidence.Parts[part].ResultCommitment,
            statement.RequestCommitment,
            evidence.Deployment.RegistrySignal,
            Context.Compute(evidence.Deployment.ChainId, evidence.Deployment.AnalysisLedger, evidence.Circuit.Version),
            new Shape(part, evidence.Parts.Count, CustodyOf(evidence)!.Value).Pack()
        );
    }

    private static bool TryRead(
        ReadOnlyMemory<byte> utf8,
        out EvidenceFile evidence,
        out NoteKey logKey,
        out NoteKey authority
    )
    {
        (evidence, logKey, authority) = (null!, null!, null!);
        if (
            !EvidenceJson.TryRead<EvidenceFile>(utf8, out var read)
            || !string.Equals(read.Format, EvidenceFile.CurrentFormat, StringComparison.Ordinal)
            || read.Chain is not ("local" or "shared")
            || CustodyOf(read) is null
            || read.Parts.Count is < 1 or > Shape.MaxParts
            || read.Parts.Any(p => p is null)
            || read.Log.Receipts.Any(r => r is null)
            || read.Circuit.Version < 1
            || read.Openings.Encapsulation.Length == 0
            || read.Openings.Ciphertext.Length == 0
            || !IsTransaction(read.Statement.Reservation)
            || !IsTransaction(read.Statement.Publication)
            || (read.Log.Anchor is { } anchor && !IsTransaction(anchor.Anchored))
            || !NoteKey.TryParse(read.Log.Key, out var log)
            || !NoteKey.TryParse(read.Enrolment.Key, out var enrolment)
        )
            return false;
        (evidence, logKey, authority) = (read, log, enrolment);
        return true;
    }

    private static bool IsTransaction(EvidenceTransaction transaction) =>
        transaction is { Block: >= 0, Time: >= 0 and < 1L << 40 };

    private static Custody? CustodyOf(EvidenceFile evidence) =>
        evidence.Custody switch
        {
            "operator" => Custody.Operator,
            "patient" => Custody.Patient,
            _ => null,
        };

    private static NoteKey Key(string text) =>
        NoteKey.TryParse(text, out var key) ? key : throw new ArgumentException("Not a verifier key.", nameof(text));

    private static bool IsSigned(ReadOnlyMemory<byte> utf8, EvidenceFile evidence, NoteKey key) =>
        EvidenceJson.TryCanonical(utf8, [EvidenceJson.SignatureMember], out var signed)
        && Ed25519Signature.Verify(key.PublicKey, signed, evidence.Signature);

    private static bool IsTrusted(EvidenceFile evidence, TrustFile trust) =>
        evidence.Deployment == trust.Deployment
        && string.Equals(evidence.Log.Key, trust.LogKey, StringComparison.Ordinal)
        && string.Equals(evidence.Enrolment.Key, trust.EnrolmentKey, StringComparison.Ordinal)
        && evidence.Openings.Recipient == trust.ComplianceKey;

    // Nobody makes a key look better than its ceremony was.
    private bool IsAccepted(EvidenceCircuit circuit) =>
        circuits.TryGetValue(circuit.VerifyingKey, out var accepted)
        && accepted.Version == circuit.Version
        && string.Equals(accepted.Ceremony, circuit.Ceremony, StringComparison.Ordinal);

    private static bool IsStatement(EvidenceFile evidence)
    {
        var (reservation, publication) = (evidence.Statement.Reservation, evidence.Statement.Publication);
        // The ledger takes a publication in a later second than the reservation only.
        if (reservation.Time >= publication.Time || reservation.Block >= publication.Block)
            return false;
        return evidence.Parts.All(part =>
            part.Proof.Length == Proof.SizeInBytes && AnalysisLedger.PartHash(LedgerPartOf(part)) == part.ProofHash
        );
    }

    internal static LedgerPart LedgerPartOf(EvidencePart part) =>
        new(
            [
                .. part
                    .Proof.Chunk(Fq.SizeInBytes)
                    .Select(c => new System.Numerics.BigInteger(c, isUnsigned: true, isBigEndian: true)),
            ],
            part.ResultCommitment
        );

    private static bool DoProofsHold(EvidenceFile evidence, PreparedVerifyingKey key) =>
        Enumerable
            .Range(0, evidence.Parts.Count)
            .All(part =>
                Proof.TryParse(evidence.Parts[part].Proof) is { } proof
                && Verifier.Verify(key, proof, Signals(evidence, part).ToArray())
            );

    private static bool IsEnrolment(EvidenceFile evidence, NoteKey authority) =>
        EnrolmentNote.Verify(
            evidence.Enrolment.Note,
            authority,
            evidence.Deployment.ChainId,
            evidence.Deployment.EnrolmentRegistry,
            evidence.Statement.EnrolRoot
        );

    private static bool AreIncluded(EvidenceLog log, NoteKey key) =>
        log.Receipts.All(r => new LogReceipt(r.Index, r.Entry, r.Path, log.Checkpoint).Verify(key));

    private static bool DoEntriesAgree(EvidenceFile evidence)
    {
        var subject = new Bytes32(evidence.Statement.Nullifier.ToBytes());
        var entries = new List<(long Index, AuditEntry Entry)>();
        foreach (var receipt in evidence.Log.Receipts)
        {
            // Every entry is about this analysis, and in the order in which it happened.
            if (!AuditEntry.TryDecode(receipt.Entry, out var entry) || entry.Subject != subject)
                return false;
            if (entries.Count > 0 && receipt.Index <= entries[^1].Index)
                return false;
            entries.Add((receipt.Index, entry));
        }
        var publication = evidence.Statement.Publication.Transaction;
        return entries.Count >= 2
            && entries[0].Entry is { Action: AuditAction.AnalysisRequested, Decision: AuditDecision.Permitted } first
            && first.Time <= evidence.Statement.Reservation.Time + ClockTolerance
            && entries.Any(e => e.Entry.Action == AuditAction.AnalysisPublished && e.Entry.Root == publication);
    }

    private static bool IsConsistent(EvidenceLog log, NoteKey key)
    {
        if (log.Anchor is not { } anchor)
            return true;
        return Checkpoint.TryVerify(log.Checkpoint, key, out var first)
            && Checkpoint.TryVerify(anchor.Checkpoint, key, out var second)
            && MerkleProof.VerifyConsistency(first.Size, first.Root, second.Size, second.Root, anchor.Consistency);
    }
}
