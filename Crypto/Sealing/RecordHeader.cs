using System.Buffers.Binary;

namespace MedLedger.Crypto.Sealing;

/// <summary>
/// What a sealed record is bound to: nothing sealed for one place opens at another. Encoded in a fixed length and
/// used as the AAD of the sealed key and as the context of the content.
/// </summary>
/// <param name="Deployment">16 random bytes of the deployment.</param>
/// <param name="Segment">16 random bytes of the segment.</param>
/// <param name="Epoch">The segment's epoch, from 1.</param>
/// <param name="Record">The opaque 32-byte key of the record.</param>
/// <param name="Version">The record's version, from 1.</param>
/// <param name="Sequence">The sequence number in the encapsulation's context.</param>
internal sealed record RecordHeader(
    byte[] Deployment,
    byte[] Segment,
    int Epoch,
    byte[] Record,
    int Version,
    ulong Sequence
)
{
    /// <summary>X-Wing, HKDF-SHA256, AES-256-GCM; content in chunks of C2SP chunked encryption; Padmé.</summary>
    public const ushort Suite = 1;

    public const int Size = 2 + 16 + 16 + 4 + 32 + 4 + 8;

    public byte[] Encode()
    {
        if (Deployment.Length != 16 || Segment.Length != 16 || Record.Length != 32)
            throw new InvalidOperationException("A deployment and a segment have 16 bytes, a record key has 32.");
        var bytes = new byte[Size];
        BinaryPrimitives.WriteUInt16BigEndian(bytes, Suite);
        Deployment.CopyTo(bytes, 2);
        Segment.CopyTo(bytes, 18);
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(34), Epoch);
        Record.CopyTo(bytes, 38);
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(70), Version);
        BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(74), Sequence);
        return bytes;
    }
}
