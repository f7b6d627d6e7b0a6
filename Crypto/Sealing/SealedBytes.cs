using System.Diagnostics.Metrics;
using System.Security.Cryptography;

namespace MedLedger.Crypto.Sealing;

/// <summary>Padded, encrypted, bound to a label and a context: small things at rest (keys, facts, capsules).</summary>
internal static class SealedBytes
{
    private static readonly Meter Meter = new("MedLedger.Sealing");
    private static readonly Counter<long> Opened = Meter.CreateCounter<long>(
        "medledger.sealing.opened",
        description: "Sealed things that were opened, or tried to."
    );

    public static byte[] Seal(SecretKey key, string label, ReadOnlySpan<byte> context, ReadOnlySpan<byte> content)
    {
        Span<byte> derived = stackalloc byte[SecretKey.Size];
        var padded = Padme.Pad(content);
        try
        {
            key.Derive(label, [], derived);
            return ChunkedEncryption.Encrypt(derived, context, padded);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(derived);
            CryptographicOperations.ZeroMemory(padded);
        }
    }

    /// <summary>The content; null for anything that <see cref="Seal"/> with the same key, label and context did not make.</summary>
    public static byte[]? Open(SecretKey key, string label, ReadOnlySpan<byte> context, ReadOnlySpan<byte> sealedBytes)
    {
        Opened.Add(1);
        Span<byte> derived = stackalloc byte[SecretKey.Size];
        key.Derive(label, [], derived);
        var padded = ChunkedEncryption.Decrypt(derived, context, sealedBytes);
        CryptographicOperations.ZeroMemory(derived);
        if (padded is null)
            return null;
        var content = Padme.TryUnpad(padded, out var span) ? span.ToArray() : null;
        CryptographicOperations.ZeroMemory(padded);
        return content;
    }
}
