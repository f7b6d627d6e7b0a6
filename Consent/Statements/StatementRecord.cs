using MedLedger.Consent.Commitments;
using MedLedger.Crypto.Fields;

namespace MedLedger.Consent.Statements;

/// <summary>A leaf's place in a tree of fixed depth, with its path as <c>PoseidonTree.Path</c> gives it.</summary>
public sealed record TreePlace(long Index, IReadOnlyList<Fr[]> Path);

/// <summary>One record that an analysis used, as it stands in the patient's tree.</summary>
public sealed record StatementRecord
{
    /// <summary>Type, labels, day.</summary>
    public required RecordMeta Meta { get; init; }

    /// <summary>Digest of the content that was opened.</summary>
    public required Fr ContentDigest { get; init; }

    /// <summary>Salt of the leaf.</summary>
    public required Fr RecordSalt { get; init; }

    /// <summary>Position and path in the patient's tree, 7 levels of 4.</summary>
    public required TreePlace Place { get; init; }

    /// <summary>R.</summary>
    public Fr Leaf => RecordLeaf.Compute(Meta, ContentDigest, RecordSalt);
}

/// <summary>The roots that an analysis is proven against: those valid on-chain at <c>asOf</c>.</summary>
public sealed record StatementRoots(Fr Consent, Fr Records, Fr Models, Fr Enrolment);
