using System.Buffers.Binary;
using System.Security.Cryptography;

namespace MedLedger.Crypto.Hpke;

/// <summary><c>LabeledExtract</c> and <c>LabeledExpand</c> over HKDF-SHA256 (RFC 9180, section 4).</summary>
internal readonly struct LabeledKdf(byte[] suiteId)
{
    public const int DigestSize = 32;
    private readonly byte[] _suiteId = suiteId;

    // labeled_ikm = concat("HPKE-v1", suite_id, label, ikm); return Extract(salt, labeled_ikm)
    public byte[] Extract(ReadOnlySpan<byte> salt, ReadOnlySpan<byte> label, ReadOnlySpan<byte> ikm)
    {
        byte[] labeled = [.. "HPKE-v1"u8, .. _suiteId, .. label, .. ikm];
        var prk = new byte[DigestSize];
        HKDF.Extract(HashAlgorithmName.SHA256, labeled, salt, prk);
        CryptographicOperations.ZeroMemory(labeled);
        return prk;
    }

    // labeled_info = concat(I2OSP(L, 2), "HPKE-v1", suite_id, label, info); return Expand(prk, labeled_info, L)
    public void Expand(ReadOnlySpan<byte> prk, ReadOnlySpan<byte> label, ReadOnlySpan<byte> info, Span<byte> output)
    {
        // HKDF.Expand of the framework refuses an empty output, which the RFC's exports allow.
        if (output.IsEmpty)
            return;
        Span<byte> length = stackalloc byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(length, checked((ushort)output.Length));
        HKDF.Expand(HashAlgorithmName.SHA256, prk, output, [.. length, .. "HPKE-v1"u8, .. _suiteId, .. label, .. info]);
    }
}
