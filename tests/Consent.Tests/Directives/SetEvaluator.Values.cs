using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace MedLedger.Consent.Tests.Directives;

/// <summary>References and dates of the second evaluator.</summary>
internal sealed partial class SetEvaluator
{
    private static string Kind(string? reference)
    {
        if (reference is null)
            return "unknown";
        if (reference.StartsWith("urn:", StringComparison.Ordinal))
            return "urn";
        if (reference.StartsWith("http", StringComparison.Ordinal))
            return "absolute";
        return RelativePattern().IsMatch(Bare(reference)) ? "relative" : "unknown";
    }

    private static string Bare(string reference) => HistoryPattern().Replace(reference, "");

    private static bool? Same(string? left, string? right)
    {
        if (Kind(left) != Kind(right) || Kind(left) == "unknown")
            return null;
        if (Bare(left!) == Bare(right!))
            return true;
        return Kind(left) == "urn" ? null : false;
    }

    /// <summary>The date as UTC instants under both readings of a missing zone.</summary>
    private static bool? Within(JsonNode period, string? value)
    {
        var (start, end) = (Text(period["start"]), Text(period["end"]));
        if (start is null && end is null)
            return null;
        foreach (var bound in new[] { start, end })
        {
            if (bound is not null && !DatePattern().IsMatch(bound))
                return null;
        }
        if (start is not null && end is not null && Readings(start, end).Any(pair => pair.Left.Low >= pair.Right.High))
            return null;
        if (value is null || !DatePattern().IsMatch(value))
            return null;
        var after = start is null
            ? true
            : Agree(Readings(value, start).Select(p => Side(p.Left.Low >= p.Right.Low, p.Left.High <= p.Right.Low)));
        var before = end is null
            ? true
            : Agree(Readings(value, end).Select(p => Side(p.Left.High <= p.Right.High, p.Left.Low >= p.Right.High)));
        if (after == false || before == false)
            return false;
        return after is null || before is null ? null : true;
    }

    private static bool? Side(bool inside, bool outside) =>
        inside ? true
        : outside ? false
        : null;

    private static bool? Agree(IEnumerable<bool?> answers)
    {
        var all = answers.ToList();
        return all.TrueForAll(one => one == all[0]) ? all[0] : null;
    }

    private static IEnumerable<((DateTime Low, DateTime High) Left, (DateTime Low, DateTime High) Right)> Readings(
        string left,
        string right
    )
    {
        yield return (Span(left, "Z"), Span(right, "Z"));
        if (Zone(left).Length > 0 != Zone(right).Length > 0)
            yield return (Span(left, Zone(right)), Span(right, Zone(left)));
    }

    private static string Zone(string date) => DatePattern().Match(date).Groups["zone"].Value;

    private static (DateTime Low, DateTime High) Span(string date, string zoneIfNone)
    {
        var zone = Zone(date) is { Length: > 0 } own ? own : zoneIfNone;
        var shift =
            zone == "Z"
                ? TimeSpan.Zero
                : DateTimeOffset.Parse("2000-01-01T00:00:00" + zone, CultureInfo.InvariantCulture).Offset;
        var numbers = date.Split('T')[0]
            .Split('-')
            .Select(part => int.Parse(part, CultureInfo.InvariantCulture))
            .ToList();
        var low = new DateTime(
            numbers[0],
            numbers.ElementAtOrDefault(1) is var m and > 0 ? m : 1,
            numbers.ElementAtOrDefault(2) is var d and > 0 ? d : 1,
            0,
            0,
            0,
            DateTimeKind.Unspecified
        );
        var high = numbers.Count switch
        {
            1 => low.AddYears(1),
            2 => low.AddMonths(1),
            _ => low.AddDays(1),
        };
        if (date.Contains('T'))
        {
            low += TimeSpan.Parse(date.Split('T')[1][..8], CultureInfo.InvariantCulture);
            high = low.AddSeconds(1);
        }
        return (low - shift, high - shift);
    }

    [GeneratedRegex(
        @"^[A-Z][A-Za-z]*/[A-Za-z0-9\-.]{1,64}\z",
        RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture
    )]
    private static partial Regex RelativePattern();

    [GeneratedRegex(@"/_history/[^/]*\z", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex HistoryPattern();

    [GeneratedRegex(
        @"^\d{4}(-\d\d(-\d\d(T\d\d:\d\d:\d\d(?<zone>Z|[+-]\d\d:\d\d))?)?)?\z",
        RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture
    )]
    private static partial Regex DatePattern();
}
