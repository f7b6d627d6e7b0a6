using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace MedLedger.Api.Fhir;

/// <summary>
/// JSON Patch (RFC 6902): all operations or none. (ASP.NET Core's package for it does not walk through arrays of JSON
/// nodes.)
/// </summary>
internal static class JsonPatch
{
    private const int MostOperations = 1000;
    private const int MostCopied = 100_000;

    /// <summary>The patched document; null with the problem, which names operations and no values.</summary>
    public static JsonNode? Apply(JsonNode document, JsonNode? patch, out string? problem)
    {
        problem = null;
        if (patch is not JsonArray operations || operations.Count > MostOperations)
        {
            problem = $"a JSON Patch is an array of at most {MostOperations} operations";
            return null;
        }
        var state = new State(document.DeepClone());
        for (var i = 0; i < operations.Count; i++)
        {
            problem = operations[i] is JsonObject operation ? Apply(state, operation) : "it is no object";
            if (problem is not null)
            {
                problem = string.Create(CultureInfo.InvariantCulture, $"operation {i}: {problem}");
                return null;
            }
        }
        if (state.Root is null)
            problem = "nothing is left";
        return state.Root;
    }

    private static string? Apply(State state, JsonObject operation)
    {
        if (Pointer(operation, "path") is not { } path)
            return "it has no path that is a JSON Pointer";
        var hasValue = operation.TryGetPropertyValue("value", out var value);
        var name = Text(operation, "op");
        switch (name)
        {
            case "add" or "replace" or "test" when !hasValue:
                return "it has no value";
            case "add":
                return state.Add(path, value?.DeepClone());
            case "replace":
                return state.Remove(path, out _) ?? state.Add(path, value?.DeepClone());
            case "remove":
                return state.Remove(path, out _);
            case "test":
                return !state.TryGet(path, out var there) ? "there is nothing at its path"
                    : JsonNode.DeepEquals(there, value) ? null
                    : "the test failed";
            case "copy" or "move":
                if (Pointer(operation, "from") is not { } from)
                    return "it has no from that is a JSON Pointer";
                if (name == "copy")
                    return state.Copy(from, path);
                if (path.Length > from.Length && path.AsSpan(0, from.Length).SequenceEqual(from))
                    return "nothing is moved into itself";
                return state.Remove(from, out var moved) ?? state.Add(path, moved);
            default:
                return "it has no op that RFC 6902 knows";
        }
    }

    private static string? Text(JsonObject from, string member) =>
        from.TryGetPropertyValue(member, out var value) && value?.GetValueKind() == JsonValueKind.String
            ? value.GetValue<string>()
            : null;

    // RFC 6901: "" is the whole document; ~1 stands for / and ~0 for ~, in this order.
    private static string[]? Pointer(JsonObject operation, string member)
    {
        if (Text(operation, member) is not { } text)
            return null;
        if (text.Length == 0)
            return [];
        if (text[0] != '/')
            return null;
        var tokens = text[1..].Split('/');
        return Array.Exists(tokens, IsWrong)
            ? null
            :
            [
                .. tokens.Select(t =>
                    t.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal)
                ),
            ];
    }

    private static bool IsWrong(string token)
    {
        for (var at = token.IndexOf('~', StringComparison.Ordinal); at >= 0; at = token.IndexOf('~', at + 1))
        {
            if (at + 1 == token.Length || token[at + 1] is not ('0' or '1'))
                return true;
        }
        return false;
    }

    private sealed class State(JsonNode? root)
    {
        private int _copied;

        public JsonNode? Root { get; private set; } = root;

        public bool TryGet(ReadOnlySpan<string> path, out JsonNode? found)
        {
            found = Root;
            foreach (var token in path)
            {
                if (found is JsonObject members && members.TryGetPropertyValue(token, out var member))
                    found = member;
                else if (found is JsonArray items && Index(token, items.Count) is { } index)
                    found = items[index];
                else
                    return false;
            }
            return true;
        }

        public string? Add(ReadOnlySpan<string> path, JsonNode? value)
        {
            if (path.Length == 0)
            {
                Root = value;
                return null;
            }
            if (!TryGet(path[..^1], out var parent))
                return "what its path lies in is not there";
            var last = path[^1];
            if (parent is JsonObject members)
                members[last] = value;
            else if (parent is JsonArray items && (last == "-" ? items.Count : Index(last, items.Count + 1)) is { } at)
                items.Insert(at, value);
            else
                return "its path is no place for a value";
            return null;
        }

        public string? Remove(ReadOnlySpan<string> path, out JsonNode? removed)
        {
            if (!TryGet(path, out removed))
                return "there is nothing at its path";
            if (path.Length == 0)
                Root = null;
            else if (TryGet(path[..^1], out var parent) && parent is JsonObject members)
                members.Remove(path[^1]);
            else if (parent is JsonArray items)
                items.RemoveAt(Index(path[^1], items.Count)!.Value);
            return null;
        }

        // Copies of copies double what is there: what they add in all is bounded.
        public string? Copy(ReadOnlySpan<string> from, ReadOnlySpan<string> path)
        {
            if (!TryGet(from, out var source))
                return "there is nothing at its from";
            _copied += Size(source);
            return _copied > MostCopied ? "the patch copies too much" : Add(path, source?.DeepClone());
        }

        private static int Size(JsonNode? node) =>
            node switch
            {
                JsonObject members => 1 + members.Sum(m => Size(m.Value)),
                JsonArray items => 1 + items.Sum(Size),
                _ => 1,
            };

        // RFC 6901, section 4: digits without leading zeros.
        private static int? Index(string token, int count) =>
            token.Length is > 0 and < 10
            && (token.Length == 1 || token[0] != '0')
            && int.TryParse(token, NumberStyles.None, CultureInfo.InvariantCulture, out var index)
            && index < count
                ? index
                : null;
    }
}
