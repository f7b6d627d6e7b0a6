using System.Globalization;
using Hl7.Fhir.Model;
using MedLedger.Api.Fhir;

namespace MedLedger.Api.Http.Rest;

/// <summary>One <c>_include</c> or <c>_revinclude</c>: from which type, by which parameter, to which type.</summary>
internal sealed record SearchInclude(string Type, SearchDefinition Definition, string? Target);

/// <summary>A search as it was asked, read completely or refused: nothing in it is ignored.</summary>
internal sealed class SearchRequest
{
    private const int DefaultCount = 50;
    private const int MaxCount = 1000;

    /// <summary>The resource type.</summary>
    public required string Type { get; init; }

    /// <summary>Parameters that are criteria: name, modifier, the rest of a chain, value.</summary>
    public List<(string Name, string Modifier, string? Chain, string Value)> Criteria { get; } = [];

    /// <summary><c>_has</c>: the text after the first colon, and the value.</summary>
    public List<(string Path, string Value)> Has { get; } = [];

    public List<string>? Ids { get; private set; }

    public List<(string Prefix, FhirRange Span)> LastUpdated { get; } = [];

    public List<SearchInclude> Includes { get; } = [];

    public List<SearchInclude> ReverseIncludes { get; } = [];

    /// <summary>Parameters to sort by; null for <c>_lastUpdated</c> and <c>_id</c>, which stand in the name.</summary>
    public List<(string Name, SearchDefinition? Definition, bool IsDescending)> Sort { get; } = [];

    public int Count { get; private set; } = DefaultCount;

    /// <summary>Only the count is wanted.</summary>
    public bool IsCountOnly { get; private set; }

    /// <summary>The total is not wanted.</summary>
    public bool HasNoTotal { get; private set; }

    /// <summary>Elements that the answer has; null for all.</summary>
    public IReadOnlySet<string>? Elements { get; private set; }

    /// <summary>Reads the parameters; the problem says what cannot be answered.</summary>
    public static SearchRequest? TryRead(
        string type,
        IEnumerable<KeyValuePair<string, string>> parameters,
        out string? problem
    )
    {
        var search = new SearchRequest { Type = type };
        foreach (var (name, value) in parameters)
        {
            problem = search.Add(name, value);
            if (problem is not null)
                return null;
        }
        problem = null;
        return search;
    }

    private string? Add(string name, string value)
    {
        switch (name)
        {
            case "_format" or "_pretty":
                return null;
            case "_id":
                Ids = [.. value.Split(',')];
                return Ids.TrueForAll(id => LiteralReference.IsId(id)) ? null : "_id is not a list of ids";
            case "_lastUpdated":
                if (FhirRange.Prefix(value) is not var (prefix, date) || FhirRange.OfDate(date) is not { } span)
                    return "_lastUpdated is no date";
                LastUpdated.Add((prefix, span));
                return null;
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
            case "_summary":
                IsCountOnly |= value == "count";
                return value is "count" or "false" ? null : "_summary is answered for count and false only";
            case "_elements":
                Elements = value.Split(',').ToHashSet(StringComparer.Ordinal);
                return null;
            case "_include":
                return AddInclude(value, Includes, isReverse: false);
            case "_revinclude":
                return AddInclude(value, ReverseIncludes, isReverse: true);
        }
        if (name.StartsWith("_has:", StringComparison.Ordinal))
        {
            Has.Add((name["_has:".Length..], value));
            return null;
        }
        return AddCriterion(name, value);
    }

    private string? AddCriterion(string name, string value)
    {
        var dot = name.IndexOf('.', StringComparison.Ordinal);
        var (head, chain) = dot < 0 ? (name, null) : (name[..dot], name[(dot + 1)..]);
        var colon = head.IndexOf(':', StringComparison.Ordinal);
        var (code, modifier) = colon < 0 ? (head, "") : (head[..colon], head[(colon + 1)..]);
        if (!SearchDefinition.Of(Type).TryGetValue(code, out var definition))
            return $"{Type} has no search parameter of that name that can be answered";
        if (chain is not null && definition.Type != SearchParamType.Reference)
            return $"{code} is no reference and has no chain";
        Criteria.Add((code, modifier, chain, value));
        return null;
    }

    private string? AddSort(string value)
    {
        foreach (var one in value.Split(','))
        {
            var name = one.TrimStart('-');
            SearchDefinition? definition = null;
            if (name is not ("_id" or "_lastUpdated") && !SearchDefinition.Of(Type).TryGetValue(name, out definition))
                return "_sort names a parameter that is not there";
            Sort.Add((name, definition, one.StartsWith('-')));
        }
        return null;
    }

    private string? AddInclude(string value, List<SearchInclude> includes, bool isReverse)
    {
        var parts = value.Split(':');
        if (parts.Length is < 2 or > 3 || !ResourceParser.ResourceTypes.Contains(parts[0]))
            return "an include is Type:parameter or Type:parameter:Target";
        if (!isReverse && parts[0] != Type)
            return "_include begins with the type that is searched";
        if (
            !SearchDefinition.Of(parts[0]).TryGetValue(parts[1], out var definition)
            || definition.Type != SearchParamType.Reference
        )
            return "an include names a reference parameter";
        includes.Add(new SearchInclude(parts[0], definition, parts.Length == 3 ? parts[2] : null));
        return null;
    }
}
