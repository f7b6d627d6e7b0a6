using System.Security.Cryptography;
using MedLedger.Crypto.Sealing;

namespace MedLedger.Consent.Vault;

/// <summary>
/// The key of one content, made of the shares of all compartments and bound to all their headers: whoever lacks one
/// share has nothing, and a share of another place or version gives another key.
/// </summary>
internal sealed class ContentKey : IDisposable
{
    private readonly List<byte[]> _shares = [];
    private readonly List<byte[]> _headers = [];

    /// <summary>Adds one compartment, in the order of the patient keys. The share is this object's to zero.</summary>
    public void Add(byte[] header, byte[] share)
    {
        _headers.Add(header);
        _shares.Add(share);
    }

    public byte[] Seal(ReadOnlySpan<byte> content)
    {
        using var key = Combine(out var context);
        return SealedBytes.Seal(key, "content", context, content);
    }

    public byte[]? Open(byte[] sealedContent)
    {
        using var key = Combine(out var context);
        return SealedBytes.Open(key, "content", context, sealedContent);
    }

    private SecretKey Combine(out byte[] context)
    {
        context = [.. _headers.SelectMany(h => h)];
        var shares = _shares.SelectMany(s => s).ToArray();
        Span<byte> combined = stackalloc byte[SecretKey.Size];
        HKDF.Extract(HashAlgorithmName.SHA256, shares, context, combined);
        CryptographicOperations.ZeroMemory(shares);
        var key = new SecretKey(combined);
        CryptographicOperations.ZeroMemory(combined);
        return key;
    }

    public void Dispose()
    {
        foreach (var share in _shares)
            CryptographicOperations.ZeroMemory(share);
    }
}
