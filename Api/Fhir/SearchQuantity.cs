using System.Globalization;
using System.Text.Json;

namespace MedLedger.Api.Fhir;

/// <summary>A searched number, or a quantity <c>number|system|code</c> or <c>number||code</c>, with a prefix (FHIR R4, search.html#number, #quantity).</summary>
internal sealed class SearchQuantity : SearchValue
{
    // A tenth of the number that was searched is the recommended meaning of "approximately".
    private const decimal Approximation = 0.1m;

    private readonly string _prefix;
    private readonly decimal _number;
    private readonly FhirRange _range;
    private readonly string _system;
    private readonly string _code;

    private SearchQuantity(string prefix, decimal number, FhirRange range, string system, string code)
    {
        (_prefix, _number, _system, _code) = (prefix, number, system, code);
        var margin = prefix == "ap" ? Math.Abs(number) * Approximation : 0;
        _range = new FhirRange(range.Low - margin, range.High + margin);
    }

    /// <summary>Reads a value; null when it is no number, or its parts are not one or three.</summary>
    public static SearchValue? TryParse(string text, bool hasUnit)
    {
        var parts = SearchText.Split(text, '|').Select(SearchText.Unescape).ToList();
        if (
            (parts.Count != 1 && !(hasUnit && parts.Count == 3))
            || FhirRange.Prefix(parts[0]) is not var (prefix, number)
            || FhirRange.OfNumber(number) is not { } range
        )
            return null;
        var exact = decimal.Parse(number, NumberStyles.Float, CultureInfo.InvariantCulture);
        return parts.Count == 1
            ? new SearchQuantity(prefix, exact, range, "", "")
            : new SearchQuantity(prefix, exact, range, parts[1], parts[2]);
    }

    /// <inheritdoc/>
    public override bool Matches(JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Number)
            return value.TryGetDecimal(out var number) && Compare(number);
        if (value.ValueKind != JsonValueKind.Object)
            return false;
        if (value.TryGetProperty("value", out var inner))
        {
            return inner.ValueKind == JsonValueKind.Number
                && inner.TryGetDecimal(out var quantity)
                && HasUnit(value)
                && Compare(quantity);
        }
        var low = Bound(value, "low", decimal.MinValue);
        var high = Bound(value, "high", decimal.MaxValue);
        return (low is not null || high is not null)
            && FhirRange.Compare(_prefix, new FhirRange(low ?? decimal.MinValue, high ?? decimal.MaxValue), _range);
    }

    // Only equality looks at precision; order compares the number itself.
    private bool Compare(decimal value) =>
        _prefix switch
        {
            "eq" or "ap" => value >= _range.Low && value < _range.High,
            "ne" => value < _range.Low || value >= _range.High,
            "gt" or "sa" => value > _number,
            "lt" or "eb" => value < _number,
            "ge" => value >= _number,
            _ => value <= _number,
        };

    private bool HasUnit(JsonElement quantity) =>
        (_system.Length == 0 || _system == SearchTerms.Text(quantity, "system"))
        && (
            _code.Length == 0
            || _code == SearchTerms.Text(quantity, "code")
            || (_system.Length == 0 && _code == SearchTerms.Text(quantity, "unit"))
        );

    // A Range is open to the side that it does not name.
    private decimal? Bound(JsonElement range, string side, decimal none) =>
        range.TryGetProperty(side, out var quantity)
        && quantity.ValueKind == JsonValueKind.Object
        && HasUnit(quantity)
        && quantity.TryGetProperty("value", out var number)
        && number.ValueKind == JsonValueKind.Number
            ? number.TryGetDecimal(out var value)
                ? value
                : none
            : null;
}
