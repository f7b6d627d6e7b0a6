namespace MedLedger.Consent.Directives;

/// <summary>
/// A FHIR Period as a criterion: both bounds inclusive, an open side unbounded, a bound of lower precision the whole
/// interval ("The high value includes any matching date/time", FHIR R4 Period.end). A period without bounds, with a
/// bound that cannot be read, or that ends before it starts says nothing that can be evaluated.
/// </summary>
internal sealed class FhirPeriod
{
    private readonly FhirInterval? start;
    private readonly FhirInterval? end;
    private readonly bool readable;

    /// <summary>A null text is an open side; a text that is not a date makes the period unreadable.</summary>
    public FhirPeriod(string? startText, string? endText, bool wellFormed)
    {
        StartText = startText;
        EndText = endText;
        start = FhirInterval.Parse(startText);
        end = FhirInterval.Parse(endText);
        readable =
            wellFormed
            && (startText is not null || endText is not null)
            && (startText is null) == (start is null)
            && (endText is null) == (end is null)
            && !EndsBeforeStart(start, end);
    }

    public string? StartText { get; }

    public string? EndText { get; }

    public bool IsReadable => readable;

    public FhirInterval? Start => start;

    public FhirInterval? End => end;

    /// <summary>Wholly inside, wholly outside, or partly: then, as without a value, unknown.</summary>
    public Truth Contains(FhirInterval? value)
    {
        if (!readable || value is not { } moment)
            return Truth.Unknown;
        var result = Truth.True;
        if (start is { } lower)
            result = result.And(BothZones(moment, lower, NotBefore));
        if (end is { } upper && result != Truth.False)
            result = result.And(BothZones(moment, upper, NotAfter));
        return result;
    }

    /// <summary>A side without zone is read as UTC and in the other side's offset; both readings must agree.</summary>
    private static Truth BothZones(
        FhirInterval value,
        FhirInterval bound,
        Func<(long Start, long End), (long Start, long End), Truth> compare
    )
    {
        var inUtc = compare(value.InUtc(0), bound.InUtc(0));
        if (value.OffsetMinutes is null == bound.OffsetMinutes is null)
            return inUtc;
        var inOther = compare(value.InUtc(bound.OffsetMinutes ?? 0), bound.InUtc(value.OffsetMinutes ?? 0));
        return TruthTable.Agreed(inUtc, inOther);
    }

    private static Truth NotBefore((long Start, long End) value, (long Start, long End) bound)
    {
        if (value.Start >= bound.Start)
            return Truth.True;
        return value.End <= bound.Start ? Truth.False : Truth.Unknown;
    }

    private static Truth NotAfter((long Start, long End) value, (long Start, long End) bound)
    {
        if (value.End <= bound.End)
            return Truth.True;
        return value.Start >= bound.End ? Truth.False : Truth.Unknown;
    }

    private static bool EndsBeforeStart(FhirInterval? start, FhirInterval? end)
    {
        if (start is not { } first || end is not { } last)
            return false;
        return last.InUtc(0).End <= first.InUtc(0).Start
            || last.InUtc(first.OffsetMinutes ?? 0).End <= first.InUtc(last.OffsetMinutes ?? 0).Start;
    }
}
