using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Unicode;
using MedLedger.Crypto.Sealing;

namespace MedLedger.Consent.Vault;

/// <summary>
/// The keyed digests of one compartment: search tokens, classes, content. All are equal only within this compartment, and
/// nobody can make or test one without its key.
/// </summary>
public sealed class PatientIndex : IDisposable
{
    private readonly SecretKey _tokens;
    private readonly SecretKey _classes;
    private readonly SecretKey _contents;

    internal PatientIndex(SecretKey kek)
    {
        _tokens = kek.Derive("tokens");
        _classes = kek.Derive("classes");
        _contents = kek.Derive("content-tags");
    }

    /// <summary>The blind index of one normalized value of one search parameter: 32 hexadecimal digits.</summary>
    public string Token(string resourceType, string parameter, string value) =>
        SearchToken.Compute(_tokens, resourceType, parameter, value);

    /// <summary>The first bytes of the same, at most 16.</summary>
    public void CutToken(string resourceType, string parameter, string value, Span<byte> start) =>
        SearchToken.Compute(_tokens, resourceType, parameter, value, start);

    /// <summary>The opaque key of a sensitivity class (<see cref="Segment.ClassKey"/>).</summary>
    public string ClassKey(string sensitivityClass) =>
        Convert.ToHexStringLower(_classes.Mac(Encoding.UTF8.GetBytes(sensitivityClass)));

    /// <summary>
    /// The tag of a record's content (<see cref="SealedCompartment.ContentTag"/>): an import compares it with those of
    /// all earlier versions to see what is unchanged, without opening them.
    /// </summary>
    public byte[] ContentTag(string recordKey, ReadOnlySpan<byte> content) =>
        _contents.Mac([.. Encoding.ASCII.GetBytes(recordKey), .. content]);

    /// <inheritdoc/>
    public void Dispose()
    {
        _tokens.Dispose();
        _classes.Dispose();
        _contents.Dispose();
    }
}

/// <summary>One form of token for both kinds of key: each part is preceded by its length, so that parts cannot shift.</summary>
internal static class SearchToken
{
    private const int TokenSize = 16;
    private const int ShortText = 512;
    private const int LengthsSize = 24;

    public static string Compute(SecretKey key, string resourceType, string parameter, string value)
    {
        Span<byte> token = stackalloc byte[TokenSize];
        Compute(key, resourceType, parameter, value, token);
        return Convert.ToHexStringLower(token);
    }

    public static void Compute(SecretKey key, string resourceType, string parameter, string value, Span<byte> start)
    {
        if (start.Length > TokenSize)
            throw new ArgumentException("A token has 16 bytes.", nameof(start));
        var longest =
            Encoding.UTF8.GetMaxByteCount(resourceType.Length + parameter.Length + value.Length) + LengthsSize;
        var text = longest <= ShortText ? stackalloc byte[ShortText] : new byte[longest];
        Utf8.TryWrite(
            text,
            CultureInfo.InvariantCulture,
            $"{resourceType.Length}:{resourceType}{parameter.Length}:{parameter}{value}",
            out var length
        );
        Span<byte> mac = stackalloc byte[HMACSHA256.HashSizeInBytes];
        key.Mac(text[..length], mac);
        mac[..start.Length].CopyTo(start);
    }
}
