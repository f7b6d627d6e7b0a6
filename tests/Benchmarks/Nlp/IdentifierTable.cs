using MedLedger.Analytics;
using MedLedger.Tests;

namespace MedLedger.Benchmarks.Nlp;

/// <summary>How much personal data is found, and how many eponyms and measures are taken for such.</summary>
internal static class IdentifierTable
{
    /// <summary>
    /// An identifier counts as found when every letter and digit of it is covered; what was found beside any of the corpus'
    /// spans is extra. Years alone and countries are in the corpus, but no identifiers.
    /// </summary>
    public static void Print(IEnumerable<GoldDocument> documents, ClinicalPipeline pipeline, TextWriter output)
    {
        var groups = new Dictionary<string, Score>(StringComparer.Ordinal)
        {
            ["structured"] = new("PHI, structured identifiers", onlyRecall: true),
            ["PERSON"] = new("PHI, names", onlyRecall: true),
            ["address"] = new("PHI, addresses and places", onlyRecall: true),
        };
        var kinds = new SortedDictionary<string, Score>(StringComparer.Ordinal);
        int touching = 0,
            beside = 0;
        foreach (var document in documents)
        {
            var found = pipeline.Deidentifier.Find(document.Text);
            foreach (var identifier in found)
            {
                if (document.Spans.Any(s => s.Start < identifier.Span.End && identifier.Span.Start < s.End))
                    touching++;
                else
                    beside++;
            }
            foreach (var span in document.Spans.Where(s => s.Type is not ("ORGANIZATION" or "TITLE" or "NRP" or "AGE")))
            {
                if (!kinds.TryGetValue(span.Type, out var score))
                    kinds[span.Type] = score = new Score($"  {span.Type}", onlyRecall: true);
                var covered = Enumerable
                    .Range(span.Start, span.End - span.Start)
                    .All(i =>
                        !char.IsLetterOrDigit(document.Text[i]) || found.Any(f => f.Span.Start <= i && i < f.Span.End)
                    );
                score.Add(covered ? 1 : 0, 0, covered ? 0 : 1);
                var group = span.Type switch
                {
                    "STREET_ADDRESS" or "GPE" or "ZIP_CODE" => "address",
                    "PERSON" => "PERSON",
                    "DATE_TIME" => null,
                    _ => "structured",
                };
                if (group is not null)
                    groups[group].Add(covered ? 1 : 0, 0, covered ? 0 : 1);
            }
        }
        foreach (var score in groups.Values.Concat(kinds.Values))
            output.WriteLine(score);
        output.WriteLine(
            $"PHI, precision: {touching} of {touching + beside} identifiers touch personal data of the corpus ({100.0 * touching / Math.Max(1, touching + beside):F1} %)"
        );
    }

    /// <summary>Lines of our own in which nothing is personal: eponyms, measures, doses, telegram style.</summary>
    public static void PrintEponyms(ClinicalPipeline pipeline, TextWriter output)
    {
        var path = RepositoryRoot.File("tests", "Analytics.Tests", "cases", "not-identifiers.txt");
        var lines = File.ReadLines(path).Where(l => l.Length > 0 && l[0] != '#').ToList();
        var touched = lines.Where(l => pipeline.Deidentifier.Find(l).Count > 0).ToList();
        output.WriteLine($"Lines of eponyms and measures with a word lost: {touched.Count} of {lines.Count}");
    }
}
