using System.Globalization;
using System.Text.Json;

namespace MedLedger.Api.Records;

/// <summary>
/// Cuts a Bundle into its entries while reading, holding no more than one entry: <c>Bundle.entry[n].resource</c> as text,
/// with <c>fullUrl</c> and <c>request.method</c>. A file that is one resource and no Bundle is one entry.
/// </summary>
internal sealed class BundleReader : IDisposable
{
    private static readonly HashSet<string> Types = new(StringComparer.Ordinal)
    {
        "collection",
        "transaction",
        "searchset",
    };

    private static readonly HashSet<string> Members = new(StringComparer.Ordinal)
    {
        "resourceType",
        "id",
        "meta",
        "implicitRules",
        "language",
        "identifier",
        "type",
        "timestamp",
        "total",
        "link",
        "entry",
        "signature",
    };

    private static readonly HashSet<string> EntryMembers = new(StringComparer.Ordinal)
    {
        "id",
        "extension",
        "modifierExtension",
        "link",
        "fullUrl",
        "resource",
        "search",
        "request",
        "response",
    };

    private readonly Stream _stream;
    private byte[] _buffer = new byte[64 << 10];
    private int _consumed;
    private int _filled;
    private bool _isFinal;
    private JsonReaderState _state = new(new JsonReaderOptions { MaxDepth = 1 << 20 });

    // The depth-0 members seen so far.
    private string? _resourceType;
    private string? _bundleType;
    private bool _hasUnknownMember;
    private bool _isDone;

    // The entry that is being read.
    private string[] _path = new string[4];
    private int _index;
    private int _captureStart = -1;
    private bool _isTooLong;
    private string? _fullUrl;
    private string? _method;
    private byte[]? _resource;

    private BundleReader(ImportFile file) => _stream = file.Open();

    /// <summary>The entries of a file, one at a time.</summary>
    public static IEnumerable<SourceEntry> Read(ImportFile file)
    {
        if (ReadAll(file, keep: false) is { } single)
        {
            yield return single;
            yield break;
        }
        using var reader = new BundleReader(file);
        while (reader.Next() is { } entry)
            yield return entry;
    }

    /// <inheritdoc/>
    public void Dispose() => _stream.Dispose();

    private static byte[] Whole(ImportFile file)
    {
        using var stream = file.Open();
        var content = new byte[stream.Length];
        stream.ReadExactly(content);
        return content;
    }

    // A first pass over the whole file: broken JSON or a wrong kind of Bundle refuses the file before any entry is taken.
    private static SourceEntry? ReadAll(ImportFile file, bool keep)
    {
        using var reader = new BundleReader(file) { IsCapturing = keep };
        while (reader.Next() is not null) { }
        if (reader._resourceType is null)
            throw new SourceException("no FHIR resource: resourceType is missing");
        if (reader._resourceType != "Bundle")
        {
            return file.Length > ImportSource.MaxResourceBytes
                ? new SourceEntry("resource", null, null, default, "longer than 32 MB")
                : new SourceEntry("resource", null, null, WithoutMark(Whole(file)));
        }
        if (reader._bundleType is null || !Types.Contains(reader._bundleType))
            throw new SourceException("a Bundle of a type other than collection, transaction and searchset");
        return reader._hasUnknownMember
            ? throw new SourceException("a Bundle with an element that FHIR R4 does not have")
            : null;
    }

    private bool IsUnknownInEntry(string name) => _path[0] == "entry" && !EntryMembers.Contains(name.TrimStart('_'));

    private bool IsCapturing { get; init; } = true;

