using System.Security.Cryptography;
using MedLedger.Crypto.Log;

namespace MedLedger.Crypto.Tests.Log;

public class SignedNoteTests
{
    private static readonly Ed25519PrivateKey Private = Ed25519PrivateKey.FromSeed(RandomNumberGenerator.GetBytes(32));
    private static readonly NoteKey Key = new("medledger.example/log", Private.PublicKey);

    // c2sp.org/signed-note, example.
    [Fact]
    public void Verifies_the_example_of_the_specification()
    {
        Assert.True(
            NoteKey.TryParse("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", out var key)
        );
        const string Note =
            "This is an example message.\n\n\u2014 example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";
        Assert.True(SignedNote.TryVerify(Note, key, out var text));
        Assert.Equal("This is an example message.\n", text);
    }

    [Fact]
    public void Every_changed_character_is_refused()
    {
        var note = new Checkpoint(Key.Name, 42, SHA256.HashData([])).Sign(Key, Private);
        Assert.True(Checkpoint.TryVerify(note, Key, out var checkpoint));
        Assert.Equal(42, checkpoint.Size);
        for (var i = 0; i < note.Length; i++)
        {
            Assert.False(Checkpoint.TryVerify(note[..i] + (char)(note[i] ^ 1) + note[(i + 1)..], Key, out _));
            Assert.False(Checkpoint.TryVerify(note.Remove(i, 1), Key, out _));
        }
        Assert.False(Checkpoint.TryVerify(note + "\n", Key, out _));
        Assert.False(Checkpoint.TryVerify("", Key, out _));
    }

    [Fact]
    public void Signatures_of_others_are_ignored_and_wrong_ones_of_the_key_are_not()
    {
        using var otherPrivate = Ed25519PrivateKey.FromSeed(RandomNumberGenerator.GetBytes(32));
        var other = new NoteKey("witness.example/w", otherPrivate.PublicKey);
        var ours = SignedNote.Sign("text\n", Key, Private);
        var theirs = SignedNote.Sign("text\n", other, otherPrivate);
        var signature = theirs["text\n\n".Length..];

        Assert.True(SignedNote.TryVerify(ours + signature, Key, out _));
        Assert.True(SignedNote.TryVerify(ours + signature, other, out _));
        Assert.False(SignedNote.TryVerify(theirs, Key, out _));
        var wrong = SignedNote.Sign("texT\n", Key, Private)["text\n\n".Length..];
        Assert.False(SignedNote.TryVerify(ours + wrong, Key, out _));
        Assert.True(SignedNote.TryVerify(ours + string.Concat(Enumerable.Repeat(signature, 15)), Key, out _));
        Assert.False(SignedNote.TryVerify(ours + string.Concat(Enumerable.Repeat(signature, 16)), Key, out _));
        var renamed = new NoteKey("medledger.example/log2", Private.PublicKey);
        Assert.False(SignedNote.TryVerify(ours, renamed, out _));
    }

    [Theory]
    [InlineData("o\n1\nXXXX\n")]
    [InlineData("o\n01\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n")]
    [InlineData("o\n-1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n")]
    [InlineData("o\n+1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n")]
    [InlineData("o\n1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFV=\n")]
    [InlineData("o\n1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\nextension\n")]
    [InlineData("o\n99999999999999999999\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n")]
    [InlineData("other\n1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n")]
    [InlineData("o\n1\n")]
    public void Signed_texts_that_are_no_checkpoint_are_refused(string text)
    {
        var key = new NoteKey("o", Private.PublicKey);
        var note = SignedNote.Sign(text, key, Private);
        Assert.True(SignedNote.TryVerify(note, key, out _));
        Assert.False(Checkpoint.TryVerify(note, key, out _));
    }

    [Fact]
    public void A_key_has_one_text()
    {
        var text = Key.ToString();
        Assert.True(NoteKey.TryParse(text, out var parsed));
        Assert.Equal(Key, parsed);
        Assert.False(NoteKey.TryParse(null, out _));
        Assert.False(NoteKey.TryParse(text[..^1], out _));
        Assert.False(NoteKey.TryParse(text.Replace('+', ' '), out _));
        var id = text.IndexOf('+', StringComparison.Ordinal) + 1;
        Assert.False(NoteKey.TryParse(text[..id] + (text[id] == '0' ? '1' : '0') + text[(id + 1)..], out _));
        // Small order, not canonical, not a point.
        Assert.Throws<ArgumentException>(() => new NoteKey("a", new byte[32]));
        Assert.Throws<ArgumentException>(() => new NoteKey("a", Enumerable.Repeat((byte)255, 32).ToArray()));
        Assert.Throws<ArgumentException>(() => new NoteKey("a b", Private.PublicKey));
        Assert.Throws<ArgumentException>(() => SignedNote.Sign("no newline", Key, Private));
    }

    [Fact]
    public void Ed25519_agrees_with_wycheproof()
    {
        using var json = Vectors.Read("wycheproof-ed25519.json");
        var tests = 0;
        foreach (var (group, test, result, name) in Vectors.Wycheproof(json))
        {
            tests++;
            var publicKey = group.GetProperty("publicKey").Hex("pk");
            var accepted = Ed25519Signature.Verify(publicKey, test.Hex("msg"), test.Hex("sig"));
            Assert.True(accepted == (result == "valid"), name);
        }
        Assert.True(tests > 100);
    }
}
