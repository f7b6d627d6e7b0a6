using System.Globalization;
using Hl7.Fhir.Model;
using Hl7.Fhir.Rest;
using MedLedger.Api.Fhir;
using MedLedger.Api.Records;

namespace MedLedger.Api.Http.Rest;

/// <summary>What reading a search depends on, beside its parameters.</summary>
/// <param name="Now">The time from which <c>ap</c> looks at a date.</param>
/// <param name="IsLenient">Whether the client lets go of what the server cannot answer (<c>Prefer: handling=lenient</c>).</param>
internal sealed record SearchContext(DateTimeOffset Now, bool IsLenient = false);

/// <summary>One key of <c>_sort</c>; <c>_lastUpdated</c> and <c>_id</c> have no definition.</summary>
internal sealed record SearchSort(string Name, SearchDefinition? Definition, bool IsDescending);

/// <summary>
/// A search as it was asked, read completely or refused before anything is looked up. Nothing is ignored, unless the client
/// said that it may be; then the answer says what.
/// </summary>
internal sealed class SearchRequest
{
    /// <summary>Searches inside searches, at most.</summary>
    public const int MaxDepth = 3;

    /// <summary>Parameters of every type that no definition's path answers.</summary>
    public static IReadOnlyList<(string Name, SearchParamType Type)> Common { get; } =
    [("_id", SearchParamType.Token), ("_lastUpdated", SearchParamType.Date)];

    private const int DefaultCount = 50;
    private const int MaxCount = 1000;
    private readonly SearchContext _context;
    private readonly int _depth;

    private SearchRequest(string type, SearchContext context, int depth) =>
        (Type, _context, _depth) = (type, context, depth);

    /// <summary>The resource type.</summary>
    public string Type { get; }

    /// <summary><c>Type/id</c> in whose compartment the matches are; null for any.</summary>
    public string? Compartment { get; set; }

    /// <summary>Parameters that are compared with a resource; all have to match.</summary>
    public List<SearchCriterion> Criteria { get; } = [];

    public List<SearchChain> Chains { get; } = [];

    public List<SearchHas> Has { get; } = [];

    public List<string>? Ids { get; private set; }

    /// <summary><c>_lastUpdated</c>: of each group one has to match.</summary>
    public List<IReadOnlyList<SearchDate>> LastUpdated { get; } = [];

    public List<SearchInclude> Includes { get; } = [];

    public List<SearchInclude> ReverseIncludes { get; } = [];

    public List<SearchSort> Sort { get; } = [];

    public int Count { get; private set; } = DefaultCount;

    /// <summary>Only the count is wanted.</summary>
    public bool IsCountOnly { get; private set; }

    /// <summary>The total is not wanted.</summary>
    public bool HasNoTotal { get; private set; }

    /// <summary>What of each resource is wanted; null for all.</summary>
    public ResourceSubset? Subset { get; private set; }

    /// <summary>The parameters that the answer rests on.</summary>
    public List<KeyValuePair<string, string>> Used { get; } = [];

    /// <summary>What was let go of, in words.</summary>
    public List<string> Ignored { get; } = [];

    /// <summary>Whether anything narrows the search.</summary>
    public bool HasCriteria => Ids is not null || Criteria.Count + Chains.Count + Has.Count + LastUpdated.Count > 0;

    /// <summary>Reads the parameters; the problem says what cannot be answered.</summary>
    /// <param name="type">The resource type.</param>
    /// <param name="parameters">Names, with their modifiers, and values.</param>
    /// <param name="context">What else it depends on.</param>
    /// <param name="problem">Why not.</param>
    /// <param name="depth">How many searches it is inside of.</param>
    public static SearchRequest? TryRead(
        string type,
        IEnumerable<KeyValuePair<string, string>> parameters,
        SearchContext context,
        out string? problem,
        int depth = 0
    )
    {
        var search = new SearchRequest(type, context, depth);
        foreach (var parameter in parameters)
        {
            var ignored = search.Ignored.Count;
            problem = search.Add(parameter.Key, parameter.Value);
            if (problem is not null)
                return null;
            if (search.Ignored.Count == ignored)
                search.Used.Add(parameter);
        }
        problem =
            search.Subset?.Summary == SummaryType.Text && search.Includes.Count + search.ReverseIncludes.Count > 0
                ? "_summary=text has no includes"
                : null;
        return problem is null ? search : null;
    }

