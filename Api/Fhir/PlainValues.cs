using System.Buffers;
using System.Buffers.Text;
using System.Collections.Frozen;
using System.Text;
using System.Text.Json;
using Hl7.Fhir.Model;
using Hl7.Fhir.Utility;

namespace MedLedger.Api.Fhir;

/// <summary>Whether the token of a reader is plainly a valid value of a primitive type.</summary>
internal delegate bool PlainValue(ref Utf8JsonReader reader);

/// <summary>
/// Values of primitive types that are plainly valid (FHIR R4, datatypes.html#primitive). Narrower than FHIR: what is rare
/// or hard is not plain.
/// </summary>
internal static class PlainValues
{
    private const int LongestText = 1 << 20;
    private const int LongestReference = 2048;
    private const int DateLength = 10;
    private const byte AfterMinutes = (byte)':';

    private static readonly SearchValues<byte> IdBytes = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-."u8
    );

    private static readonly SearchValues<byte> UrlBytes = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/?&=+,;!$*()"u8
    );

    private static readonly SearchValues<byte> ReferenceBytes = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/?&=+,;!$*()#:|%@"u8
    );

    // No white space, no quotation mark or backslash, nothing beyond ASCII.
    private static readonly SearchValues<byte> CodeBytes = SearchValues.Create([
        .. Enumerable.Range(0x21, 0x7E - 0x20).Select(b => (byte)b).Where(b => b is not ((byte)'"' or (byte)'\\')),
    ]);

    private static readonly Dictionary<Type, PlainValue> ByType = new()
    {
        [typeof(FhirBoolean)] = (ref r) => r.TokenType is JsonTokenType.True or JsonTokenType.False,
        [typeof(Integer)] = (ref r) => IsNumber(ref r, 9, "0123456789"u8),
        [typeof(UnsignedInt)] = (ref r) => IsNumber(ref r, 9, "0123456789"u8),
        [typeof(PositiveInt)] = (ref r) => IsNumber(ref r, 9, "0123456789"u8) && r.ValueSpan[0] != '0',
        [typeof(FhirDecimal)] = (ref r) => IsNumber(ref r, 18, "-.0123456789"u8),
        [typeof(FhirString)] = IsText,
        [typeof(Markdown)] = IsText,
        [typeof(Code)] = (ref r) => Has(ref r, CodeBytes, LongestReference),
        [typeof(Id)] = (ref r) => Has(ref r, IdBytes, 64),
        [typeof(FhirUri)] = IsUrl,
        [typeof(FhirUrl)] = IsUrl,
        [typeof(Canonical)] = IsUrl,
        [typeof(Base64Binary)] = (ref r) =>
            Has(ref r, CodeBytes, int.MaxValue) && Base64.IsValid(r.ValueSpan) && r.ValueSpan.Length % 4 == 0,
        [typeof(Date)] = (ref r) => r.TokenType == JsonTokenType.String && IsDate(ref r),
        [typeof(FhirDateTime)] = (ref r) =>
            r.TokenType == JsonTokenType.String && (IsDate(ref r) || Moment(ref r) is not null),
        [typeof(Instant)] = (ref r) => r.TokenType == JsonTokenType.String && Moment(ref r) is not null,
    };

    /// <summary>The check of a type of primitives; null when none of its values is plain.</summary>
    public static PlainValue? Of(Type type) =>
        type.IsGenericType && type.GetGenericTypeDefinition() == typeof(Code<>)
            ? OneOf(type.GenericTypeArguments[0])
            : ByType.GetValueOrDefault(type);

    /// <summary>A literal reference.</summary>
    public static bool Reference(ref Utf8JsonReader reader) => Has(ref reader, ReferenceBytes, LongestReference);

    /// <summary>The moment that a dateTime with a time names; null when it has none, and when it is not plain.</summary>
    public static DateTimeOffset? Moment(ref Utf8JsonReader reader)
    {
        var text = reader.ValueSpan;
        // YYYY-MM-DDThh:mm:ss and a zone; the reader takes less.
        return
            reader is { ValueIsEscaped: false, TokenType: JsonTokenType.String }
            && text.Length is >= 20 and <= 33
            && text[16] == AfterMinutes
            && (text[^1] == 'Z' || (text[^3] == AfterMinutes && text[^6] is (byte)'+' or (byte)'-'))
            && reader.TryGetDateTimeOffset(out var moment)
            ? moment
            : null;
    }

    // YYYY, YYYY-MM or YYYY-MM-DD.
    private static bool IsDate(ref Utf8JsonReader reader)
    {
        Span<char> text = stackalloc char[DateLength];
        var given = reader.ValueSpan;
        if (reader.ValueIsEscaped || given.Length is not (4 or 7 or DateLength))
            return false;
        "0001-01-01".CopyTo(text);
        return Ascii.ToUtf16(given, text, out _) == OperationStatus.Done
            && DateOnly.TryParseExact(text, "yyyy-MM-dd", null, default, out _);
    }

    private static bool IsNumber(ref Utf8JsonReader reader, int longest, ReadOnlySpan<byte> of) =>
        reader.TokenType == JsonTokenType.Number
        && reader.ValueSpan.Length <= longest
        && !reader.ValueSpan.ContainsAnyExcept(of);

    private static bool Has(ref Utf8JsonReader reader, SearchValues<byte> of, int longest) =>
        reader is { TokenType: JsonTokenType.String, ValueIsEscaped: false }
        && reader.ValueSpan.Length > 0
        && reader.ValueSpan.Length <= longest
        && !reader.ValueSpan.ContainsAnyExcept(of);

    // It begins with what is no white space; of what JSON writes with a backslash, only line ends, tabs and quotes.
    private static bool IsText(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.String)
            return false;
        var text = reader.ValueSpan;
        if (text.Length is 0 or > LongestText || text[0] is <= 0x20 or (byte)'\\' or > 0x7E)
            return false;
        if (!reader.ValueIsEscaped)
            return true;
        for (var at = text.IndexOf((byte)'\\'); at >= 0; at = text.IndexOf((byte)'\\'))
        {
            if (text[at + 1] is not ((byte)'n' or (byte)'r' or (byte)'t' or (byte)'"' or (byte)'/' or (byte)'\\'))
                return false;
            text = text[(at + 2)..];
        }
        return true;
    }

    private static bool IsUrl(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.String || reader.ValueIsEscaped)
            return false;
        var text = reader.ValueSpan;
        var rest =
            text.StartsWith("https://"u8) ? text[8..]
            : text.StartsWith("http://"u8) ? text[7..]
            : [];
        return rest.Length is > 0 and <= LongestReference
            && char.IsAsciiLetterOrDigit((char)rest[0])
            && !rest.ContainsAnyExcept(UrlBytes)
            && rest.IndexOf(".."u8) < 0;
    }

    private static PlainValue OneOf(Type codes)
    {
        var literals = Enum.GetValues(codes)
            .Cast<Enum>()
            .Select(code => code.GetLiteral())
            .OfType<string>()
            .ToFrozenSet(StringComparer.Ordinal)
            .GetAlternateLookup<ReadOnlySpan<char>>();
        return (ref reader) =>
        {
            Span<char> text = stackalloc char[64];
            return reader is { TokenType: JsonTokenType.String, ValueIsEscaped: false }
                && reader.ValueSpan.Length <= text.Length
                && Ascii.ToUtf16(reader.ValueSpan, text, out var length) == OperationStatus.Done
                && literals.Contains(text[..length]);
        };
    }
}
