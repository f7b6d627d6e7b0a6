using System.Buffers.Binary;
using System.Security.Cryptography;

namespace MedLedger.Crypto.Hpke;

/// <summary>The keys of one encapsulation (RFC 9180, section 5.2), shared by both roles.</summary>
internal sealed class HpkeContext(HpkeAead aead, byte[] key, byte[] baseNonce, byte[] exporterSecret, LabeledKdf kdf)
    : IDisposable
{
    public const int NonceSize = 12;
    public const int TagSize = 16;

    private readonly Lock _gate = new();
    private readonly AesGcm? _aes = aead is HpkeAead.ChaCha20Poly1305 ? null : new AesGcm(key, TagSize);
    private readonly ChaCha20Poly1305? _chaCha = aead is HpkeAead.ChaCha20Poly1305 ? new ChaCha20Poly1305(key) : null;

    public byte[] Seal(ulong sequence, ReadOnlySpan<byte> aad, ReadOnlySpan<byte> plaintext)
    {
        Span<byte> nonce = stackalloc byte[NonceSize];
        ComputeNonce(sequence, nonce);
        var sealedBytes = new byte[plaintext.Length + TagSize];
        var ciphertext = sealedBytes.AsSpan(0, plaintext.Length);
        var tag = sealedBytes.AsSpan(plaintext.Length);
        lock (_gate)
        {
            _aes?.Encrypt(nonce, plaintext, ciphertext, tag, aad);
            _chaCha?.Encrypt(nonce, plaintext, ciphertext, tag, aad);
        }
        return sealedBytes;
    }

    public byte[]? Open(ulong sequence, ReadOnlySpan<byte> aad, ReadOnlySpan<byte> sealedBytes)
    {
        if (sealedBytes.Length < TagSize)
            return null;
        Span<byte> nonce = stackalloc byte[NonceSize];
        ComputeNonce(sequence, nonce);
        var ciphertext = sealedBytes[..^TagSize];
        var tag = sealedBytes[^TagSize..];
        var plaintext = new byte[ciphertext.Length];
        try
        {
            lock (_gate)
            {
                _aes?.Decrypt(nonce, ciphertext, tag, plaintext, aad);
                _chaCha?.Decrypt(nonce, ciphertext, tag, plaintext, aad);
            }
            return plaintext;
        }
        catch (AuthenticationTagMismatchException)
        {
            return null;
        }
    }

    // Context.Export(exporter_context, L) = LabeledExpand(exporter_secret, "sec", exporter_context, L)
    public byte[] Export(ReadOnlySpan<byte> exporterContext, int length)
    {
        var value = new byte[length];
        kdf.Expand(exporterSecret, "sec"u8, exporterContext, value);
        return value;
    }

    public void Dispose()
    {
        _aes?.Dispose();
        _chaCha?.Dispose();
        CryptographicOperations.ZeroMemory(key);
        CryptographicOperations.ZeroMemory(baseNonce);
        CryptographicOperations.ZeroMemory(exporterSecret);
    }

    // def Context<ROLE>.ComputeNonce(seq): return xor(base_nonce, I2OSP(seq, Nn))
    private void ComputeNonce(ulong sequence, Span<byte> nonce)
    {
        baseNonce.CopyTo(nonce);
        var low = nonce[(NonceSize - sizeof(ulong))..];
        BinaryPrimitives.WriteUInt64BigEndian(low, BinaryPrimitives.ReadUInt64BigEndian(low) ^ sequence);
    }
}

/// <summary>Seals messages in order; each gets the next sequence number, so that no nonce repeats. Safe for several threads.</summary>
internal sealed class HpkeSender(HpkeContext context, byte[] encapsulation, ulong limit = long.MaxValue) : IDisposable
{
    private readonly Lock _gate = new();
    private ulong _next;

    /// <summary>What the recipient needs to rebuild the context.</summary>
    public ReadOnlySpan<byte> Encapsulation => encapsulation;

    /// <summary>Seals one message and says under which sequence number.</summary>
    /// <exception cref="InvalidOperationException">The context has no sequence number left (RFC 9180: MessageLimitReachedError).</exception>
    public byte[] Seal(ReadOnlySpan<byte> aad, ReadOnlySpan<byte> plaintext, out ulong sequence)
    {
        sequence = NextSequence();
        return context.Seal(sequence, aad, plaintext);
    }

    /// <summary>Seals one message under an AAD that names the sequence number itself.</summary>
    /// <exception cref="InvalidOperationException">The context has no sequence number left.</exception>
    public byte[] Seal(Func<ulong, byte[]> aad, ReadOnlySpan<byte> plaintext, out ulong sequence)
    {
        sequence = NextSequence();
        return context.Seal(sequence, aad(sequence), plaintext);
    }

    public byte[] Export(ReadOnlySpan<byte> exporterContext, int length) => context.Export(exporterContext, length);

    public void Dispose() => context.Dispose();

    private ulong NextSequence()
    {
        lock (_gate)
        {
            if (_next >= limit)
                throw new InvalidOperationException("The HPKE context has no sequence number left.");
            return _next++;
        }
    }
}

/// <summary>Opens messages of one encapsulation by their sequence number, in any order.</summary>
internal sealed class HpkeRecipient(HpkeContext context) : IDisposable
{
    /// <summary>The message; null for any wrong input, without saying which.</summary>
    public byte[]? Open(ulong sequence, ReadOnlySpan<byte> aad, ReadOnlySpan<byte> ciphertext) =>
        context.Open(sequence, aad, ciphertext);

    public byte[] Export(ReadOnlySpan<byte> exporterContext, int length) => context.Export(exporterContext, length);

    public void Dispose() => context.Dispose();
}
