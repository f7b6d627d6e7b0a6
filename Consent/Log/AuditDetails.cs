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
    public Bytes32 Commitment() =>
        new(SHA256.HashData([.. "medledger/v1/audit-details\0"u8, .. JsonSerializer.SerializeToUtf8Bytes(this)]));

    /// <summary>
    /// Seals the details under a compartment's key (the organization's when no patient is concerned), so that they go
    /// with the patient; null when the key cannot be had.
    /// </summary>
    public SealedAuditDetails? Seal(RecordVault vault, string patientKey, long index)
    {
        using var kek = vault.OpenEncryptionKey(patientKey);
        if (kek is null)
            return null;
        return new SealedAuditDetails
        {
            Index = index,
            PatientKey = patientKey,
            Content = SealedBytes.Seal(
                kek,
                Label,
                Encoding.ASCII.GetBytes(patientKey),
                JsonSerializer.SerializeToUtf8Bytes(this)
            ),
        };
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
