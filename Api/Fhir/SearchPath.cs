using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Hl7.Fhir.Model;

namespace MedLedger.Api.Fhir;

/// <summary>
/// One path of a search parameter's FHIRPath expression, compiled for JSON: names, <c>as</c>, <c>where(resolve() is T)</c>,
/// <c>where(name='value')</c> and an index. All R4 expressions but one are unions of such paths; what is none of them is
/// not searchable.
/// </summary>
internal sealed class SearchPath
{
    // Patient.deceased: there and not false, whatever it is.
    private const string Truth = ".exists() and ";

    private static readonly JsonElement True = JsonDocument.Parse("true").RootElement;
    private static readonly JsonElement False = JsonDocument.Parse("false").RootElement;
    private readonly List<Step> _steps;

    private SearchPath(List<Step> steps) => _steps = steps;

    /// <summary>Whether the value is that there is one, and that it is not false.</summary>
    public bool IsTruth { get; private init; }

    private enum Kind
    {
        Member,
        As,
        Resolves,
        Equals,
        First,
    }

    private readonly record struct Step(Kind Kind, string Name, string Value = "")
    {
        public byte[] Utf8 { get; } = Encoding.UTF8.GetBytes(Name);

        /// <summary>The model knows the element, and that it is no choice: it has this name alone in JSON.</summary>
        public bool IsOneName { get; init; }
    }

    /// <summary>The paths of an expression that begin at a type; null when one of them cannot be compiled.</summary>
    public static IReadOnlyList<SearchPath>? TryCompile(string expression, string type)
    {
        var paths = new List<SearchPath>();
        foreach (var part in Split(expression, '|').Select(p => p.Trim()))
        {
            var text = Unwrap(part);
            if (text.IndexOf(Truth, StringComparison.Ordinal) is var at and > 0)
            {
                if (text[(at + Truth.Length)..] != text[..at] + " != false" || TrySteps(text[..at]) is not { } asked)
                    return null;
                paths.Add(new SearchPath(asked) { IsTruth = true });
                continue;
            }
            var start = Split(text.TrimStart('('), '.')[0];
            if (start != type && start is not ("Resource" or "DomainResource"))
                continue;
            if (TrySteps(text) is not { } steps)
                return null;
            paths.Add(new SearchPath(Named(steps, type)));
        }
        return paths.Count == 0 ? null : paths;
    }

    private static List<Step> Named(List<Step> steps, string resourceType)
    {
        var type = ElementTypes.Named(resourceType);
        for (var i = 0; i < steps.Count && type is not null; i++)
        {
            if (steps[i].Kind == Kind.Member)
                steps[i] = steps[i] with { IsOneName = ElementTypes.IsOneName(type, steps[i].Name) };
            type = Next(type, steps[i]);
        }
        return steps;
    }

    private static Type? Next(Type? type, Step step) =>
        step.Kind switch
        {
            Kind.Member when type is not null => ElementTypes.Of(type, step.Name),
            Kind.As => ElementTypes.Named(step.Name),
            _ => type,
        };

    /// <summary>The paths of an expression that begins at an element, as those of composite parameters' components do.</summary>
    public static IReadOnlyList<SearchPath>? TryCompileInner(string expression)
    {
        if (expression.StartsWith('%'))
            return null;
        var steps = Split(expression, '|').Select(part => TrySteps("element." + part.Trim())).ToList();
        return steps.TrueForAll(s => s is not null) ? [.. steps.Select(s => new SearchPath(s!))] : null;
    }

    /// <summary>The type of the elements that the path reaches from a resource type; null when the model does not tell.</summary>
    public Type? ElementType(string resourceType)
    {
        var type = ElementTypes.Named(resourceType);
        foreach (var step in _steps)
            type = Next(type, step);
        return type;
    }

    /// <summary>
    /// The types that the references may have which the path reaches: those of <c>where(resolve() is T)</c>, or of the
    /// element; null for any.
    /// </summary>
    public IReadOnlyList<string>? Targets(string resourceType)
    {
        var type = ElementTypes.Named(resourceType);
        IReadOnlyList<string>? targets = null;
        foreach (var step in _steps)
        {
            if (step.Kind == Kind.Member)
                targets = type is null ? null : ElementTypes.TargetsOf(type, step.Name);
            else if (step.Kind == Kind.Resolves)
                targets = [step.Name];
            type = Next(type, step);
        }
        return targets;
    }

    /// <summary>The values that the path reaches in a resource.</summary>
    public IEnumerable<JsonElement> Follow(JsonElement resource)
    {
        var found = Follow(resource, 0);
        return IsTruth ? [found.Any(value => value.ValueKind != JsonValueKind.False) ? True : False] : found;
    }