    private static ReadOnlyMemory<byte> WithoutMark(byte[] text) =>
        text.AsSpan().StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF]) ? text.AsMemory(3) : text;

    private SourceEntry? Next()
    {
        while (!_isDone)
        {
            if (ReadTokens() is { } entry)
                return entry;
            if (_isFinal)
                _isDone = true;
            else
                Fill();
        }
        return null;
    }

    private SourceEntry? ReadTokens()
    {
        var reader = new Utf8JsonReader(_buffer.AsSpan(_consumed, _filled - _consumed), _isFinal, _state);
        var origin = _consumed;
        try
        {
            while (reader.Read())
            {
                var entry = OnToken(ref reader, origin);
                if (entry is not null)
                {
                    Keep(ref reader, origin);
                    return entry;
                }
            }
        }
        catch (JsonException failure)
        {
            throw new SourceException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"invalid JSON at line {failure.LineNumber + 1}, byte {failure.BytePositionInLine}"
                )
            );
        }
        Keep(ref reader, origin);
        return null;
    }

    private void Keep(ref Utf8JsonReader reader, int origin)
    {
        _consumed = origin + (int)reader.BytesConsumed;
        _state = reader.CurrentState;
    }

    private SourceEntry? OnToken(ref Utf8JsonReader reader, int origin)
    {
        var depth = reader.CurrentDepth;
        var type = reader.TokenType;
        if (type == JsonTokenType.PropertyName && depth is >= 1 and <= 4)
        {
            // Depths of names: 1 Bundle, 3 entry, 4 request.
            _path[depth - 1] = reader.GetString()!;
            if (
                (depth == 1 && !Members.Contains(_path[0].TrimStart('_'))) || (depth == 3 && IsUnknownInEntry(_path[2]))
            )
                _hasUnknownMember = true;
            return null;
        }
        if (depth == 1 && type == JsonTokenType.String)
        {
            if (_path[0] == "resourceType")
                _resourceType = reader.GetString();
            else if (_path[0] == "type")
                _bundleType = reader.GetString();
        }
        if (_path[0] != "entry")
            return null;
        if (depth == 3 && type == JsonTokenType.String && _path[2] == "fullUrl")
            _fullUrl = reader.GetString();
        else if (depth == 4 && type == JsonTokenType.String && _path[2] == "request" && _path[3] == "method")
            _method = reader.GetString();
        else if (depth == 3 && type == JsonTokenType.StartObject && _path[2] == "resource" && IsCapturing)
            _captureStart = origin + (int)reader.TokenStartIndex;
        else if (depth == 3 && type == JsonTokenType.EndObject && _captureStart >= 0)
            EndCapture(origin + (int)reader.BytesConsumed);
        else if (depth == 2 && type == JsonTokenType.EndObject)
            return EndEntry();
        return null;
    }

    private void EndCapture(int end)
    {
        if (_path[2] != "resource")
            return;
        _resource = _buffer.AsSpan(_captureStart, end - _captureStart).ToArray();
        _captureStart = -1;
    }

    private SourceEntry EndEntry()
    {
        var position = string.Create(CultureInfo.InvariantCulture, $"entry[{_index++}]");
        var problem =
            _isTooLong ? "longer than 32 MB"
            : _resource is null ? "an entry without a resource"
            : null;
        var entry = new SourceEntry(position, _fullUrl, _method, _resource ?? default(ReadOnlyMemory<byte>), problem);
        (_fullUrl, _method, _resource, _isTooLong, _captureStart) = (null, null, null, false, -1);
        _path[2] = "";
        return entry;
    }

    private void Fill()
    {
        if (_captureStart >= 0 && _filled - _captureStart > ImportSource.MaxResourceBytes)
        {
            _isTooLong = true;
            _captureStart = -1;
        }
        var from = _captureStart >= 0 ? _captureStart : _consumed;
        if (from > 0)
        {
            _buffer.AsSpan(from, _filled - from).CopyTo(_buffer);
            _filled -= from;
            _consumed -= from;
            if (_captureStart >= 0)
                _captureStart = 0;
        }
        if (_filled == _buffer.Length)
        {
            if (_buffer.Length >= 2 * ImportSource.MaxResourceBytes)
                throw new SourceException("a single value longer than 64 MB");
            Array.Resize(ref _buffer, _buffer.Length * 2);
        }
        var read = _stream.Read(_buffer, _filled, _buffer.Length - _filled);
        if (_filled == 0 && _buffer.AsSpan(0, read).StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF]))
            _consumed = 3;
        _filled += read;
        _isFinal = read == 0;
    }
}
