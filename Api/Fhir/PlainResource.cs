using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace MedLedger.Api.Fhir;

/// <summary>
/// Recognizes, in one pass over its JSON, a resource that is plainly valid: what <see cref="ResourceParser"/> and
/// <see cref="ResourceValidator"/> would accept without a word, told by the same definitions and without a model of it. It
/// only ever says yes or "I cannot tell"; whatever it cannot tell goes to them.
/// </summary>
internal static class PlainResource
{
    // Half of what the parser allows, so that its own count of levels never matters.
    private const int MaxDepth = 32;

    /// <summary>Whether this is one resource that is plainly valid.</summary>
    public static bool Is(ReadOnlySpan<byte> json)
    {
        if (!Utf8.IsValid(json))
            return false;
        var walk = new Walk(new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = MaxDepth }));
        try
        {
            return walk.Run();
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private ref struct Walk(Utf8JsonReader reader)
    {
        private Utf8JsonReader _reader = reader;
        private HashSet<string>? _fragments;
        private HashSet<string>? _contained;

        // Each contained resource is named in the resource, and what is named is there (dom-3, ref-1).
        public bool Run() =>
            _reader.Read()
            && Resource(null)
            && !_reader.Read()
            && (_contained is null ? _fragments is null : _fragments is not null && _contained.SetEquals(_fragments));

        private bool Resource(PlainShape? outer)
        {
            if (
                _reader.TokenType != JsonTokenType.StartObject
                || !_reader.Read()
                || _reader.TokenType != JsonTokenType.PropertyName
                || !_reader.ValueTextEquals("resourceType"u8)
                || !_reader.Read()
                || _reader.TokenType != JsonTokenType.String
                || _reader.ValueIsEscaped
                || !Ascii.IsValid(_reader.ValueSpan)
                || PlainShape.OfResource(_reader.GetString()!, outer) is not { } shape
            )
                return false;
            var named = _contained?.Count ?? 0;
            return Members(shape, isContained: outer is not null) && (outer is null || _contained?.Count == named + 1);
        }

        private bool Members(PlainShape shape, bool isContained)
        {
            var seen = 0UL;
            DateTimeOffset? start = null;
            while (_reader.Read() && _reader.TokenType == JsonTokenType.PropertyName)
            {
                // A member that stands twice, or two of one choice, is not plain.
                if (
                    _reader.ValueIsEscaped
                    || shape.Find(_reader.ValueSpan) is not { } member
                    || (seen & member.Bit) != 0
                )
                    return false;
                seen |= member.Bit;
                if (!_reader.Read())
                    return false;
                if (member.Binding is { } binding)
                {
                    if (binding.Read(_reader) is not { } marks)
                        return false;
                    seen |= marks;
                }
                if (!Values(shape, member, isContained))
                    return false;
                if (_reader.TokenType == JsonTokenType.Number && _reader.ValueSpan[0] == '-')
                    seen |= PlainShape.Negative;
                else if (member.Role == PlainRole.Start)
                    start = PlainValues.Moment(ref _reader);
                else if (member.Role == PlainRole.End && start <= PlainValues.Moment(ref _reader))
                    seen |= PlainShape.Ordered;
            }
            return _reader.TokenType == JsonTokenType.EndObject && shape.Holds(seen);
        }

        private bool Values(PlainShape shape, PlainMember member, bool isContained)
        {
            if (!member.IsList)
                return Value(shape, member, isContained);
            if (_reader.TokenType != JsonTokenType.StartArray || !_reader.Read())
                return false;
            do
            {
                if (!Value(shape, member, isContained) || !_reader.Read())
                    return false;
            } while (_reader.TokenType != JsonTokenType.EndArray);
            return true;
        }

        private bool Value(PlainShape shape, PlainMember member, bool isContained)
        {
            // Nothing is contained twice, and what is contained has no versions and labels of its own (dom-2, dom-4, dom-5).
            if (isContained && member.Role is PlainRole.Contained or PlainRole.Meta)
                return false;
            if (member.Role == PlainRole.Contained)
                return Resource(shape);
            if (member.Value is null)
            {
                return _reader.TokenType == JsonTokenType.StartObject
                    && member.Shape is { } inner
                    && Members(inner, isContained: false);
            }
            if (!member.Value(ref _reader))
                return false;
            if (isContained && member.Role == PlainRole.Id)
                return (_contained ??= new(StringComparer.Ordinal)).Add(Encoding.ASCII.GetString(_reader.ValueSpan));
            if (member.Role == PlainRole.Reference && _reader.ValueSpan[0] == '#')
                (_fragments ??= new(StringComparer.Ordinal)).Add(Encoding.ASCII.GetString(_reader.ValueSpan[1..]));
            return true;
        }
    }
}
