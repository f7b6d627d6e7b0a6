using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace MedLedger.Api.Fhir;

/// <summary>
/// The JSON text of a resource as it is stored: the same values, numbers by their text (a decimal's precision is meaning
/// in FHIR).
/// </summary>
internal static class ResourceText
{
    private const int LongestId = 128;
    private const int MostInserted = 256;

    // Printable ASCII without quotation mark and backslash.
    private static readonly SearchValues<byte> Plain = SearchValues.Create([
        .. Enumerable.Range(0x20, 0x7F - 0x20).Select(b => (byte)b).Where(b => b is not ((byte)'"' or (byte)'\\')),
    ]);

    private static readonly JsonWriterOptions Options = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
        MaxDepth = 128,
    };

    /// <summary>
    /// The stored text of a resource: <c>resourceType</c> first, all other members sorted by name, so that neither white
    /// space, escapes nor order of members make another content.
    /// </summary>
    /// <param name="resource">A resource that the strict parser accepted.</param>
    /// <param name="references">References that are keys here are replaced by the values.</param>
    /// <param name="newId">When not null, written as the resource's id, whatever it has.</param>
    /// <param name="isServed">Version and time of <c>meta</c> are the server's, and left out.</param>
    public static byte[] Canonical(
        JsonElement resource,
        IReadOnlyDictionary<string, string>? references = null,
        string? newId = null,
        bool isServed = false
    )
    {
        // White space goes: the text is hardly ever longer than what came.
        var output = new ArrayBufferWriter<byte>(JsonMarshal.GetRawUtf8Value(resource).Length + LongestId);
        using (var writer = new Utf8JsonWriter(output, Options))
            new Text(writer, references).WriteResource(resource, newId, isServed);
        return output.WrittenSpan.ToArray();
    }

    private sealed class Text(Utf8JsonWriter writer, IReadOnlyDictionary<string, string>? references)
    {
        // The members of the objects that are being written, those of the outermost first.
        private readonly List<JsonProperty> _members = [];

        public void WriteResource(JsonElement resource, string? newId, bool isServed)
        {
            writer.WriteStartObject();
            if (resource.TryGetProperty("resourceType", out var type))
                writer.WriteString("resourceType", type.GetString());
            if (newId is not null)
                writer.WriteString("id", newId);
            var (from, to) = Push(resource);
            for (var i = from; i < to; i++)
            {
                var member = _members[i];
                if (member.NameEquals("resourceType"u8) || (newId is not null && member.NameEquals("id"u8)))
                    continue;
                if (isServed && member.NameEquals("meta"u8))
                    WriteMeta(member.Value);
                else
                    WriteMember(member);
            }
            _members.RemoveRange(from, to - from);
            writer.WriteEndObject();
        }

        private void WriteMeta(JsonElement meta)
        {
            var (from, to) = Push(meta);
            var isThere = false;
            for (var i = from; i < to; i++)
            {
                var member = _members[i];
                if (member.NameEquals("versionId"u8) || member.NameEquals("lastUpdated"u8))
                    continue;
                if (!isThere)
                    writer.WriteStartObject("meta"u8);
                isThere = true;
                WriteMember(member);
            }
            _members.RemoveRange(from, to - from);
            if (isThere)
                writer.WriteEndObject();
        }

        private void WriteMember(JsonProperty member)
        {
            var name = JsonMarshal.GetRawUtf8PropertyName(member);
            if (IsPlain(name))
                writer.WritePropertyName(name);
            else
                writer.WritePropertyName(member.Name);
            if (
                references is not null
                && member.Value.ValueKind == JsonValueKind.String
                && member.NameEquals("reference"u8)
                && references.TryGetValue(member.Value.GetString()!, out var replacement)
            )
                writer.WriteStringValue(replacement);
            else
                Write(member.Value);
        }

        private void Write(JsonElement value)
        {
            switch (value.ValueKind)
            {
                case JsonValueKind.Object:
                    writer.WriteStartObject();
                    var (from, to) = Push(value);
                    for (var i = from; i < to; i++)
                        WriteMember(_members[i]);
                    _members.RemoveRange(from, to - from);
                    writer.WriteEndObject();
                    break;
                case JsonValueKind.Array:
                    writer.WriteStartArray();
                    foreach (var item in value.EnumerateArray())
                        Write(item);
                    writer.WriteEndArray();
                    break;
                case JsonValueKind.Number:
                case JsonValueKind.String when IsPlain(JsonMarshal.GetRawUtf8Value(value)[1..^1]):
                    writer.WriteRawValue(JsonMarshal.GetRawUtf8Value(value), skipInputValidation: true);
                    break;
                default:
                    value.WriteTo(writer);
                    break;
            }
        }

        // Puts the members of an object behind the others, sorted by name: an object has few, and often they are sorted.
        private (int From, int To) Push(JsonElement value)
        {
            var from = _members.Count;
            if (value.GetPropertyCount() > MostInserted)
            {
                _members.AddRange(value.EnumerateObject().OrderBy(m => m.Name, StringComparer.Ordinal));
                return (from, _members.Count);
            }
            foreach (var member in value.EnumerateObject())
            {
                var at = _members.Count;
                while (at > from && Compare(_members[at - 1], member) > 0)
                    at--;
                _members.Insert(at, member);
            }
            return (from, _members.Count);
        }

        // Ordinal, as UTF-16 has it; of ASCII the bytes have the same order.
        private static int Compare(JsonProperty one, JsonProperty other)
        {
            var first = JsonMarshal.GetRawUtf8PropertyName(one);
            var second = JsonMarshal.GetRawUtf8PropertyName(other);
            return IsPlain(first) && IsPlain(second)
                ? first.SequenceCompareTo(second)
                : string.CompareOrdinal(one.Name, other.Name);
        }

        // What JSON writes as it stands, whoever writes it.
        private static bool IsPlain(ReadOnlySpan<byte> text) => !text.ContainsAnyExcept(Plain);
    }
}
