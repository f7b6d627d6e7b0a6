using MedLedger.Consent.Commitments;
using MedLedger.Crypto.Fields;

namespace MedLedger.Consent.Statements;

/// <summary>
/// One analysis as it is proven: these committed records, this grantee, purpose, action and model inside a signed grant,
/// at this time, as one use (circuits/STATEMENT.md). More than 14 records make several proofs of the one use.
/// </summary>
public sealed record AnalysisStatement
{
    /// <summary>The grant, opened.</summary>
    public required GrantOpening Grant { get; init; }

    /// <summary>The use of the grant, from 0.</summary>
    public required int Slot { get; init; }

    /// <summary>The roots to prove against.</summary>
    public required StatementRoots Roots { get; init; }

    /// <summary>G in the consent tree, 20 binary levels.</summary>
    public required TreePlace Consent { get; init; }

    /// <summary>E in the enrolment tree, 12 levels of 4; its index is the patient's.</summary>
    public required TreePlace Enrolment { get; init; }

    /// <summary>L in the global record tree, 12 levels of 4, at the same index.</summary>
    public required TreePlace PatientRecords { get; init; }

    /// <summary>Root of the patient's own tree.</summary>
    public required Fr PatRoot { get; init; }

    /// <summary>M in the model tree, 8 binary levels.</summary>
    public required TreePlace Model { get; init; }

    /// <summary>Digest of the model's files.</summary>
    public required Fr ModelDigest { get; init; }

    /// <summary>Bit position of the model's class.</summary>
    public required int ModelClass { get; init; }

    /// <summary>Bit position of the purpose of use.</summary>
    public required int Purpose { get; init; }

    /// <summary>Bit position of the action.</summary>
    public required int Action { get; init; }

    /// <summary>Digest of the signed request.</summary>
    public required Fr RequestId { get; init; }

    /// <summary>Block time of the reservation, Unix seconds.</summary>
    public required long AsOf { get; init; }

    /// <summary>Chain, ledger and circuit version.</summary>
    public required Fr Context { get; init; }

    /// <summary>Digest of the result.</summary>
    public required Fr ResultDigest { get; init; }

    /// <summary>Salt of O.</summary>
    public required Fr ResultSalt { get; init; }

    /// <summary>The records used, in the order of their positions in the patient's tree, each once.</summary>
    public required IReadOnlyList<StatementRecord> Records { get; init; }

    /// <summary>Proofs that the statement needs.</summary>
    public int Parts => (Records.Count + ResultCommitment.RecordsPerProof - 1) / ResultCommitment.RecordsPerProof;

    /// <summary>M.</summary>
    public Fr ModelCommitment => ModelLeaf.Compute(ModelDigest, ModelClass);

    /// <summary>U.</summary>
    public Fr Nullifier => Grant.NullifierOf(Slot);

    /// <summary>Q.</summary>
    public Fr Request =>
        RequestCommitment.Compute(Grant.Grantee, Purpose, Action, ModelCommitment, RequestId, Grant.GrantSecret, Slot);

    /// <summary>The records of one part.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No such part.</exception>
    public IReadOnlyList<StatementRecord> RecordsOf(int part)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(part);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(part, Parts);
        return [.. Records.Skip(part * ResultCommitment.RecordsPerProof).Take(ResultCommitment.RecordsPerProof)];
    }

    /// <summary>The public signals of one part.</summary>
    /// <exception cref="ArgumentException">No such part, or more than 64 of them.</exception>
    public PublicSignals Signals(int part) =>
        new(
            Roots.Consent,
            Roots.Records,
            Roots.Models,
            Roots.Enrolment,
            Fr.From((ulong)AsOf),
            Nullifier,
            ResultCommitment.Compute(
                ResultDigest,
                ResultCommitment.InputsDigest([.. RecordsOf(part).Select(record => record.Leaf)]),
                ModelCommitment,
                part,
                Parts,
                ResultSalt
            ),
            Request,
            Grant.RegistryId,
            Context,
            new Shape(part, Parts, Grant.Custody).Pack()
        );
}
