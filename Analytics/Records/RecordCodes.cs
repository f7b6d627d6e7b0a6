using MedLedger.Analytics.Documents;

namespace MedLedger.Analytics.Records;

/// <summary>Puts the record's own codes before those that were looked up.</summary>
internal static class RecordCodes
{
    public static ClinicalDocument Add(ClinicalDocument document, IReadOnlyList<CodedSpan> codes)
    {
        if (codes.Count == 0)
            return document;
        return document with
        {
            Findings =
            [
                .. document.Findings.Select(finding =>
                {
                    var own = codes.FirstOrDefault(c => c.Span.Contains(finding.Span));
                    // Half a name is not what the code stands for.
                    if (own is null || finding.Span.Length * 2 < own.Span.Length)
                        return finding;
                    return finding with
                    {
                        Codes =
                        [
                            .. own.Codes.Select(c => new CodeSuggestion(c.System ?? "", c.Code, finding.Text, 1)),
                            .. finding.Codes,
                        ],
                    };
                }),
            ],
        };
    }
}
