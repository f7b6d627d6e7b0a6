using System.Diagnostics;
using System.Numerics;
using MedLedger.Api.Persistence;
using MedLedger.Consent.Chain;
using MedLedger.Consent.Chain.Contracts;
using MedLedger.Consent.Chain.Following;
using MedLedger.Consent.Commitments;
using MedLedger.Consent.Evidence;
using MedLedger.Consent.Grants;
using MedLedger.Consent.Log;
using MedLedger.Consent.Statements;
using MedLedger.Consent.Vault;
using MedLedger.Crypto.Fields;
using MedLedger.Crypto.Groth16;

namespace MedLedger.Api.Jobs;

/// <summary>Proof, publication and evidence of an analysis.</summary>
internal sealed partial class AnalysisJobs
{
    private const int MostPartsVerifiedAtOnce = 16;

    /// <summary>Step 4: every part is proven in this process and verified before anything is sent.</summary>
    private async Task ProveAsync(Job job, IReadOnlyList<StatementRecord>? records, CancellationToken cancellation)
    {
        await using var context = Store.CreateDbContext();
        context.Attach(job.Row);
        if (await GrantAsync(context, job, cancellation) is not { } capsule)
        {
            await AbortAsync(context, job, "revoked", cancellation);
            return;
        }
        var nullifier = capsule.Opening.NullifierOf(job.Row.Slot!.Value);
        if (await ReservationAsync(job, nullifier, cancellation) is not { } reservation)
        {
            await AbortAsync(context, job, "reservation-lost", cancellation);
            return;
        }
        Keep(job, job.Content with { Reservation = reservation });
        records ??= await OpenAgainAsync(context, job, cancellation);
        var (statement, appearances) = await StatementAsync(context, job, capsule, records, cancellation);
        if (statement is null)
        {
            await AbortAsync(context, job, "not-provable", cancellation);
            return;
        }

        var watch = Stopwatch.StartNew();
        var proofs = new List<AnalysisProof>();
        for (var part = 0; part < statement.Parts; part++)
            proofs.Add(ledger.Prover.Prove(statement, part, cancel: cancellation));
        var witness = (long)proofs.Sum(proof => proof.WitnessTime.TotalMilliseconds);
        var prove = watch.ElapsedMilliseconds - witness;
        watch.Restart();
        if (proofs.Exists(proof => AnalysisProof.TryCreate(proof.Signals, proof.Proof) is null))
            throw new InvalidOperationException("A proof that was made here does not verify.");
        var grantee =
            await ledger.Grantees.OpeningOfAsync(job.Request.Claims.Grantee, cancellation)
            ?? throw new InvalidDataException("The grantee of an analysis is not known any more.");
        var openings = Openings.Of(statement, job.Content.Request, grantee.PublicKey, grantee.Salt);
        job.Row.State = AnalysisState.Proven;
        Keep(
            job,
            job.Content with
            {
                Openings = openings.ToBytes(),
                Appearances = appearances,
                Proofs =
                [
                    .. proofs.Select(proof => new StoredProof(
                        proof.Proof.ToBytes(),
                        [.. proof.Signals.ToArray().Select(signal => signal.ToString())]
                    )),
                ],
                Times = job.Content.Times with { Witness = witness, Prove = prove, Verify = watch.ElapsedMilliseconds },
            }
        );
        await context.SaveChangesAsync(cancellation);
    }

    /// <summary>After a crash between analysis and proof: the same records, by new permits, for their commitments alone.</summary>
    private async Task<IReadOnlyList<StatementRecord>> OpenAgainAsync(
        LedgerContext context,
        Job job,
        CancellationToken cancellation
    )
    {
        var opened = await OpenAsync(context, job, cancellation);
        try
        {
            return [.. opened.Select(one => one.Record.ToStatementRecord(one.Tree))];
        }
        finally
        {
            foreach (var one in opened)
                one.Record.Dispose();
        }
    }

