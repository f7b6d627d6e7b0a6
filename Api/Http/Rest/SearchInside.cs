using Hl7.Fhir.Model;
using MedLedger.Api.Fhir;

namespace MedLedger.Api.Http.Rest;

/// <summary>A chain: resources that a reference names match a search of their own (FHIR R4, search.html#chaining).</summary>
/// <param name="Definition">The reference.</param>
/// <param name="Inner">One search for each type that it may name and that has the parameter.</param>
internal sealed record SearchChain(SearchDefinition Definition, IReadOnlyList<SearchRequest> Inner)
{
    /// <summary>Reads a chain; null with the reason when it cannot be answered.</summary>
    public static SearchChain? TryRead(
        SearchDefinition definition,
        string modifier,
        string chain,
        string value,
        SearchContext context,
        int depth,
        out string? problem
    )
    {
        problem =
            definition.Type != SearchParamType.Reference ? $"{definition.Code} is no reference and has no chain"
            : depth > SearchRequest.MaxDepth ? "a chain is too long"
            : modifier.Length > 0 && !ResourceParser.ResourceTypes.Contains(modifier)
                ? $"a chain of {definition.Code} names no type"
            : null;
        if (problem is not null)
            return null;
        IReadOnlyList<string> types = modifier.Length > 0 ? [modifier] : definition.Targets;
        var code = chain.Split('.', ':')[0];
        var inner = new List<SearchRequest>();
        foreach (var type in types.Where(ResourceParser.ResourceTypes.Contains))
        {
            if (code is not ("_id" or "_has" or "_lastUpdated") && !SearchDefinition.Of(type).ContainsKey(code))
                continue;
            var strict = context with { IsLenient = false };
            if (SearchRequest.TryRead(type, [new(chain, value)], strict, out problem, depth) is not { } search)
                return null;
            inner.Add(search);
        }
        problem = inner.Count == 0 ? "a chain names no parameter of its target" : null;
        return problem is null ? new SearchChain(definition, inner) : null;
    }
}

/// <summary><c>_has</c>: resources that refer here match a search of their own (FHIR R4, search.html#has).</summary>
/// <param name="Reference">By which they refer.</param>
/// <param name="Inner">Their search.</param>
internal sealed record SearchHas(SearchDefinition Reference, SearchRequest Inner)
{
    /// <summary>Reads what follows <c>_has:</c>; null with the reason when it cannot be answered.</summary>
    public static SearchHas? TryRead(string path, string value, SearchContext context, int depth, out string? problem)
    {
        var parts = path.Split(':', 3);
        problem =
            depth > SearchRequest.MaxDepth ? "_has is too deep"
            : parts.Length != 3
            || !ResourceParser.ResourceTypes.Contains(parts[0])
            || !SearchDefinition.Of(parts[0]).TryGetValue(parts[1], out var definition)
            || definition.Type != SearchParamType.Reference
                ? "_has is _has:Type:reference:parameter"
            : null;
        if (problem is not null)
            return null;
        var strict = context with { IsLenient = false };
        return SearchRequest.TryRead(parts[0], [new(parts[2], value)], strict, out problem, depth) is { } inner
            ? new SearchHas(SearchDefinition.Of(parts[0])[parts[1]], inner)
            : null;
    }
}

/// <summary>
/// One <c>_include</c> or <c>_revinclude</c>: from which type, by which parameters (several for <c>*</c>), to which type,
/// and whether what was included is followed, too.
/// </summary>
internal sealed record SearchInclude(
    string Type,
    IReadOnlyList<SearchDefinition> Definitions,
    string? Target,
    bool IsIterated
)
{
    /// <summary>Reads one; null with the reason when it cannot be answered.</summary>
    public static SearchInclude? TryRead(
        string searched,
        string value,
        bool isReverse,
        bool isIterated,
        out string? problem
    )
    {
        var parts = value == "*" && !isReverse ? [searched, "*"] : value.Split(':');
        problem =
            value == "*" && isReverse ? "_revinclude=* is not answered; name a type"
            : parts.Length is < 2 or > 3 || !ResourceParser.ResourceTypes.Contains(parts[0])
                ? "an include is Type:parameter or Type:parameter:Target"
            : parts.Length == 3 && !ResourceParser.ResourceTypes.Contains(parts[2]) ? "an include names no type"
            : !isReverse && !isIterated && parts[0] != searched ? "_include begins with the type that is searched"
            : null;
        if (problem is not null)
            return null;
        var definitions = SearchDefinition
            .Of(parts[0])
            .Values.Where(d => d.Type == SearchParamType.Reference && (parts[1] == "*" || d.Code == parts[1]))
            .ToList();
        problem = definitions.Count == 0 ? "an include names a reference parameter" : null;
        return problem is null
            ? new SearchInclude(parts[0], definitions, parts.Length == 3 ? parts[2] : null, isIterated)
            : null;
    }
}