    private IEnumerable<JsonElement> Follow(JsonElement from, int at)
    {
        if (from.ValueKind == JsonValueKind.Array)
        {
            foreach (var found in from.EnumerateArray().SelectMany(item => Follow(item, at)))
                yield return found;
            yield break;
        }
        if (at == _steps.Count)
        {
            yield return from;
            yield break;
        }
        var step = _steps[at];
        switch (step.Kind)
        {
            case Kind.Member:
                foreach (var value in Members(from, step, at))
                {
                    var next = at + 1;
                    var only = value;
                    if (next < _steps.Count && _steps[next].Kind == Kind.First)
                    {
                        next++;
                        if (value.ValueKind == JsonValueKind.Array && value.GetArrayLength() > 0)
                            only = value[0];
                    }
                    foreach (var found in Follow(only, next))
                        yield return found;
                }
                break;
            case Kind.Resolves:
                if (Refers(from, step.Name))
                {
                    foreach (var found in Follow(from, at + 1))
                        yield return found;
                }
                break;
            case Kind.Equals:
                if (
                    from.ValueKind == JsonValueKind.Object
                    && from.TryGetProperty(step.Name, out var given)
                    && given.ValueEquals(step.Value)
                )
                {
                    foreach (var found in Follow(from, at + 1))
                        yield return found;
                }
                break;
            default:
                foreach (var found in Follow(from, at + 1))
                    yield return found;
                break;
        }
    }

    // A choice element x[x] stands in JSON as x and the name of its type.
    private IEnumerable<JsonElement> Members(JsonElement from, Step step, int at)
    {
        if (from.ValueKind != JsonValueKind.Object)
            yield break;
        if (at + 1 < _steps.Count && _steps[at + 1].Kind == Kind.As)
        {
            var type = _steps[at + 1].Name;
            if (from.TryGetProperty(step.Name + char.ToUpperInvariant(type[0]) + type[1..], out var chosen))
                yield return chosen;
            yield break;
        }
        if (step.IsOneName)
        {
            if (from.TryGetProperty(step.Utf8, out var only))
                yield return only;
            yield break;
        }
        foreach (var member in from.EnumerateObject())
        {
            if (IsNamed(member, step.Utf8))
                yield return member.Value;
        }
    }

    // Stored names have no escapes.
    private static bool IsNamed(JsonProperty member, ReadOnlySpan<byte> name)
    {
        var given = JsonMarshal.GetRawUtf8PropertyName(member);
        return given.StartsWith(name) && (given.Length == name.Length || IsChoice(given[name.Length..]));
    }

    private static bool IsChoice(ReadOnlySpan<byte> ending)
    {
        if (!char.IsAsciiLetterUpper((char)ending[0]))
            return false;
        var type = Encoding.UTF8.GetString(ending);
        return (ModelInfo.IsDataType(type) || ModelInfo.IsPrimitive(char.ToLowerInvariant(type[0]) + type[1..]));
    }

    private static bool Refers(JsonElement from, string type) =>
        from.ValueKind == JsonValueKind.Object
        && (
            (
                from.TryGetProperty("reference", out var text)
                && text.ValueKind == JsonValueKind.String
                && LiteralReference.ToTypeAndId(text.GetString()!)?.StartsWith(type + "/", StringComparison.Ordinal)
                    == true
            ) || (from.TryGetProperty("type", out var stated) && stated.ValueEquals(type))
        );

    private static List<Step>? TrySteps(string text)
    {
        var steps = new List<Step>();
        var parts = Split(text, '.');
        // (Type.path as T).rest
        if (parts[0].StartsWith('('))
        {
            if (Unwrap(parts[0]) is var inner && TrySteps(inner) is { } first)
                steps.AddRange(first);
            else
                return null;
        }
        foreach (var part in parts.Skip(1))
        {
            var words = part.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words is [var member, "as", var type])
            {
                steps.Add(new Step(Kind.Member, member));
                steps.Add(new Step(Kind.As, type));
            }
            else if (part.StartsWith("as(", StringComparison.Ordinal))
                steps.Add(new Step(Kind.As, part[3..^1]));
            else if (part.StartsWith("where(resolve() is ", StringComparison.Ordinal))
                steps.Add(new Step(Kind.Resolves, part["where(resolve() is ".Length..^1]));
            else if (
                part.StartsWith("where(", StringComparison.Ordinal) && part[6..^1].Split('=') is [var name, var value]
            )
                steps.Add(new Step(Kind.Equals, name.Trim(), value.Trim().Trim('\'')));
            else if (part.EndsWith("[0]", StringComparison.Ordinal))
            {
                steps.Add(new Step(Kind.Member, part[..^3]));
                steps.Add(new Step(Kind.First, ""));
            }
            else if (part.All(char.IsAsciiLetterOrDigit))
                steps.Add(new Step(Kind.Member, part));
            else
                return null;
        }
        return steps;
    }

    private static string Unwrap(string text) =>
        text.StartsWith('(') && text.EndsWith(')') && Close(text) == text.Length - 1 ? text[1..^1] : text;

    private static int Close(string text)
    {
        var depth = 0;
        for (var i = 0; i < text.Length; i++)
        {
            depth +=
                text[i] == '(' ? 1
                : text[i] == ')' ? -1
                : 0;
            if (depth == 0)
                return i;
        }
        return -1;
    }

    private static List<string> Split(string text, char separator)
    {
        var parts = new List<string>();
        int depth = 0,
            from = 0;
        for (var i = 0; i < text.Length; i++)
        {
            depth +=
                text[i] == '(' ? 1
                : text[i] == ')' ? -1
                : 0;
            if (depth == 0 && text[i] == separator)
            {
                parts.Add(text[from..i]);
                from = i + 1;
            }
        }
        parts.Add(text[from..]);
        return parts;
    }
}
