using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace MedLedger.Crypto.Log;

/// <summary>A public key that verifies signed notes (c2sp.org/signed-note, "verifier key"): a name and an Ed25519 key.</summary>
public sealed class NoteKey : IEquatable<NoteKey>
{
    internal const byte Ed25519Type = 1;
    private readonly byte[] _publicKey;

    /// <summary>Takes a name without spaces and plus signs and a valid Ed25519 key.</summary>
    /// <exception cref="ArgumentException">One of them is not so.</exception>
    public NoteKey(string name, ReadOnlySpan<byte> publicKey)
    {
        if (!IsName(name))
            throw new ArgumentException("A key name has no spaces, plus signs or controls.", nameof(name));
        if (!Ed25519Signature.IsPublicKey(publicKey))
            throw new ArgumentException("Not an Ed25519 public key.", nameof(publicKey));
        Name = name;
        _publicKey = publicKey.ToArray();
        // key ID = SHA-256(key name || 0x0A || 0x01 || 32-byte Ed25519 public key)[:4]
        byte[] input = [.. Encoding.UTF8.GetBytes(name), 0x0A, Ed25519Type, .. _publicKey];
        Id = BinaryPrimitives.ReadUInt32BigEndian(SHA256.HashData(input));
    }

    /// <summary>Whose key it is; a log's is its checkpoints' origin.</summary>
    public string Name { get; }

    /// <summary>32 bytes.</summary>
    public ReadOnlySpan<byte> PublicKey => _publicKey;

    internal uint Id { get; }

    /// <summary>Reads <c>name+hex(id)+base64(type || key)</c>; false for anything but its one form.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out NoteKey? key)
    {
        key = null;
        var parts = text?.Split('+', 3);
        if (parts is not [var name, _, var encoded] || !IsName(name))
            return false;
        Span<byte> bytes = stackalloc byte[1 + Ed25519Signature.PublicKeySize];
        if (!Convert.TryFromBase64String(encoded, bytes, out var written) || written != bytes.Length)
            return false;
        if (bytes[0] != Ed25519Type || !Ed25519Signature.IsPublicKey(bytes[1..]))
            return false;
        var parsed = new NoteKey(name, bytes[1..]);
        // The id must be the key's own, and base64 with stray bits is another text of the same key.
        if (!string.Equals(parsed.ToString(), text, StringComparison.Ordinal))
            return false;
        key = parsed;
        return true;
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Name}+{Id:x8}+{Convert.ToBase64String([Ed25519Type, .. _publicKey])}";

    /// <inheritdoc/>
    public bool Equals(NoteKey? other) =>
        other is not null && string.Equals(ToString(), other.ToString(), StringComparison.Ordinal);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as NoteKey);

    /// <inheritdoc/>
    public override int GetHashCode() => Id.GetHashCode();

    internal static bool IsName(string name) =>
        name.Length is > 0 and <= 256
        && !name.Any(c => c is '+' or '\uFFFD' || char.IsWhiteSpace(c) || char.IsControl(c) || char.IsSurrogate(c));
}
