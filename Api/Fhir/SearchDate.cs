using System.Text.Json;

namespace MedLedger.Api.Fhir;

/// <summary>A searched date with a prefix, compared as spans of time (FHIR R4, search.html#date).</summary>
internal sealed class SearchDate : SearchValue
{
    // A tenth of the time between then and now is the recommended meaning of "approximately".
    private const decimal Approximation = 0.1m;

    private readonly string _prefix;
    private readonly FhirRange _searched;

    private SearchDate(string prefix, FhirRange searched) => (_prefix, _searched) = (prefix, searched);

    /// <summary>Reads a value; null when it is no date.</summary>
    public static SearchDate? TryParse(string text, DateTimeOffset now)
    {
        if (FhirRange.Prefix(text) is not var (prefix, date) || FhirRange.OfDate(date) is not { } span)
            return null;
        if (prefix != "ap")
            return new SearchDate(prefix, span);
        var margin = Math.Abs(now.UtcTicks - span.Low) * Approximation;
        return new SearchDate(prefix, new FhirRange(span.Low - margin, span.High + margin));
    }

    /// <inheritdoc/>
    public override bool Matches(JsonElement value) => FhirRange.OfDate(value) is { } span && Matches(span);

    /// <summary>Whether a span stands to what was searched as the prefix says.</summary>
    public bool Matches(FhirRange span) => FhirRange.Compare(_prefix, span, _searched);
}
