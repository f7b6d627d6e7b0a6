using MedLedger.Analytics.Documents;
using MedLedger.Analytics.Records;
using MedLedger.Analytics.Text;

namespace MedLedger.Analytics.Reports;

/// <summary>Words of a record, exactly as they stand there.</summary>
/// <param name="Text">The words.</param>
/// <param name="Reference"><c>Type/id</c> of the record.</param>
/// <param name="Path">FHIRPath of the element.</param>
/// <param name="Span">Where they stand in the passage, in UTF-16 code units.</param>
public sealed record Quotation(string Text, string Reference, string Path, TextSpan Span)
{
    internal static Quotation Of(RecordAnalysis analysis, AnalyzedPassage passage, Finding first, Finding? last = null)
    {
        var span = new TextSpan(first.Span.Start, (last ?? first).Span.End);
        return new Quotation(span.Of(passage.Document.Text).ToString(), analysis.Reference, passage.Passage.Path, span);
    }
}
