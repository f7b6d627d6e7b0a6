namespace MedLedger.Analytics.Documents;

/// <summary>What the text says of a finding (ConText, Harkema et al. 2009; i2b2 2010 assertion classes).</summary>
public enum Assertion
{
    /// <summary>The patient has it, or had it at the time of the note.</summary>
    Present,

    /// <summary>The text denies it.</summary>
    Negated,

    /// <summary>The text leaves it open.</summary>
    Uncertain,

    /// <summary>It may come, or something is to be done if it comes.</summary>
    Hypothetical,

    /// <summary>It was before the present illness.</summary>
    Historical,

    /// <summary>Somebody else has it: a relative.</summary>
    Family,
}
