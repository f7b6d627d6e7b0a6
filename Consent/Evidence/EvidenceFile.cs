using MedLedger.Consent.Chain;
using MedLedger.Consent.Chain.Contracts;
using MedLedger.Crypto.Fields;

namespace MedLedger.Consent.Evidence;

/// <summary>
/// What one analysis leaves for a compliance officer, in one file (PROTOCOL, section 7). It is closed: unknown, missing
/// and repeated members are refused, and every value has one form. It carries no health data and no name; the openings
/// that do are sealed.
/// </summary>
public sealed record EvidenceFile
{
    /// <summary>The only format there is.</summary>
    public const string CurrentFormat = "medledger.evidence.v1";

    /// <summary><see cref="CurrentFormat"/>.</summary>
    public required string Format { get; init; }

    /// <summary>What kind of chain: <c>local</c> (the operator's own node alone) or <c>shared</c>.</summary>
    public required string Chain { get; init; }

    /// <summary>Chain id and contracts.</summary>
    public required Deployment Deployment { get; init; }

    /// <summary>The circuit and its key.</summary>
    public required EvidenceCircuit Circuit { get; init; }

    /// <summary>Who keeps the patient's key: <c>operator</c> or <c>patient</c>.</summary>
    public required string Custody { get; init; }

    /// <summary>What was published, as far as all parts share it.</summary>
    public required EvidenceStatement Statement { get; init; }

    /// <summary>The parts in order, 1 to 64.</summary>
    public required IReadOnlyList<EvidencePart> Parts { get; init; }

    /// <summary>The enrolment authority's word for the enrolment root.</summary>
    public required EvidenceEnrolment Enrolment { get; init; }

    /// <summary>The audit log's side.</summary>
    public required EvidenceLog Log { get; init; }

    /// <summary>Openings of P, Q and O, sealed to the compliance role (<see cref="ComplianceKey"/>).</summary>
    public required SealedOpenings Openings { get; init; }

    /// <summary>The log key's Ed25519 signature over the RFC 8785 form of all other members, 64 bytes.</summary>
    public required byte[] Signature { get; init; }
}

/// <summary>Sealed <see cref="Evidence.Openings"/>: HPKE in base mode with X-Wing, HKDF-SHA256, AES-256-GCM.</summary>
/// <param name="Recipient">SHA-256 of the public key that it is sealed to.</param>
/// <param name="Encapsulation"><c>enc</c>, 1,120 bytes.</param>
/// <param name="Ciphertext">The padded openings; the associated data is the RFC 8785 form of all members but openings and signature.</param>
public sealed record SealedOpenings(Bytes32 Recipient, byte[] Encapsulation, byte[] Ciphertext)
{
    /// <summary>Stands in a file before its openings are sealed.</summary>
    public static SealedOpenings None { get; } = new(default, [], []);
}

/// <summary>The circuit and its verifying key.</summary>
public sealed record EvidenceCircuit
{
    /// <summary>The circuit's version, inside the signal <c>context</c>.</summary>
    public required int Version { get; init; }

    /// <summary>Which ceremony made the key, in the words of the manifest.</summary>
    public required string Ceremony { get; init; }

    /// <summary>SHA-256 of <c>verification_key.json</c>.</summary>
    public required Bytes32 VerifyingKey { get; init; }
}

/// <summary>The public signals that all parts share, and where they stand on the chain.</summary>
public sealed record EvidenceStatement
{
    /// <summary>U, which names the analysis.</summary>
    public required Fr Nullifier { get; init; }

    /// <summary>Q.</summary>
    public required Fr RequestCommitment { get; init; }

    /// <summary>Root of the consent tree.</summary>
    public required Fr ConsentRoot { get; init; }

    /// <summary>Root of the record tree.</summary>
    public required Fr RecordRoot { get; init; }

    /// <summary>Root of the model tree.</summary>
    public required Fr ModelRoot { get; init; }

    /// <summary>Root of the enrolment tree.</summary>
    public required Fr EnrolRoot { get; init; }

    /// <summary>Which appearance of each root is meant.</summary>
    public required EvidenceAppearances Appearances { get; init; }

    /// <summary>The reservation; its block time is the signal <c>asOf</c>.</summary>
    public required EvidenceTransaction Reservation { get; init; }

    /// <summary>The publication.</summary>
    public required EvidenceTransaction Publication { get; init; }
}

/// <summary>Which appearance of each root, from 0.</summary>
public sealed record EvidenceAppearances(uint Consent, uint Record, uint Model, uint Enrolment);

/// <summary>A transaction as it was mined.</summary>
/// <param name="Transaction">Its hash.</param>
/// <param name="Block">Its block's number.</param>
/// <param name="Time">Its block's time, Unix seconds.</param>
public sealed record EvidenceTransaction(Bytes32 Transaction, long Block, long Time);

/// <summary>One proof as published.</summary>
/// <param name="ResultCommitment">O.</param>
/// <param name="Proof">A, B, C: 256 bytes in the order of EIP-196 and EIP-197.</param>
/// <param name="ProofHash">The hash of the part as the ledger keeps it.</param>
public sealed record EvidencePart(Fr ResultCommitment, byte[] Proof, Bytes32 ProofHash);

/// <summary>The enrolment authority's signed note.</summary>
/// <param name="Key">The authority's verifier key.</param>
/// <param name="Note">The note (<see cref="EnrolmentNote"/>).</param>
public sealed record EvidenceEnrolment(string Key, string Note);

/// <summary>The log's receipts and heads.</summary>
public sealed record EvidenceLog
{
    /// <summary>The log's verifier key.</summary>
    public required string Key { get; init; }

    /// <summary>The head under which the receipts are, a signed note.</summary>
    public required string Checkpoint { get; init; }

    /// <summary>Entries of the analysis: the permitted request and the publication, and what else belongs to it.</summary>
    public required IReadOnlyList<EvidenceReceipt> Receipts { get; init; }

    /// <summary>The newest head that was anchored when the file was made; null before the first anchor after it.</summary>
    public required EvidenceAnchor? Anchor { get; init; }
}

/// <summary>One entry with its audit path under the checkpoint.</summary>
public sealed record EvidenceReceipt(long Index, byte[] Entry, IReadOnlyList<byte[]> Path);

/// <summary>An anchored head, consistent with the checkpoint.</summary>
/// <param name="Checkpoint">The head, a signed note.</param>
/// <param name="Consistency">The proof from the checkpoint of the receipts to it.</param>
/// <param name="Anchored">The transaction that anchored it.</param>
public sealed record EvidenceAnchor(string Checkpoint, IReadOnlyList<byte[]> Consistency, EvidenceTransaction Anchored);
