using System.Globalization;
using System.Numerics;
using MedLedger.Consent.Directives;
using MedLedger.Consent.Grants;

namespace MedLedger.Consent.Receipts;

/// <summary>A grant as sentences that a patient can check against what they meant.</summary>
public static class GrantInWords
{
    private const int FirstSensitivity = 7;

    /// <summary>One sentence for each respect: who, which records, for what, when, how often.</summary>
    public static IReadOnlyList<string> Describe(Grant grant)
    {
        ArgumentNullException.ThrowIfNull(grant);
        var days =
            grant.DataFrom == 0 ? "Records of any date."
            : grant.DataTo >= Commitments.RecordMeta.MaxDay ? $"Only records dated {Date(grant.DataFrom)} or later."
            : $"Only records dated {Date(grant.DataFrom)} to {Date(grant.DataTo)}.";
        return
        [
            $"{grant.Grantee} may {List(Chosen(Vocabulary.Actions, grant.Actions), "nothing")}.",
            $"Kinds of records: {Types(grant.Types)}.",
            Labels(grant.Labels),
            days,
            $"Purposes: {List(Purposes(grant.Purposes), "none")}.",
            $"Programs: {List(Chosen(Vocabulary.ModelClasses, grant.ModelClasses), "none")}.",
            $"From {Time(grant.NotBefore)} until {Time(grant.NotAfter)}, for at most {grant.MaxUses.ToString(CultureInfo.InvariantCulture)} analyses.",
        ];
    }

    private static string Types(BigInteger mask)
    {
        var chosen = Chosen(Vocabulary.ResourceTypes, mask);
        var left = Vocabulary.ResourceTypes.Except(chosen, StringComparer.Ordinal).ToList();
        if (left.Count == 0)
            return "all";
        return left.Count < chosen.Count ? $"all but {List(left, "")}" : List(chosen, "none");
    }

    private static string Labels(uint mask)
    {
        var forbidden = Enumerable
            .Range(0, Vocabulary.Labels.Count)
            .Where(bit => ((mask >> bit) & 1) == 0)
            .Select(bit => bit == 0 ? "without a level of confidentiality" : PlainWords.Label(Vocabulary.Labels[bit]))
            .ToList();
        for (var bit = Vocabulary.FirstExceptionBit; bit < 32; bit++)
        {
            if (((mask >> bit) & 1) == 0)
                forbidden.Add($"your exception {bit - Vocabulary.FirstExceptionBit + 1}");
        }
        return forbidden.Count == 0 ? "Records of any sensitivity." : $"No records that are {List(forbidden, "")}.";
    }

    /// <summary>Purposes whose parent is not given too.</summary>
    private static List<string> Purposes(ulong mask)
    {
        var chosen = Chosen(Vocabulary.Purposes, mask);
        return
        [
            .. chosen
                .Where(code => !chosen.Exists(other => other != code && CodeSystems.Purposes.Subsumes(other, code)))
                .Select(PlainWords.Purpose),
        ];
    }

    private static List<string> Chosen(IReadOnlyList<string> names, BigInteger mask) =>
        [.. names.Where((_, bit) => !(mask >> bit).IsEven)];

    private static string List(List<string> items, string none) => items.Count == 0 ? none : string.Join(", ", items);

    private static string Date(int day) =>
        DateOnly
            .FromDayNumber(Math.Clamp(day - 1, 0, DateOnly.MaxValue.DayNumber))
            .ToString("O", CultureInfo.InvariantCulture);

    private static string Time(long unixSeconds) =>
        unixSeconds >= 253_402_300_800
            ? "the end of time"
            : DateTimeOffset
                .FromUnixTimeSeconds(unixSeconds)
                .ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);
}
