using MedLedger.Analytics.Text;

namespace MedLedger.Analytics.Documents;

/// <summary>The words that made an assertion, and how far they reach.</summary>
/// <param name="Text">The words of the cue, as they stand in the document.</param>
/// <param name="Span">Where the cue stands ("denies").</param>
/// <param name="Scope">The text that the cue governs.</param>
/// <param name="Rule">The rule's own wording, as in the rules file.</param>
public sealed record Cue(string Text, TextSpan Span, TextSpan Scope, string Rule);

/// <summary>A suggestion from a code system.</summary>
/// <param name="System">FHIR system URI.</param>
/// <param name="Code">The code.</param>
/// <param name="Display">The system's own name of it.</param>
/// <param name="Score">
/// How near the names are, not a probability: 1 the same but for form; 0.8 the same by word beginnings; 0.75 to 0.99 alike
/// by letters; 0.7 and 0.6 the same without what stands before the head; less, whatever comes nearest.
/// </param>
public sealed record CodeSuggestion(string System, string Code, string Display, double Score);

/// <summary>One thing that the text speaks of, with all that speaks for it. Offsets are UTF-16 code units of the text.</summary>
public sealed record Finding
{
    /// <summary>Problem, Drug, Dosage, Test, LabValue, Treatment, Anatomy; or Chemical, Disease from that head alone.</summary>
    public required string Type { get; init; }

    /// <summary>The words, as they stand in the document.</summary>
    public required string Text { get; init; }

    /// <summary>Where they stand.</summary>
    public required TextSpan Span { get; init; }

    /// <summary>Present, denied, open, somebody else's.</summary>
    public Assertion Assertion { get; init; }

    /// <summary>What made the assertion; null when it is plainly present or only the network speaks for it.</summary>
    public Cue? Cue { get; init; }

    /// <summary>The section's name; null before the first heading.</summary>
    public string? Section { get; init; }

    /// <summary>
    /// The probability that exactly this span and type are right, from 0 to 1: the network's own, calibrated on documents
    /// that it was not trained on. 1 for a span that was given.
    /// </summary>
    public double Score { get; init; }

    /// <summary>The network's own probability, before calibration.</summary>
    internal double RawScore { get; init; }

    /// <summary>The network's probability that the finding is denied, from 0 to 1.</summary>
    public double Negation { get; init; }

    /// <summary>Code suggestions, best first.</summary>
    public IReadOnlyList<CodeSuggestion> Codes { get; init; } = [];
}

/// <summary>A word that carried a finding.</summary>
/// <param name="Text">The word.</param>
/// <param name="Span">Where it stands.</param>
/// <param name="Weight">
/// How much of the network's own probability of the finding is lost without it; negative when it speaks against.
/// </param>
public sealed record TokenWeight(string Text, TextSpan Span, double Weight);

/// <summary>A span that was coded elsewhere and only wants an assertion, a section and codes.</summary>
/// <param name="Span">Where it stands in the text.</param>
/// <param name="Type">What it is said to be.</param>
public sealed record GivenSpan(TextSpan Span, string Type);

/// <summary>A part of the document under one heading.</summary>
/// <param name="Name">The kind of section, as in the rules file.</param>
/// <param name="Heading">Where the heading stands.</param>
/// <param name="Span">Heading and body.</param>
public sealed record Section(string Name, TextSpan Heading, TextSpan Span);

/// <summary>A text and everything that was found in it.</summary>
public sealed record ClinicalDocument
{
    /// <summary>The text, exactly as it was given.</summary>
    public required string Text { get; init; }

    /// <summary>Sections in order.</summary>
    public required IReadOnlyList<Section> Sections { get; init; }

    /// <summary>Findings in the order of the text.</summary>
    public required IReadOnlyList<Finding> Findings { get; init; }

    /// <summary>False when the text does not look like English; the findings are then not to be relied on.</summary>
    public bool English { get; init; } = true;
}
