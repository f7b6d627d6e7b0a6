using System.Text;
using System.Text.Json;
using MedLedger.Consent.Vault;
using MedLedger.Crypto.Sealing;

namespace MedLedger.Consent.Access;

/// <summary>
/// An emergency as it is stored, sealed under the patient's key: it says who was in need. A row of another patient, or
/// under another name, does not open.
/// </summary>
/// <param name="Patient"><c>Patient/id</c>.</param>
/// <param name="Emergency">What was declared.</param>
/// <param name="Review">What compliance found; null while it waits.</param>
public sealed record DeclaredEmergency(string Patient, Emergency Emergency, EmergencyReview? Review)
{
    private const string Label = "emergency";

    /// <summary>Seals it for the store; null when the patient's keys cannot be had.</summary>
    /// <param name="vault">The vault of the deployment.</param>
    /// <param name="patientKey">The compartment.</param>
    /// <param name="id">The row's name.</param>
    public byte[]? Seal(RecordVault vault, string patientKey, string id)
    {
        ArgumentNullException.ThrowIfNull(vault);
        using var kek = vault.OpenEncryptionKey(patientKey);
        return kek is null
            ? null
            : SealedBytes.Seal(kek, Label, Place(patientKey, id), JsonSerializer.SerializeToUtf8Bytes(this));
    }

    /// <summary>Opens it; null when the keys cannot be had or the row is not what was sealed.</summary>
    public static DeclaredEmergency? Open(RecordVault vault, string patientKey, string id, byte[] content)
    {
        ArgumentNullException.ThrowIfNull(vault);
        using var kek = vault.OpenEncryptionKey(patientKey);
        var json = kek is null ? null : SealedBytes.Open(kek, Label, Place(patientKey, id), content);
        return json is null ? null : JsonSerializer.Deserialize<DeclaredEmergency>(json);
    }

    private static byte[] Place(string patientKey, string id) => Encoding.ASCII.GetBytes($"{patientKey}/{id}");
}
