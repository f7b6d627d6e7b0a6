using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace MedLedger.Crypto.Log;

/// <summary>A text signed by one or more keys (c2sp.org/signed-note). Its text means nothing before <see cref="TryVerify"/>.</summary>
public static class SignedNote
{
    private const int MaxSize = 1 << 20;
    private const int MaxSignatures = 16;
    private static readonly UTF8Encoding Utf8 = new(false, throwOnInvalidBytes: true);

    /// <summary>Signs a text that ends with a newline.</summary>
    /// <exception cref="ArgumentException">The text does not end so, or has control characters.</exception>
    public static string Sign(string text, NoteKey key, Ed25519PrivateKey privateKey)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(privateKey);
        if (!IsText(text))
            throw new ArgumentException("A note's text ends with a newline and has no other controls.", nameof(text));
        if (!key.PublicKey.SequenceEqual(privateKey.PublicKey))
            throw new ArgumentException("The private key is not that of the note's key.", nameof(privateKey));
        Span<byte> id = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32BigEndian(id, key.Id);
        byte[] signature = [.. id, .. privateKey.Sign(Utf8.GetBytes(text))];
        return $"{text}\n\u2014 {key.Name} {Convert.ToBase64String(signature)}\n";
    }

    /// <summary>
    /// The text of a note that the key signed. A second signature of the same key that does not verify, an unknown form
    /// or more than sixteen signatures refuse the whole note; signatures of other keys are ignored.
    /// </summary>
    public static bool TryVerify(string note, NoteKey key, [NotNullWhen(true)] out string? text)
    {
        ArgumentNullException.ThrowIfNull(key);
        text = null;
        if (note.Length > MaxSize)
            return false;
        var split = note.LastIndexOf("\n\n", StringComparison.Ordinal);
        if (split < 0 || !note.EndsWith('\n') || !IsText(note))
            return false;
        var signed = note[..(split + 1)];
        var lines = note[(split + 2)..].Split('\n')[..^1];
        if (lines.Length is 0 or > MaxSignatures)
            return false;

        byte[] bytes;
        try
        {
            bytes = Utf8.GetBytes(signed);
        }
        catch (EncoderFallbackException)
        {
            return false;
        }
        var verified = false;
        foreach (var line in lines)
        {
            if (!TryReadLine(line, out var name, out var id, out var signature))
                return false;
            if (!string.Equals(name, key.Name, StringComparison.Ordinal) || id != key.Id)
                continue;
            if (!Ed25519Signature.Verify(key.PublicKey, bytes, signature))
                return false;
            verified = true;
        }
        if (!verified)
            return false;
        text = signed;
        return true;
    }

    private static bool TryReadLine(string line, out string name, out uint id, out byte[] signature)
    {
        (name, id, signature) = ("", 0, []);
        if (
            !line.StartsWith("\u2014 ", StringComparison.Ordinal) || line[2..].Split(' ') is not [var owner, var base64]
        )
            return false;
        var buffer = new byte[base64.Length];
        if (
            !NoteKey.IsName(owner)
            || !Convert.TryFromBase64String(base64, buffer, out var written)
            || written < 5
            || !string.Equals(Convert.ToBase64String(buffer, 0, written), base64, StringComparison.Ordinal)
        )
            return false;
        name = owner;
        id = BinaryPrimitives.ReadUInt32BigEndian(buffer);
        signature = buffer[4..written];
        return true;
    }

    private static bool IsText(string text) => text.EndsWith('\n') && !text.Any(c => c < ' ' && c != '\n');
}
