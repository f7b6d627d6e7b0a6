using System.Text.Json;
using Hl7.Fhir.Model;
using MedLedger.Api.Fhir;

namespace MedLedger.Api.Tests.Http.Fhir;

/// <summary>
/// A query, as this server and as the oracle are asked. They differ where the oracle is known to understand a form
/// otherwise: the table in <c>tests/clients/README.md</c> says where and why.
/// </summary>
internal sealed record SearchQuery(string Asked, string ForOracle)
{
    public SearchQuery(string query)
        : this(query, query) { }
}

/// <summary>Queries by the values that stand in some resources: of every parameter that has values, in every form.</summary>
internal sealed class SearchQueries(IReadOnlyList<JsonElement> resources, Random random)
{
    private const int ValuesPerParameter = 2;

    /// <summary>The queries for one resource type.</summary>
    public IEnumerable<SearchQuery> Of(string type)
    {
        var ofType = resources.Where(r => r.GetProperty("resourceType").GetString() == type).ToList();
        var all = new List<SearchQuery>();
        foreach (var definition in SearchDefinition.Of(type).Values.OrderBy(d => d.Code, StringComparer.Ordinal))
        {
            var values = ofType.SelectMany(definition.Values).ToList();
            if (values.Count == 0 || definition.Type == SearchParamType.Composite)
                continue;
            foreach (var value in Some(values))
                all.AddRange(Forms(definition, value, values).Select(form => Query(type, form.Asked, form.ForOracle)));
            all.Add(Query(type, definition.Code + ":missing=true"));
            all.Add(Query(type, definition.Code + ":missing=false"));
        }
        // Every criterion has to match: pairs of them.
        var pairs = Enumerable
            .Range(0, all.Count / 8)
            .Select(_ => (First: all[random.Next(all.Count)], Second: all[random.Next(all.Count)]))
            .Where(pair => Name(pair.First) != Name(pair.Second))
            .Select(pair => new SearchQuery(
                pair.First.Asked + "&" + pair.Second.Asked.Split('?')[1],
                pair.First.ForOracle + "&" + pair.Second.ForOracle.Split('?')[1]
            ));
        return [.. all.Concat(pairs)];
    }

    private static string Name(SearchQuery query) => query.Asked.Split('?')[1].Split(':', '=')[0];

    private static IEnumerable<(string Asked, string ForOracle)> Forms(
        SearchDefinition definition,
        JsonElement value,
        IReadOnlyList<JsonElement> values
    )
    {
        var code = definition.Code;
        switch (definition.Type)
        {
            case SearchParamType.Token:
                foreach (var (system, token) in SearchTerms.Tokens(value).Take(1))
                {
                    yield return Same($"{code}={Escape(token)}");
                    yield return Same($"{code}={Escape(token)},nothing");
                    yield return Same($"{code}:not={Escape(token)}");
                    if (system is null)
                        continue;
                    yield return Same($"{code}={Escape(system)}|{Escape(token)}");
                    yield return Same($"{code}={Escape(system)}|");
                    yield return Same($"{code}=http://example.org/other|{Escape(token)}");
                }
                break;
            case SearchParamType.Reference
                when SearchTerms.Exact(definition.Type, value) is { } reference
                    && reference.Contains('/', StringComparison.Ordinal):
                yield return Same($"{code}={Escape(reference)}");
                yield return Same($"{code}={Escape(reference)},Patient/nobody");
                break;
            case SearchParamType.Uri when value.GetString() is { } uri:
                yield return Same($"{code}={Escape(uri)}");
                break;
            case SearchParamType.String when value.ValueKind == JsonValueKind.String:
                var word = value.GetString()!.Split(' ')[0];
                yield return ($"{code}:contains={Escape(word)}", $"{code}={Escape(word)}");
                break;
            case SearchParamType.Date when FhirRange.OfDate(value) is not null:
                var isPeriod = values.Any(v => v.ValueKind == JsonValueKind.Object);
                var day = (value.ValueKind == JsonValueKind.String ? value : value.GetProperty("start")).GetString()!;
                // The oracle compares times of day as texts, whatever their zone.
                foreach (var date in day.Length > 10 ? [day[..4]] : new[] { day, day[..4] })
                foreach (var prefix in isPeriod ? Ordering : [.. Ordering, .. Equal])
                    yield return Same($"{code}={prefix}{date}");
                break;
        }
    }

    private static readonly string[] Ordering = ["gt", "lt", "sa", "eb"];
    private static readonly string[] Equal = ["", "ne", "ge", "le"];

    private static (string, string) Same(string query) => (query, query);

    private static string Escape(string value) =>
        value
            .Replace(@"\", @"\\", StringComparison.Ordinal)
            .Replace(",", @"\,", StringComparison.Ordinal)
            .Replace("|", @"\|", StringComparison.Ordinal);

    private static SearchQuery Query(string type, string asked, string? forOracle = null) =>
        new(Encode(type, asked), Encode(type, forOracle ?? asked));

    private static string Encode(string type, string parameter)
    {
        var (name, value) = parameter.Split('=', 2) is [var n, var v] ? (n, v) : (parameter, "");
        return $"{type}?{name}={Uri.EscapeDataString(value)}";
    }

    private IEnumerable<JsonElement> Some(IReadOnlyList<JsonElement> values) =>
        values
            .DistinctBy(v => v.GetRawText(), StringComparer.Ordinal)
            .OrderBy(_ => random.Next())
            .Take(ValuesPerParameter);
}
