using System.Security.Cryptography;

namespace MedLedger.Crypto.Sealing;

/// <summary>
/// C2SP chunked encryption of a stream of any length, 16 KiB at a time, for backups. Until <see cref="Complete"/> the
/// output is cut off, and no reader takes it for whole.
/// </summary>
public sealed class SealingStream : Stream
{
    private readonly Stream _output;
    private readonly AesGcm _aes;
    private readonly byte[] _keys = new byte[
        SecretKey.Size + ChunkedEncryption.NonceSize + ChunkedEncryption.CommitmentSize
    ];
    private readonly byte[] _plain = new byte[ChunkedEncryption.ChunkSize];
    private readonly byte[] _sealed = new byte[ChunkedEncryption.ChunkSize + ChunkedEncryption.TagSize];
    private int _count;
    private int _chunk;
    private bool _isComplete;

    /// <summary>Begins a stream.</summary>
    /// <param name="output">Where it goes; the caller's to dispose.</param>
    /// <param name="key">The key.</param>
    /// <param name="label">What it is, bound into the key.</param>
    /// <param name="context">What stands before it in clear, bound into the key.</param>
    public SealingStream(Stream output, SecretKey key, string label, ReadOnlySpan<byte> context)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(key);
        _output = output;
        var salt = RandomNumberGenerator.GetBytes(ChunkedEncryption.SaltSize);
        using var derived = key.Derive(label);
        ChunkedEncryption.DeriveKeys(derived.Bytes, salt, context, _keys);
        _aes = new AesGcm(_keys.AsSpan(0, SecretKey.Size), ChunkedEncryption.TagSize);
        output.Write(salt);
        output.Write(_keys.AsSpan(SecretKey.Size + ChunkedEncryption.NonceSize));
    }

    /// <summary>Writes the last chunk. Nothing can be written after it.</summary>
    public void Complete()
    {
        ObjectDisposedException.ThrowIf(_isComplete, this);
        WriteChunk();
        _isComplete = true;
        _output.Flush();
    }

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        ObjectDisposedException.ThrowIf(_isComplete, this);
        while (!buffer.IsEmpty)
        {
            var size = Math.Min(buffer.Length, _plain.Length - _count);
            buffer[..size].CopyTo(_plain.AsSpan(_count));
            _count += size;
            buffer = buffer[size..];
            if (_count == _plain.Length)
                WriteChunk();
        }
    }

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override void Flush() { }

    /// <inheritdoc/>
    public override bool CanRead => false;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _aes.Dispose();
        CryptographicOperations.ZeroMemory(_keys);
        CryptographicOperations.ZeroMemory(_plain);
        _isComplete = true;
        base.Dispose(disposing);
    }

    private void WriteChunk()
    {
        Span<byte> nonce = stackalloc byte[ChunkedEncryption.NonceSize];
        ChunkedEncryption.Nonce(_keys, _chunk++, nonce);
        _aes.Encrypt(
            nonce,
            _plain.AsSpan(0, _count),
            _sealed.AsSpan(0, _count),
            _sealed.AsSpan(_count, ChunkedEncryption.TagSize)
        );
        _output.Write(_sealed, 0, _count + ChunkedEncryption.TagSize);
        _count = 0;
    }
}
