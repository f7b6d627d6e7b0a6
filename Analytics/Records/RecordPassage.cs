using MedLedger.Analytics.Documents;
using MedLedger.Analytics.Text;
using MedLedger.Consent.Access;

namespace MedLedger.Analytics.Records;

/// <summary>Where a passage of a resource comes from.</summary>
public enum PassageSource
{
    /// <summary>An attachment: plain text, HTML or RTF.</summary>
    Attachment,

    /// <summary>An Annotation or another free-text element.</summary>
    Note,

    /// <summary>The resource's narrative (<c>text.div</c>).</summary>
    Narrative,

    /// <summary>Coded elements, written out as a sentence.</summary>
    Coded,
}

/// <summary>Words of a passage that stand for coded elements of the resource.</summary>
/// <param name="Span">Where they stand in the passage.</param>
/// <param name="Codes">The resource's own codes.</param>
public sealed record CodedSpan(TextSpan Span, IReadOnlyList<Coding> Codes);

/// <summary>A readable part of one FHIR resource.</summary>
/// <param name="Path">FHIRPath of the element it was read from.</param>
/// <param name="Source">What kind of element.</param>
/// <param name="Text">The text; offsets of findings count in it.</param>
public sealed record RecordPassage(string Path, PassageSource Source, string Text)
{
    /// <summary>The resource's own codes for words of the passage.</summary>
    public IReadOnlyList<CodedSpan> Codes { get; init; } = [];
}

/// <summary>A part of a resource that holds content which is not read.</summary>
/// <param name="Path">FHIRPath of the element.</param>
/// <param name="Why">The content type, or what hinders.</param>
public sealed record UnreadPart(string Path, string Why);

/// <summary>Everything readable of one resource, and what is not.</summary>
/// <param name="Passages">In the order of the resource.</param>
/// <param name="NotRead">Attachments of other types, links, damaged content.</param>
public sealed record RecordText(IReadOnlyList<RecordPassage> Passages, IReadOnlyList<UnreadPart> NotRead);

/// <summary>A passage and what was found in it.</summary>
/// <param name="Passage">The passage as it was analysed (de-identified when the permit obliges).</param>
/// <param name="Document">What was found.</param>
public sealed record AnalyzedPassage(RecordPassage Passage, ClinicalDocument Document);

/// <summary>The answer of the pipeline for one record.</summary>
/// <param name="Reference"><c>Type/id</c>.</param>
/// <param name="ModelSha256">The model that found it.</param>
/// <param name="Passages">Passages with their findings.</param>
/// <param name="NotRead">What was not read.</param>
public sealed record RecordAnalysis(
    string Reference,
    string ModelSha256,
    IReadOnlyList<AnalyzedPassage> Passages,
    IReadOnlyList<UnreadPart> NotRead
);
