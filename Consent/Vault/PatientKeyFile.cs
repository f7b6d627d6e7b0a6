using MedLedger.Crypto.Sealing;

namespace MedLedger.Consent.Vault;

/// <summary>
/// The patient's own secret as a file to keep: with it and any endpoint of the chain the patient finds every use of every
/// grant, and can end each, without the operator. Whoever has it can consent for the patient.
/// </summary>
public static class PatientKeyFile
{
    private const string Prefix = "medledger-patient-key-v1 ";

    /// <summary>The file's text; null when the patient's keys cannot be had.</summary>
    public static string? Write(RecordVault vault, string patientKey)
    {
        ArgumentNullException.ThrowIfNull(vault);
        using var secret = vault.OpenSigningKey(patientKey);
        return secret is null ? null : KeyLine.Write(Prefix, secret);
    }

    /// <summary>The patient's side of such a file; null for any other text.</summary>
    public static PatientSigner? TryOpen(string text)
    {
        using var secret = KeyLine.TryRead(Prefix, text);
        return secret is null ? null : PatientSigner.FromOwnSecret(secret);
    }
}
