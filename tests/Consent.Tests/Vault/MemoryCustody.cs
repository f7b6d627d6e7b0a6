using MedLedger.Consent.Vault;
using MedLedger.Crypto.Sealing;

namespace MedLedger.Consent.Tests.Vault;

/// <summary>A custody in memory, for tests of the vault alone; the one on files has its own tests in Api.</summary>
internal sealed class MemoryCustody : IKeyCustody, IDisposable
{
    private readonly SecretKey _tenant = SecretKey.Generate();
    private readonly Dictionary<string, (SecretKey Encryption, SecretKey Signing)?> _compartments = [];

    public SecretKey OpenTenantKey(CustodyAccess access) => _tenant.Copy();

    public bool TryCreate(CustodyAccess access, string patientKey)
    {
        _compartments.TryAdd(patientKey, (SecretKey.Generate(), SecretKey.Generate()));
        return _compartments[patientKey] is not null;
    }

    public SecretKey? OpenEncryptionKey(CustodyAccess access, string patientKey) =>
        _compartments.GetValueOrDefault(patientKey)?.Encryption.Copy();

    public SecretKey? OpenSigningKey(CustodyAccess access, string patientKey) =>
        _compartments.GetValueOrDefault(patientKey)?.Signing.Copy();

    public void Shred(string patientKey) => _compartments[patientKey] = null;

    public void Dispose() => _tenant.Dispose();
}
