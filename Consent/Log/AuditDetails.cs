using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using MedLedger.Consent.Chain;
using MedLedger.Consent.Vault;
using MedLedger.Crypto.Sealing;

namespace MedLedger.Consent.Log;

/// <summary>
/// Who did what to what, in words that only the patient and the compliance role read: the content of one FHIR AuditEvent,
/// behind the commitment in its log entry.
/// </summary>
public sealed record AuditDetails
{
    private const string Label = "audit-details";
    private const int SaltSize = 32;

    /// <summary>The exact moment.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>Reference of the caller.</summary>
    public required string Agent { get; init; }

    /// <summary><c>Patient/id</c>; null when it concerns no patient.</summary>
    public string? Patient { get; init; }

    /// <summary>Purpose of use.</summary>
    public string? Purpose { get; init; }

    /// <summary>Consent action, or the FHIR interaction.</summary>
    public string? Interaction { get; init; }

    /// <summary>References of the records concerned.</summary>
    public IReadOnlyList<string> Entities { get; init; } = [];

    /// <summary>A sentence for the reader: the reason of an emergency, the consent that decided.</summary>
    public string? Note { get; init; }

    /// <summary>What left by another way; null for everything that the program did itself.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] // entries from before it existed commit to no such member
    public ToldDisclosure? Disclosure { get; init; }

    /// <summary>32 random bytes, without which nobody can test a guess against the log.</summary>
    public byte[] Salt { get; init; } = RandomNumberGenerator.GetBytes(SaltSize);

    /// <summary>SHA-256 of a label, the salt and the details.</summary>
    public Bytes32 Commitment() => CommitmentOf(JsonSerializer.SerializeToUtf8Bytes(this));

    /// <summary>
    /// Commits to the details and seals them under a compartment's key (the organization's when no patient is concerned),
    /// so that they go with the patient; not sealed when the key cannot be had.
    /// </summary>
    public CommittedDetails Commit(RecordVault vault, string patientKey)
    {
        ArgumentNullException.ThrowIfNull(vault);
        var json = JsonSerializer.SerializeToUtf8Bytes(this);
        using var kek = vault.OpenEncryptionKey(patientKey);
        var content = kek is null ? null : SealedBytes.Seal(kek, Label, Encoding.ASCII.GetBytes(patientKey), json);
        return new CommittedDetails(CommitmentOf(json), patientKey, content);
    }

    /// <summary>
    /// Opens the details of an entry for the patient or the compliance role (the caller checks who asks). Null when they
    /// cannot be had or are not what the entry committed to.
    /// </summary>
    public static AuditDetails? Open(RecordVault vault, SealedAuditDetails row, AuditEntry entry)
    {
        using var kek = vault.OpenEncryptionKey(row.PatientKey);
        if (kek is null)
            return null;
        var json = SealedBytes.Open(kek, Label, Encoding.ASCII.GetBytes(row.PatientKey), row.Content);
        if (json is null || JsonSerializer.Deserialize<AuditDetails>(json) is not { } details)
            return null;
        return details.Commitment() == entry.Details ? details : null;
    }

    private static Bytes32 CommitmentOf(byte[] json) =>
        new(SHA256.HashData([.. "medledger/v1/audit-details\0"u8, .. json]));
}

/// <summary>Details that were committed to and sealed, before the log gave their entry an index.</summary>
/// <param name="Commitment">What the entry carries (<see cref="AuditDetails.Commitment"/>).</param>
/// <param name="PatientKey">The opaque key of the compartment.</param>
/// <param name="Content">The sealed details; null when the compartment's key could not be had.</param>
public sealed record CommittedDetails(Bytes32 Commitment, string PatientKey, byte[]? Content)
{
    /// <summary>As they are stored beside the entry of this index; null when they were not sealed.</summary>
    public SealedAuditDetails? At(long index) =>
        Content is null
            ? null
            : new SealedAuditDetails
            {
                Index = index,
                PatientKey = PatientKey,
                Content = Content,
            };
}

/// <summary>The sealed details of one log entry, as they are stored.</summary>
public sealed record SealedAuditDetails
{
    /// <summary>The entry's index. Primary key.</summary>
    public required long Index { get; init; }

    /// <summary>The opaque key of the compartment.</summary>
    public required string PatientKey { get; init; }

    /// <summary>The sealed details.</summary>
    public required byte[] Content { get; init; }
}