    /// <summary>The statement against the roots that were valid at the reservation; null when one of them is not any more.</summary>
    private async Task<(AnalysisStatement? Statement, IReadOnlyList<uint> Appearances)> StatementAsync(
        LedgerContext context,
        Job job,
        GrantCapsule capsule,
        IReadOnlyList<StatementRecord> records,
        CancellationToken cancellation
    )
    {
        var reservation = job.Content.Reservation!;
        var (block, asOf) = ((ulong)reservation.Block, (ulong)reservation.Time);
        var state = ledger.Chain.Follower.State;
        var trees = await RecordTrees.AtAsync(
            context,
            job.Content.Anchor,
            job.Row.PatientKey,
            cancellation,
            job.Content.Enrolled
        );
        var opening = capsule.Opening;
        var consent = state.ConsentPath(opening.Commitment.Leaf, block, asOf);
        var model = state.ModelPath(ModelLeaf.Compute(ModelDigest, OpenLedger.ModelClass), block, asOf);
        var record = state.ValidAt(RootKind.Record, trees.Root, asOf);
        var enrolment = state.ValidAt(RootKind.Enrolment, trees.EnrolmentRoot, asOf);
        if (
            consent is null
            || model is null
            || record is null
            || enrolment is null
            || records.Count != job.Content.Records.Count
        )
            return (null, []);
        var patientKey = job.Row.PatientKey;
        var statement = new AnalysisStatement
        {
            Grant = opening,
            Slot = job.Row.Slot!.Value,
            Roots = new StatementRoots(consent.Root, trees.Root, model.Root, trees.EnrolmentRoot),
            Consent = Place(consent),
            Enrolment = trees.Enrolment,
            PatientRecords = trees.Patient,
            PatRoot = trees.PatientRoot,
            Model = Place(model),
            ModelDigest = ModelDigest,
            ModelClass = OpenLedger.ModelClass,
            Purpose = Vocabulary.PurposeBit(job.Request.Claims.Purpose)!.Value,
            Action = Vocabulary.ActionBit(Use)!.Value,
            RequestId = job.Request.RequestId,
            AsOf = (long)asOf,
            Context = ledger.Chain.Deployment.ContextSignal,
            ResultDigest = Element(job.Content.ResultDigest),
            ResultSalt = Element(job.Content.ResultSalt),
            Records = records,
        };
        return (statement, [consent.Appearance, record.Value, model.Appearance, enrolment.Value]);
    }

    private static TreePlace Place(RootedPath path) =>
        new(path.Index, [.. path.Siblings.Select(sibling => new[] { sibling })]);

    /// <summary>Step 5: published under the reservation, then verified part by part by the contract.</summary>
    private async Task PublishAsync(Job job, CancellationToken cancellation)
    {
        await using var context = Store.CreateDbContext();
        context.Attach(job.Row);
        var signals = Signals(job.Content.Proofs[0]);
        var statement = StatementOf(signals);
        var parts = Parts(job);
        var chain = ledger.Chain;
        var reservation = job.Content.Reservation!;
        var onChain = await OnChainAsync(signals.Nullifier, LedgerStatus.Reserved, reservation, cancellation);
        StoredTransaction publication;
        if (onChain is not null && IsAsProven(onChain, signals))
        {
            var block = await chain.Client.BlockAsync(Consent.Chain.Rpc.BlockId.At(onChain.Block), cancellation);
            publication = new(
                onChain.Transaction.ToString(),
                (long)onChain.Block,
                (long)(block?.Time ?? onChain.PublishedAt)
            );
        }
        else if (onChain is { Status: LedgerStatus.Reserved } && onChain.ReservedAt != statement.AsOf)
        {
            // a reorganisation gave the reservation another time: the proof says a time that never was
            job.Row.State = AnalysisState.Analysed;
            await context.SaveChangesAsync(cancellation);
            return;
        }
        else
        {
            if (
                await GrantAsync(context, job, cancellation) is null
                || onChain is null
                || chain.Follower.State.StatusOf(onChain) != LedgerStatus.Reserved
            )
            {
                await AbortAsync(context, job, "ended-before-publication", cancellation);
                return;
            }
            // The ledger takes a publication in a later second than the reservation only.
            while (Store.Time.GetUtcNow().ToUnixTimeSeconds() <= (long)statement.AsOf)
                await Task.Delay(TimeSpan.FromMilliseconds(200), Store.Time, cancellation);
            var indices = job.Content.Appearances;
            var mined = await SendPublicationAsync(
                chain.Ledger.Publish(
                    signals.Nullifier,
                    statement,
                    new RootAppearances(indices[0], indices[1], indices[2], indices[3]),
                    parts
                ),
                cancellation
            );
            publication = new(mined.Receipt.Hash.ToString(), (long)mined.Block.Number, (long)mined.Block.Time);
        }
        job.Row.State = AnalysisState.Published;
        var published = Event(job, AuditAction.AnalysisPublished) with
        {
            Subject = new Bytes32(signals.Nullifier.ToBytes()),
            Root = Hash(publication.Hash),
        };
        await ledger.Audit.AppendAsync(
            context,
            [published],
            entry =>
            {
                Keep(job, job.Content with { Publication = publication, PublishedEntry = entry });
                return context.SaveChangesAsync(cancellation);
            },
            cancellation
        );
    }

