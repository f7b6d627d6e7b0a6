using System.Text;
using MedLedger.Analytics.Documents;
using MedLedger.Analytics.Records;

namespace MedLedger.Analytics.Reports;

/// <summary>
/// A patient's notes in short: under fixed headings, only words of the notes, each with the record it stands in. What is
/// denied, open, past or somebody else's stands apart from what the patient has. Nothing is rephrased.
/// </summary>
public static class NoteSummary
{
    private static readonly (string Heading, Assertion Assertion)[] Problems =
    [
        ("Problems", Assertion.Present),
        ("Possible, not settled", Assertion.Uncertain),
        ("In the past", Assertion.Historical),
        ("Denied or excluded", Assertion.Negated),
        ("If it occurs", Assertion.Hypothetical),
        ("In the family, not the patient", Assertion.Family),
    ];

    /// <summary>The headings that have something under them, in order; the same words of one record are quoted once.</summary>
    /// <param name="analyses">The analyses of a patient's records.</param>
    public static IReadOnlyList<(string Heading, IReadOnlyList<Quotation> Quotations)> Of(
        IReadOnlyList<RecordAnalysis> analyses
    )
    {
        var parts = new List<(string Heading, IReadOnlyList<Quotation> Quotations)>();
        void Add(string heading, IEnumerable<Quotation> quotations)
        {
            List<Quotation> once = [.. quotations.DistinctBy(q => (q.Reference, q.Text.ToUpperInvariant()))];
            if (once.Count > 0)
                parts.Add((heading, once));
        }
        foreach (var (heading, assertion) in Problems)
            Add(heading, analyses.SelectMany(a => FindingReport.Problems(a, assertion)));
        Add("Drugs", analyses.SelectMany(FindingReport.Drugs));
        Add("Results", analyses.SelectMany(FindingReport.Results));
        return parts;
    }

    /// <summary>The summary as lines: a heading, then each quotation in quotation marks with its record.</summary>
    /// <param name="analyses">The analyses of a patient's records.</param>
    public static string Text(IReadOnlyList<RecordAnalysis> analyses)
    {
        var text = new StringBuilder();
        foreach (var (heading, quotations) in Of(analyses))
        {
            text.Append(heading).Append(":\n");
            foreach (var same in quotations.GroupBy(q => q.Text, StringComparer.OrdinalIgnoreCase))
            {
                text.Append("- \"").Append(same.Key.ReplaceLineEndings(" ")).Append("\" (");
                text.AppendJoin(", ", same.Select(q => q.Reference).Distinct(StringComparer.Ordinal)).Append(")\n");
            }
        }
        return text.ToString();
    }
}
