using System.Text.Json;
using MedLedger.Analytics.Text;

namespace MedLedger.Analytics.Context;

/// <summary>What a cue says of the findings in its scope.</summary>
internal enum ContextCategory
{
    Negated,

    Uncertain,

    /// <summary>Settles what another cue leaves open, and ends its scope: "suspected appendicitis was confirmed".</summary>
    Confirmed,

    Hypothetical,

    Historical,

    Family,

    /// <summary>Ends the scopes of other cues.</summary>
    Terminate,

    /// <summary>Looks like a cue and is none: takes the words so that no shorter cue does.</summary>
    Pseudo,
}

/// <summary>Where the scope of a cue lies.</summary>
internal enum ContextDirection
{
    None,

    Forward,

    Backward,
}

/// <summary>Where in a sentence the words of a cue must stand.</summary>
internal enum ContextPlace
{
    Anywhere,

    /// <summary>At the beginning of the sentence: "Should pain recur".</summary>
    Start,

    /// <summary>Nothing follows in the sentence: "Fever: no" denies, "Fever: no cough" does not.</summary>
    End,

    /// <summary>After white space within a line, and the next word follows without any: ", -chills", but no list's dash.</summary>
    Attached,
}

/// <summary>One line of <c>rules/context.json</c>, in the manner of ConText (Harkema et al. 2009).</summary>
internal sealed record ContextRule
{
    /// <summary>The words, case ignored; <c>&lt;year&gt;</c> is any year from 1900 to 2099.</summary>
    public required string Cue { get; init; }

    public required ContextCategory Category { get; init; }

    public required ContextDirection Direction { get; init; }

    /// <summary>How many tokens the scope has at most; null means up to a terminator or the end of the sentence.</summary>
    public int? Reach { get; init; }

    /// <summary>Categories whose scopes a terminator leaves alone.</summary>
    public IReadOnlyList<ContextCategory>? Except { get; init; }

    /// <summary>Types of the findings that it speaks of; null means all.</summary>
    public string[]? Types { get; init; }

    /// <summary>Types of findings that it does not speak of: a test that "was negative" was done.</summary>
    public string[]? ExceptTypes { get; init; }

    /// <summary>Where the words must stand to be a cue.</summary>
    public ContextPlace Place { get; init; }

    /// <summary>Words of which one must come later in the sentence and ends the scope: "start vancomycin if".</summary>
    public string[]? UpTo { get; init; }

    /// <summary>Words of which one must come earlier in the statement: "hold metoprolol for".</summary>
    public string[]? After { get; init; }

    /// <summary>Whether a comma or semicolon ends the scope.</summary>
    public bool Clause { get; init; }

    /// <summary>Whether it speaks only of tests and values that are compared with a number: "Hgb &lt; 7".</summary>
    public bool Compared { get; init; }

    /// <summary>Whether the rule speaks of findings of a type.</summary>
    public bool Concerns(string type) =>
        (Types is null || Types.AsSpan().Contains(type))
        && (ExceptTypes is null || !ExceptTypes.AsSpan().Contains(type));

    private static readonly string[] Keys =
    [
        "cue",
        "category",
        "direction",
        "reach",
        "except",
        "types",
        "exceptTypes",
        "place",
        "upTo",
        "after",
        "clause",
        "compared",
    ];

    /// <summary>
    /// The rules of one entry. Its cue is the words, or a list of parts of which each is words or a list of words to choose
    /// from: a rule for each choice. Throws <see cref="FormatException"/> when the entry is of another form.
    /// </summary>
    public static IEnumerable<ContextRule> AllOf(JsonElement json)
    {
        json.Only(Keys);
        var cue = json.GetProperty("cue");
        if (cue.ValueKind != JsonValueKind.Array)
            return [Of(json, json.Text("cue"))];
        IEnumerable<string> cues = [""];
        foreach (var part in cue.EnumerateArray())
        {
            var choices =
                part.ValueKind == JsonValueKind.Array
                    ? part.Each(c => c.GetString() ?? throw new FormatException("A text is null."))
                    : [part.GetString() ?? throw new FormatException("A text is null.")];
            cues = cues.SelectMany(c => choices.Select(choice => $"{c} {choice}".Trim())).ToArray();
        }
        return cues.Select(c => Of(json, c));
    }

    private static ContextRule Of(JsonElement json, string cue) =>
        new()
        {
            Cue = cue,
            Category = CategoryOf(json.Text("category")),
            Direction = json.Text("direction") switch
            {
                "none" => ContextDirection.None,
                "forward" => ContextDirection.Forward,
                "backward" => ContextDirection.Backward,
                _ => throw new FormatException("A direction is not known."),
            },
            Reach = json.TryGetProperty("reach", out var reach) ? reach.GetInt32() : null,
            Except = json.TryGetProperty("except", out _) ? [.. json.Texts("except").Select(CategoryOf)] : null,
            Types = json.TryGetProperty("types", out _) ? json.Texts("types") : null,
            ExceptTypes = json.TryGetProperty("exceptTypes", out _) ? json.Texts("exceptTypes") : null,
            Place = json.TryGetProperty("place", out _) ? PlaceOf(json.Text("place")) : ContextPlace.Anywhere,
            UpTo = json.TryGetProperty("upTo", out _) ? json.Texts("upTo") : null,
            After = json.TryGetProperty("after", out _) ? json.Texts("after") : null,
            Clause = json.TryGetProperty("clause", out var clause) && clause.GetBoolean(),
            Compared = json.TryGetProperty("compared", out var compared) && compared.GetBoolean(),
        };

    private static ContextPlace PlaceOf(string word) =>
        word switch
        {
            "start" => ContextPlace.Start,
            "end" => ContextPlace.End,
            "attached" => ContextPlace.Attached,
            _ => throw new FormatException("A place is not known."),
        };

    /// <summary>The category of a word of a rules file. Throws <see cref="FormatException"/> when there is none.</summary>
    public static ContextCategory CategoryOf(string word) =>
        word switch
        {
            "negated" => ContextCategory.Negated,
            "uncertain" => ContextCategory.Uncertain,
            "confirmed" => ContextCategory.Confirmed,
            "hypothetical" => ContextCategory.Hypothetical,
            "historical" => ContextCategory.Historical,
            "family" => ContextCategory.Family,
            "terminate" => ContextCategory.Terminate,
            "pseudo" => ContextCategory.Pseudo,
            _ => throw new FormatException("A category is not known."),
        };
}
