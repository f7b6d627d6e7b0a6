using System.Security.Cryptography;

namespace MedLedger.Crypto.Sealing;

/// <summary>
/// Reads what <see cref="SealingStream"/> wrote. Each chunk is authenticated before any of it is given out; only the
/// end of the stream says that nothing is missing.
/// </summary>
public sealed class OpeningStream : Stream
{
    private readonly Stream _input;
    private readonly AesGcm _aes;
    private readonly byte[] _keys;
    private readonly byte[] _plain = new byte[ChunkedEncryption.ChunkSize];
    private readonly byte[] _sealed = new byte[ChunkedEncryption.ChunkSize + ChunkedEncryption.TagSize];
    private int _chunk;
    private int _count;
    private int _at;
    private bool _isLast;

    private OpeningStream(Stream input, byte[] keys)
    {
        _input = input;
        _keys = keys;
        _aes = new AesGcm(keys.AsSpan(0, SecretKey.Size), ChunkedEncryption.TagSize);
    }

    /// <summary>Begins to read; null when the stream was not sealed with this key, label and context.</summary>
    public static OpeningStream? TryOpen(Stream input, SecretKey key, string label, ReadOnlySpan<byte> context)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(key);
        Span<byte> header = stackalloc byte[ChunkedEncryption.HeaderSize];
        if (input.ReadAtLeast(header, header.Length, throwOnEndOfStream: false) < header.Length)
            return null;
        var keys = new byte[SecretKey.Size + ChunkedEncryption.NonceSize + ChunkedEncryption.CommitmentSize];
        using var derived = key.Derive(label);
        ChunkedEncryption.DeriveKeys(derived.Bytes, header[..ChunkedEncryption.SaltSize], context, keys);
        var commitment = keys.AsSpan(SecretKey.Size + ChunkedEncryption.NonceSize);
        if (CryptographicOperations.FixedTimeEquals(commitment, header[ChunkedEncryption.SaltSize..]))
            return new OpeningStream(input, keys);
        CryptographicOperations.ZeroMemory(keys);
        return null;
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidDataException">A chunk was changed, moved or cut off.</exception>
    public override int Read(Span<byte> buffer)
    {
        if (_at == _count && !buffer.IsEmpty && !_isLast)
            ReadChunk();
        var size = Math.Min(buffer.Length, _count - _at);
        _plain.AsSpan(_at, size).CopyTo(buffer);
        _at += size;
        return size;
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    public override void Flush() { }

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _aes.Dispose();
        CryptographicOperations.ZeroMemory(_keys);
        CryptographicOperations.ZeroMemory(_plain);
        base.Dispose(disposing);
    }

    private void ReadChunk()
    {
        var read = _input.ReadAtLeast(_sealed, _sealed.Length, throwOnEndOfStream: false);
        if (read < ChunkedEncryption.TagSize)
            throw Damaged();
        (_count, _at) = (read - ChunkedEncryption.TagSize, 0);
        _isLast = read < _sealed.Length;
        Span<byte> nonce = stackalloc byte[ChunkedEncryption.NonceSize];
        ChunkedEncryption.Nonce(_keys, _chunk++, nonce);
        try
        {
            _aes.Decrypt(
                nonce,
                _sealed.AsSpan(0, _count),
                _sealed.AsSpan(_count, ChunkedEncryption.TagSize),
                _plain.AsSpan(0, _count)
            );
        }
        catch (AuthenticationTagMismatchException)
        {
            (_count, _isLast) = (0, true);
            throw Damaged();
        }
    }

    private static InvalidDataException Damaged() => new("The file is damaged or cut off; nothing of it is used.");
}
