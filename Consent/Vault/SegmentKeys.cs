using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using MedLedger.Crypto.Hpke;
using MedLedger.Crypto.Sealing;

namespace MedLedger.Consent.Vault;

/// <summary>
/// The private keys of segments and their stanzas. Wrapped twice: the inner wrap under the compartment's key, which
/// lives only in custody, so that a backup of the database with any reader's key does not undo an erasure.
/// </summary>
internal static class SegmentKeys
{
    private const string InnerLabel = "segment-key";
    private const string OuterLabel = "stanza";

    public static NewSegment Create(
        RecordVault vault,
        SecretKey kek,
        string patientKey,
        string classKey,
        int epoch,
        IEnumerable<SegmentReader> readers
    )
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(epoch, 1);
        Identifiers.Parse(patientKey, Identifiers.KeyedSize, nameof(patientKey));
        Identifiers.Parse(classKey, Identifiers.KeyedSize, nameof(classKey));

        var privateKey = RandomNumberGenerator.GetBytes(Kem.PrivateKeySize);
        try
        {
            var segment = new Segment
            {
                Id = Identifiers.Random(),
                PatientKey = patientKey,
                ClassKey = classKey,
                Epoch = epoch,
                PublicKey = HpkeSuite.Segment.Kem.PublicKey(privateKey),
                Authenticator = [],
            };
            segment = segment with { Authenticator = Authenticator(vault, kek, segment) };
            return new NewSegment(segment, [.. readers.Select(r => Wrap(vault, kek, segment, r, privateKey))]);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(privateKey);
        }
    }

    public static KeyStanza Wrap(
        RecordVault vault,
        SecretKey kek,
        Segment segment,
        SegmentReader reader,
        byte[] privateKey
    )
    {
        var context = Context(vault, segment);
        var inner = SealedBytes.Seal(kek, InnerLabel, context, privateKey);
        using var readerKey = vault.ReaderKey(kek, reader);
        return new KeyStanza
        {
            Tag = Identifiers.Random(),
            SegmentId = segment.Id,
            Wrapped = SealedBytes.Seal(readerKey, OuterLabel, context, inner),
        };
    }

    /// <summary>The private key from the stanza that this reader holds; null when there is none. The caller zeroes it.</summary>
    public static byte[]? Unwrap(
        RecordVault vault,
        SecretKey kek,
        Segment segment,
        IReadOnlyList<KeyStanza> stanzas,
        SegmentReader reader,
        out KeyStanza? found
    )
    {
        found = null;
        if (!IsAuthentic(vault, kek, segment))
            return null;
        var context = Context(vault, segment);
        using var readerKey = vault.ReaderKey(kek, reader);
        foreach (var stanza in stanzas)
        {
            // A stanza of another reader fails at the key commitment, before anything is decrypted.
            var inner = SealedBytes.Open(readerKey, OuterLabel, context, stanza.Wrapped);
            if (inner is null)
                continue;
            found = stanza;
            return SealedBytes.Open(kek, InnerLabel, context, inner);
        }
        return null;
    }

    /// <summary>Whether the row is one that <see cref="Create"/> made for this compartment.</summary>
    public static bool IsAuthentic(RecordVault vault, SecretKey kek, Segment segment) =>
        Identifiers.TryParse(segment.Id, Identifiers.RandomSize, out _)
        && CryptographicOperations.FixedTimeEquals(Authenticator(vault, kek, segment), segment.Authenticator);

    private static byte[] Authenticator(RecordVault vault, SecretKey kek, Segment segment)
    {
        using var key = kek.Derive("segment-rows");
        return key.Mac([
            .. Context(vault, segment),
            .. Encoding.UTF8.GetBytes(segment.PatientKey + "/" + segment.ClassKey),
        ]);
    }

    /// <summary>Deployment, segment, epoch and public key: a private key opens for the row it was made for.</summary>
    public static byte[] Context(RecordVault vault, Segment segment)
    {
        Span<byte> epoch = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(epoch, segment.Epoch);
        return
        [
            .. vault.Deployment,
            .. Convert.FromHexString(segment.Id),
            .. epoch,
            .. SHA256.HashData(segment.PublicKey),
        ];
    }
}
