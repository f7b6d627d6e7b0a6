using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using MedLedger.Consent.Chain;
using MedLedger.Crypto.Ethereum;
using MedLedger.Crypto.Fields;
using MedLedger.Crypto.Log;

namespace MedLedger.Consent.Evidence;

/// <summary>
/// Reading and writing of evidence and trust files. A file is accepted when what it says, written again by us, has the
/// same canonical form: so that no value has a second form, whatever it is made of.
/// </summary>
internal static class EvidenceJson
{
    /// <summary>Bytes of the largest file that is read: 64 parts, paths and openings fit many times.</summary>
    public const int MaxSize = 4 << 20;

    public const string SignatureMember = "signature";
    public const string OpeningsMember = "openings";

    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        AllowDuplicateProperties = false,
        NumberHandling = JsonNumberHandling.Strict,
        MaxDepth = 16,
        WriteIndented = true,
        // Nothing of it goes into a page: the em dash of notes and the plus of base64 stay readable.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters =
        {
            new HexConverter<Fr>(ParseField, value => "0x" + Convert.ToHexStringLower(value.ToBytes())),
            new HexConverter<Bytes32>(
                text => Bytes32.TryParse(text, out var value) ? value : null,
                value => value.ToString()
            ),
            new HexConverter<EthereumAddress>(
                text => EthereumAddress.TryParse(text, out var value) ? value : null,
                value => value.ToString()
            ),
        },
    };

    public static byte[] Write<T>(T value) => JsonSerializer.SerializeToUtf8Bytes(value, Options);

    public static bool TryRead<T>(ReadOnlyMemory<byte> utf8, [NotNullWhen(true)] out T? value)
        where T : class
    {
        value = null;
        if (utf8.Length > MaxSize || !TryCanonical(utf8, [], out var canonical))
            return false;
        try
        {
            var read = JsonSerializer.Deserialize<T>(utf8.Span, Options);
            if (
                read is null
                || !TryCanonical(Write(read), [], out var again)
                || !again.AsSpan().SequenceEqual(canonical)
            )
                return false;
            value = read;
            return true;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            return false;
        }
    }

    /// <summary>The RFC 8785 form without some members.</summary>
    public static bool TryCanonical(
        ReadOnlyMemory<byte> utf8,
        IReadOnlyCollection<string> without,
        [NotNullWhen(true)] out byte[]? canonical
    )
    {
        canonical = null;
        if (!CanonicalJson.TryParse(utf8, out var document))
            return false;
        using (document)
            return CanonicalJson.TryWrite(document.RootElement, without, out canonical);
    }

    private static Fr? ParseField(string text)
    {
        if (text.Length != 66 || !text.StartsWith("0x", StringComparison.Ordinal))
            return null;
        Span<byte> bytes = stackalloc byte[Fr.SizeInBytes];
        var status = Convert.FromHexString(text.AsSpan(2), bytes, out _, out _);
        return status == System.Buffers.OperationStatus.Done && Fr.TryParseCanonical(bytes, out var value)
            ? value
            : null;
    }

    private sealed class HexConverter<T>(Func<string, T?> parse, Func<T, string> write) : JsonConverter<T>
        where T : struct
    {
        public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.TokenType == JsonTokenType.String && parse(reader.GetString()!) is { } value
                ? value
                : throw new JsonException(string.Create(CultureInfo.InvariantCulture, $"Not a {typeof(T).Name}."));

        public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) =>
            writer.WriteStringValue(write(value));
    }
}
