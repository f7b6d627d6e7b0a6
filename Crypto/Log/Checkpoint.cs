using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace MedLedger.Crypto.Log;

/// <summary>
/// The head of a log (c2sp.org/tlog-checkpoint): origin, size, root. Ours carry no extension lines, and others are refused.
/// </summary>
public sealed record Checkpoint
{
    private readonly byte[] _root;

    /// <summary>Takes the three parts.</summary>
    /// <exception cref="ArgumentException">The origin is no key name, the size negative, or the root not 32 bytes.</exception>
    public Checkpoint(string origin, long size, ReadOnlySpan<byte> root)
    {
        if (!NoteKey.IsName(origin))
            throw new ArgumentException("An origin has no spaces, plus signs or controls.", nameof(origin));
        ArgumentOutOfRangeException.ThrowIfNegative(size);
        if (root.Length != MerkleHash.Size)
            throw new ArgumentException("A root has 32 bytes.", nameof(root));
        (Origin, Size, _root) = (origin, size, root.ToArray());
    }

    /// <summary>Which log; the name of its key.</summary>
    public string Origin { get; }

    /// <summary>Entries.</summary>
    public long Size { get; }

    /// <summary>The root of the RFC 6962 tree, 32 bytes.</summary>
    public ReadOnlySpan<byte> Root => _root;

    /// <summary>The note's text.</summary>
    public string Text => $"{Origin}\n{Size.ToString(CultureInfo.InvariantCulture)}\n{Convert.ToBase64String(_root)}\n";

    /// <summary>The signed note.</summary>
    public string Sign(NoteKey key, Ed25519PrivateKey privateKey) => SignedNote.Sign(Text, key, privateKey);

    /// <summary>The checkpoint of a note that the log's key signed.</summary>
    public static bool TryVerify(string note, NoteKey key, [NotNullWhen(true)] out Checkpoint? checkpoint)
    {
        checkpoint = null;
        return SignedNote.TryVerify(note, key, out var text)
            && TryParse(text, out checkpoint)
            && string.Equals(checkpoint.Origin, key.Name, StringComparison.Ordinal);
    }

    /// <inheritdoc/>
    public bool Equals(Checkpoint? other) =>
        other is not null && string.Equals(Text, other.Text, StringComparison.Ordinal);

    /// <inheritdoc/>
    public override int GetHashCode() => Text.GetHashCode(StringComparison.Ordinal);

    private static bool TryParse(string text, [NotNullWhen(true)] out Checkpoint? checkpoint)
    {
        checkpoint = null;
        if (text.Split('\n') is not [var origin, var size, var root, ""] || !NoteKey.IsName(origin))
            return false;
        Span<byte> hash = stackalloc byte[MerkleHash.Size];
        if (!long.TryParse(size, NumberStyles.None, CultureInfo.InvariantCulture, out var entries))
            return false;
        if (!Convert.TryFromBase64String(root, hash, out var written) || written != hash.Length)
            return false;
        var parsed = new Checkpoint(origin, entries, hash);
        // There is one text of each head: no leading zeros, no stray bits.
        if (!string.Equals(parsed.Text, text, StringComparison.Ordinal))
            return false;
        checkpoint = parsed;
        return true;
    }
}