    /// <summary>Step 6: verified on the chain, the log anchored, the evidence written, the end logged.</summary>
    private async Task DeliverAsync(Job job, CancellationToken cancellation)
    {
        var chain = ledger.Chain;
        var signals = Signals(job.Content.Proofs[0]);
        var parts = Parts(job);
        var known = job.Content.Publication!;
        var onChain = await OnChainAsync(signals.Nullifier, LedgerStatus.Published, known, cancellation);
        if (onChain is null || !IsAsProven(onChain, signals))
        {
            await ProvenAgainAsync(job, cancellation);
            return;
        }
        Keep(
            job,
            job.Content with
            {
                Reservation = await AsIncludedAsync(job.Content.Reservation!, cancellation),
                Publication = await AsIncludedAsync(known, cancellation),
            }
        );
        if (parts.Count <= MostPartsVerifiedAtOnce)
        {
            var status = chain.Follower.State.Analysis(signals.Nullifier)?.Status;
            for (var part = 0; part < parts.Count && status == LedgerStatus.Published; part++)
            {
                await chain.SendAsync(
                    chain.Relayer,
                    chain.Ledger.Verify(signals.Nullifier, chain.Relayer.Address, StatementOf(signals), part, parts),
                    cancellation
                );
            }
        }
        var verified = chain.Follower.State.Analysis(signals.Nullifier)?.Status == LedgerStatus.Verified;
        var evidence = await EvidenceAsync(job, cancellation);

        await using var context = Store.CreateDbContext();
        context.Attach(job.Row);
        job.Row.State = AnalysisState.Delivered;
        job.Row.Evidence = evidence;
        Keep(job, job.Content with { VerifiedOnChain = verified, Openings = [] });
        var delivered = Event(job, AuditAction.AnalysisDelivered) with
        {
            Subject = new Bytes32(signals.Nullifier.ToBytes()),
        };
        await ledger.Audit.AppendAsync(
            context,
            [delivered],
            () => context.SaveChangesAsync(cancellation),
            cancellation
        );
    }

    /// <summary>The public signals of a part, as stored.</summary>
    private static PublicSignals Signals(StoredProof proof) =>
        PublicSignals.TryRead([.. proof.Signals.Select(Element)], out var signals)
            ? signals
            : throw new InvalidDataException("The stored signals of an analysis are damaged.");

    private static LedgerStatement StatementOf(PublicSignals signals) =>
        new()
        {
            ConsentRoot = signals.ConsentRoot,
            RecordRoot = signals.RecordRoot,
            ModelRoot = signals.ModelRoot,
            EnrolRoot = signals.EnrolRoot,
            AsOf = (ulong)signals.AsOf.ToBigInteger(),
            RequestCommitment = signals.RequestCommitment,
            RegistryId = signals.RegistryId,
            Custody = Shape.TryUnpack(signals.Shape, out var shape)
                ? (byte)shape.Custody
                : throw new InvalidDataException("The stored shape of an analysis is damaged."),
        };

    private static IReadOnlyList<LedgerPart> Parts(Job job) => PartsOf(job.Content);

    /// <summary>The parts as published.</summary>
    public static IReadOnlyList<LedgerPart> PartsOf(AnalysisContent content) =>
        [
            .. content.Proofs.Select(proof => new LedgerPart(
                [.. proof.Proof.Chunk(32).Select(word => new BigInteger(word, isUnsigned: true, isBigEndian: true))],
                Signals(proof).ResultCommitment
            )),
        ];
}
