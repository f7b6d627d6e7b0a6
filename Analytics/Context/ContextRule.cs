using System.Text.Json.Serialization;

namespace MedLedger.Analytics.Context;

/// <summary>What a cue says of the findings in its scope.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ContextCategory>))]
internal enum ContextCategory
{
    [JsonStringEnumMemberName("negated")]
    Negated,

    [JsonStringEnumMemberName("uncertain")]
    Uncertain,

    [JsonStringEnumMemberName("hypothetical")]
    Hypothetical,

    [JsonStringEnumMemberName("historical")]
    Historical,

    [JsonStringEnumMemberName("family")]
    Family,

    /// <summary>Ends the scopes of other cues.</summary>
    [JsonStringEnumMemberName("terminate")]
    Terminate,

    /// <summary>Looks like a cue and is none: takes the words so that no shorter cue does.</summary>
    [JsonStringEnumMemberName("pseudo")]
    Pseudo,
}

/// <summary>Where the scope of a cue lies.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ContextDirection>))]
internal enum ContextDirection
{
    [JsonStringEnumMemberName("none")]
    None,

    [JsonStringEnumMemberName("forward")]
    Forward,

    [JsonStringEnumMemberName("backward")]
    Backward,
}

/// <summary>One line of <c>rules/context.json</c>, in the manner of ConText (Harkema et al. 2009).</summary>
internal sealed record ContextRule
{
    /// <summary>The words, case ignored.</summary>
    public required string Cue { get; init; }

    public required ContextCategory Category { get; init; }

    public required ContextDirection Direction { get; init; }

    /// <summary>How many tokens the scope has at most; null means up to a terminator or the end of the sentence.</summary>
    public int? Reach { get; init; }

    /// <summary>Categories whose scopes a terminator leaves alone.</summary>
    public IReadOnlyList<ContextCategory>? Except { get; init; }
}

/// <summary>The rules file.</summary>
internal sealed record ContextRuleFile
{
    public required string Version { get; init; }

    public required IReadOnlyList<ContextRule> Rules { get; init; }
}