    private string? Add(string name, string value)
    {
        switch (name)
        {
            case "_format" or "_pretty":
                return null;
            case "_id" when Type == RecordQuery.AnyType:
                return "_id needs a resource type";
            case "_id":
                return AddIds(value);
            case "_lastUpdated":
                var dates = SearchText.Split(value, ',').Select(one => SearchDate.TryParse(one, _context.Now)).ToList();
                LastUpdated.Add([.. dates.OfType<SearchDate>()]);
                return dates.Contains(null) ? "_lastUpdated is no date" : null;
            case "_count":
                if (!int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var count))
                    return "_count is no number";
                (Count, IsCountOnly) = (Math.Min(count, MaxCount), IsCountOnly || count == 0);
                return null;
            case "_sort":
                return AddSort(value);
            case "_total":
                HasNoTotal = value == "none";
                return value is "none" or "estimate" or "accurate" ? null : "_total is none, estimate or accurate";
            case "_summary" when value == "count":
                IsCountOnly = true;
                return null;
            case "_summary":
                Subset = ResourceSubset.OfSummary(value) ?? Subset;
                return value == "false" || Subset?.Name == value
                    ? null
                    : "_summary is true, text, data, count or false";
            case "_elements":
                Subset = ResourceSubset.OfElements(value);
                return null;
            case "_include" or "_include:iterate":
                return AddInclude(name, value, Includes);
            case "_revinclude" or "_revinclude:iterate":
                return AddInclude(name, value, ReverseIncludes);
            case "_text" or "_content":
                return Unsupported($"{name} needs an index of plaintext, which is not kept");
            case "_filter" or "_query" or "_list" or "_contained" or "_containedType":
                return Unsupported($"{name} is not answered");
        }
        if (Type == RecordQuery.AnyType && name.StartsWith("_has:", StringComparison.Ordinal))
            return "_has needs a resource type";
        return name.StartsWith("_has:", StringComparison.Ordinal)
            ? AddHas(name["_has:".Length..], value)
            : AddCriterion(name, value);
    }

    private string? AddIds(string value)
    {
        var ids = value.Split(',').ToList();
        Ids = Ids is null ? ids : [.. Ids.Intersect(ids, StringComparer.Ordinal)];
        return ids.TrueForAll(id => LiteralReference.IsId(id)) ? null : "_id is not a list of ids";
    }

    private string? AddCriterion(string name, string value)
    {
        var dot = name.IndexOf('.', StringComparison.Ordinal);
        var (head, chain) = dot < 0 ? (name, null) : (name[..dot], name[(dot + 1)..]);
        var (code, modifier) = head.Split(':', 2) is [var c, var m] ? (c, m) : (head, "");
        if (!SearchDefinition.Of(Type).TryGetValue(code, out var definition))
            return Unsupported($"{Type} has no search parameter {Shown(code)} that can be answered");
        if (chain is not null)
        {
            var inner = SearchChain.TryRead(definition, modifier, chain, value, _context, _depth + 1, out var refused);
            if (inner is null)
                return Unsupported(refused!);
            Chains.Add(inner);
            return null;
        }
        if (!SearchValue.Allows(definition, modifier, out var problem))
            return Unsupported(problem!);
        if (SearchCriterion.TryRead(definition, modifier, value, _context.Now, out problem) is not { } criterion)
            return problem;
        Criteria.Add(criterion);
        if (criterion.Implied() is { } implied)
            Criteria.Add(implied);
        return null;
    }

    private string? AddHas(string path, string value)
    {
        if (SearchHas.TryRead(path, value, _context, _depth + 1, out var problem) is not { } has)
            return Unsupported(problem!);
        Has.Add(has);
        return null;
    }

    private string? AddSort(string value)
    {
        foreach (var one in value.Split(','))
        {
            var name = one.TrimStart('-');
            SearchDefinition? definition = null;
            if (
                name is not ("_id" or "_lastUpdated")
                && (
                    !SearchDefinition.Of(Type).TryGetValue(name, out definition)
                    || definition.Type == SearchParamType.Composite
                )
            )
                return Unsupported("_sort names a parameter that cannot be sorted by");
            Sort.Add(new SearchSort(name, definition, one.StartsWith('-')));
        }
        return null;
    }

    private string? AddInclude(string name, string value, List<SearchInclude> includes)
    {
        var isReverse = name.StartsWith("_rev", StringComparison.Ordinal);
        var isIterated = name.EndsWith(":iterate", StringComparison.Ordinal);
        if (SearchInclude.TryRead(Type, value, isReverse, isIterated, out var problem) is not { } include)
            return Unsupported(problem!);
        includes.Add(include);
        return null;
    }

    // What the server cannot answer, as against what is wrong: only that may be let go of.
    private string? Unsupported(string problem)
    {
        if (!_context.IsLenient)
            return problem;
        Ignored.Add(problem);
        return null;
    }

    // Names come from the client; what is no name is not sent back.
    private static string Shown(string code) =>
        code.Length is > 0 and <= 64 && code.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_')
            ? code
            : "of that name";
}
