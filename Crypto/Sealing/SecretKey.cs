using System.Security.Cryptography;
using System.Text;

namespace MedLedger.Crypto.Sealing;

/// <summary>
/// 32 secret bytes that are zeroed when disposed. Outside Crypto and Consent the bytes cannot be read:
/// a key is only given back to what wraps or derives.
/// </summary>
public sealed class SecretKey : IDisposable
{
    /// <summary>Bytes of every symmetric key.</summary>
    public const int Size = 32;

    private readonly byte[] _bytes = GC.AllocateUninitializedArray<byte>(Size, pinned: true);
    private bool _disposed;

    /// <summary>Copies 32 bytes; the caller zeroes its own.</summary>
    /// <exception cref="ArgumentException">Not 32 bytes.</exception>
    public SecretKey(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Size)
            throw new ArgumentException("A key has 32 bytes.", nameof(bytes));
        bytes.CopyTo(_bytes);
    }

    private SecretKey() { }

    /// <summary>The bytes, for the code that seals and opens.</summary>
    /// <exception cref="ObjectDisposedException">The key was disposed.</exception>
    internal ReadOnlySpan<byte> Bytes
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _bytes;
        }
    }

    /// <summary>A new random key.</summary>
    public static SecretKey Generate()
    {
        var key = new SecretKey();
        RandomNumberGenerator.Fill(key._bytes);
        return key;
    }

    /// <summary>A copy with a lifetime of its own.</summary>
    public SecretKey Copy() => new(Bytes);

    /// <summary>
    /// The key for one purpose: HKDF-Expand(SHA-256) over the label and a context. Labels end with a zero byte, so
    /// that no label with its context reads as another.
    /// </summary>
    internal SecretKey Derive(string label, ReadOnlySpan<byte> context = default)
    {
        var derived = new SecretKey();
        Derive(label, context, derived._bytes);
        return derived;
    }

    /// <summary>The same for a key that is used up at once, and zeroed by the caller.</summary>
    internal void Derive(string label, ReadOnlySpan<byte> context, Span<byte> derived) =>
        HKDF.Expand(
            HashAlgorithmName.SHA256,
            Bytes,
            derived,
            [.. "medledger/v1/"u8, .. Encoding.UTF8.GetBytes(label), 0, .. context]
        );

    /// <summary>HMAC-SHA-256 of the data under this key.</summary>
    internal byte[] Mac(ReadOnlySpan<byte> data) => HMACSHA256.HashData(Bytes, data);

    /// <summary>The same into 32 bytes of the caller.</summary>
    internal void Mac(ReadOnlySpan<byte> data, Span<byte> mac) => HMACSHA256.HashData(Bytes, data, mac);

    /// <inheritdoc/>
    public void Dispose()
    {
        _disposed = true;
        CryptographicOperations.ZeroMemory(_bytes);
    }
}
