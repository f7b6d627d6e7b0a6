using System.Text.Json;
using MedLedger.Consent.Access;

namespace MedLedger.Consent.Vault;

/// <summary>
/// Reads sealed facts without a serializer: each decision on a record reads them, and building the same object by
/// reflection costs more than opening it. It reads what <see cref="JsonSerializer"/> wrote of them, and nothing else.
/// </summary>
internal static class FactsJson
{
    /// <summary>Reads the value that the reader stands on.</summary>
    /// <exception cref="JsonException">It is not what was written.</exception>
    public static ResourceFacts Read(ref Utf8JsonReader reader)
    {
        string? reference = null,
            type = null,
            date = null,
            encounter = null;
        IReadOnlyList<Coding> codes = [],
            labels = [];
        IReadOnlyList<LabelGround> grounds = [];
        IReadOnlyList<string>? authors = [],
            refersTo = null;
        Expect(ref reader, JsonTokenType.StartObject);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (Is(ref reader, "Reference"u8))
                reference = reader.GetString();
            else if (Is(ref reader, "Type"u8))
                type = reader.GetString();
            else if (Is(ref reader, "Codes"u8))
                codes = ReadCodings(ref reader);
            else if (Is(ref reader, "Labels"u8))
                labels = ReadCodings(ref reader);
            else if (Is(ref reader, "Grounds"u8))
                grounds = JsonSerializer.Deserialize<IReadOnlyList<LabelGround>>(ref reader) ?? [];
            else if (Is(ref reader, "Date"u8))
                date = reader.GetString();
            else if (Is(ref reader, "Authors"u8))
                authors = ReadTexts(ref reader);
            else if (Is(ref reader, "Encounter"u8))
                encounter = reader.GetString();
            else if (Is(ref reader, "RefersTo"u8))
                refersTo = ReadTexts(ref reader);
            else
                reader.Skip();
        }
        return new ResourceFacts
        {
            Reference = reference ?? throw new JsonException("Facts have a reference."),
            Type = type ?? throw new JsonException("Facts have a type."),
            Codes = codes,
            Labels = labels,
            Grounds = grounds,
            Date = date,
            Authors = authors ?? [],
            Encounter = encounter,
            RefersTo = refersTo,
        };
    }

    /// <summary>Whether the reader stands on this name; it then goes on to the value.</summary>
    public static bool Is(ref Utf8JsonReader reader, ReadOnlySpan<byte> name) =>
        reader.TokenType == JsonTokenType.PropertyName && reader.ValueTextEquals(name) && reader.Read();

    /// <summary>Throws unless the reader stands on this.</summary>
    public static void Expect(ref Utf8JsonReader reader, JsonTokenType token)
    {
        if (reader.TokenType != token)
            throw new JsonException("These are no facts.");
    }

    private static List<Coding> ReadCodings(ref Utf8JsonReader reader)
    {
        var codings = new List<Coding>();
        Expect(ref reader, JsonTokenType.StartArray);
        while (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
        {
            string? system = null,
                code = null;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (Is(ref reader, "System"u8))
                    system = reader.GetString();
                else if (Is(ref reader, "Code"u8))
                    code = reader.GetString();
                else
                    reader.Skip();
            }
            codings.Add(new Coding(system, code!));
        }
        return codings;
    }

    private static List<string>? ReadTexts(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.Null)
            return null;
        var texts = new List<string>();
        Expect(ref reader, JsonTokenType.StartArray);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            texts.Add(reader.GetString()!);
        return texts;
    }
}
