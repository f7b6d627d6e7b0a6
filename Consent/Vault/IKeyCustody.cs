using MedLedger.Crypto.Sealing;

namespace MedLedger.Consent.Vault;

/// <summary>
/// Proof that the caller is this assembly: only Consent can make one, so that a custody yields keys to
/// <see cref="RecordVault"/> alone, though it is implemented elsewhere.
/// </summary>
public sealed class CustodyAccess
{
    internal static readonly CustodyAccess Instance = new();

    private CustodyAccess() { }
}

/// <summary>
/// Where keys live, outside the database and its backups: the tenant key, and for each compartment (a patient's, or
/// the organization's) a key-encryption key and a signing key. Every key that is handed out is a copy that the caller disposes.
/// Implementations are safe for several threads; a null <see cref="CustodyAccess"/> is an <see cref="ArgumentNullException"/>.
/// </summary>
public interface IKeyCustody
{
    /// <summary>The key that opaque storage keys, tokens across patients and reader keys derive from.</summary>
    SecretKey OpenTenantKey(CustodyAccess access);

    /// <summary>
    /// Creates the two keys of a compartment, durably, before it returns. True when they are there afterwards (also when
    /// they already were); false when this compartment was shredded: it never comes back.
    /// </summary>
    /// <param name="access">Proof of the caller.</param>
    /// <param name="patientKey">The opaque key of the compartment (<see cref="RecordVault.PatientKey"/>), 64 hexadecimal digits.</param>
    bool TryCreate(CustodyAccess access, string patientKey);

    /// <summary>The compartment's key-encryption key; null when it is shredded, was never made or cannot be had.</summary>
    SecretKey? OpenEncryptionKey(CustodyAccess access, string patientKey);

    /// <summary>The secret that the patient's signatures, controllers and grant secrets derive from; null as above.</summary>
    SecretKey? OpenSigningKey(CustodyAccess access, string patientKey);

    /// <summary>
    /// Destroys both keys of a compartment for ever, durably, before it returns. Done twice it does nothing more.
    /// </summary>
    void Shred(string patientKey);
}
