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
        using var derived = key.Derive(label);
        var padded = Padme.Pad(content);
        try
        {
            return ChunkedEncryption.Encrypt(derived.Bytes, context, padded);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(padded);
        }
    }

    /// <summary>The content; null for anything that <see cref="Seal"/> with the same key, label and context did not make.</summary>
    public static byte[]? Open(SecretKey key, string label, ReadOnlySpan<byte> context, ReadOnlySpan<byte> sealedBytes)
    {
        Opened.Add(1);
        using var derived = key.Derive(label);
        var padded = ChunkedEncryption.Decrypt(derived.Bytes, context, sealedBytes);
        if (padded is null)
            return null;
        var content = Padme.TryUnpad(padded, out var span) ? span.ToArray() : null;
        CryptographicOperations.ZeroMemory(padded);
        return content;
    }
}
