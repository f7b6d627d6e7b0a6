using MedLedger.Analytics.Inference;
using MedLedger.Analytics.Text;

namespace MedLedger.Analytics.Naming;

/// <summary>
/// Makes one head agree with itself over a document: a short form is what its long form is, and a name that was found
/// most of the times it occurs is found everywhere.
/// </summary>
internal static class NameAgreement
{
    private const int ShortestName = 3;

    /// <summary>Adds the missing runs to the lists, one list a sentence, in token indices of the sentence.</summary>
    public static void Apply(
        List<LowerCaseSentence> sentences,
        IReadOnlyList<Abbreviation> abbreviations,
        IReadOnlyList<List<TokenRun>> runs
    )
    {
        var known = Votes(sentences, runs);
        AddShortForms(sentences, abbreviations, runs, known);
        if (known.Count == 0)
            return;
        var longest = known.Keys.Max(k => k.Count(c => c == ' ') + 1);
        var lookup = known.GetAlternateLookup<ReadOnlySpan<char>>();
        // How often each name occurs without being found.
        var missing = new List<(int Sentence, TokenRun Run, string Name)>();
        for (var s = 0; s < sentences.Count; s++)
        {
            var lower = sentences[s];
            for (var i = 0; i < lower.Count; i++)
            {
                for (var n = Math.Min(longest, lower.Count - i); n > 0; n--)
                {
                    if (!lookup.TryGetValue(lower.Phrase(i, i + n), out var name, out var vote))
                        continue;
                    var run = new TokenRun(i, i + n, vote.Type, vote.Score, vote.Calibrated);
                    if (runs[s].TrueForAll(r => r.End <= run.First || run.End <= r.First))
                        missing.Add((s, run, name));
                    i += n - 1;
                    break;
                }
            }
        }
        foreach (var group in missing.GroupBy(m => m.Name, StringComparer.Ordinal))
        {
            if (known[group.Key].Count <= group.Count() && !known[group.Key].Sure)
                continue;
            foreach (var (sentence, run, _) in group)
                runs[sentence].Add(run);
        }
        foreach (var list in runs)
            list.Sort(static (a, b) => a.First.CompareTo(b.First));
    }

    private sealed record Vote(string Type, double Score, double Calibrated, int Count, bool Sure);

    private static Dictionary<string, Vote> Votes(List<LowerCaseSentence> sentences, IReadOnlyList<List<TokenRun>> runs)
    {
        var known = new Dictionary<string, Vote>(StringComparer.Ordinal);
        for (var s = 0; s < sentences.Count; s++)
        {
            if (runs[s].Count == 0)
                continue;
            var lower = sentences[s];
            foreach (var run in runs[s])
            {
                var name = lower.Phrase(run.First, run.End).ToString();
                if (name.Length < ShortestName)
                    continue;
                known[name] = known.TryGetValue(name, out var vote)
                    ? vote with
                    {
                        Count = vote.Count + 1,
                        Score = Math.Max(vote.Score, run.Score),
                        Calibrated = Math.Max(vote.Calibrated, run.Calibrated),
                    }
                    : new Vote(run.Type, run.Score, run.Calibrated, 1, Sure: false);
            }
        }
        return known;
    }

    private static void AddShortForms(
        List<LowerCaseSentence> sentences,
        IReadOnlyList<Abbreviation> abbreviations,
        IReadOnlyList<List<TokenRun>> runs,
        Dictionary<string, Vote> known
    )
    {
        foreach (var abbreviation in abbreviations)
        {
            for (var s = 0; s < sentences.Count; s++)
            {
                var first = sentences[s].First;
                if (abbreviation.LongEnd <= first || abbreviation.LongEnd > sentences[s].End)
                    continue;
                var whole = runs[s].Find(r => first + r.End == abbreviation.LongEnd && r.Score > 0.5);
                if (whole.Type is null)
                    continue;
                var key = string.Join(
                    ' ',
                    Tokenizer
                        .Tokenize(abbreviation.Short)
                        .Select(t => t.Of(abbreviation.Short).ToString().ToLowerInvariant())
                );
                known[key] = new Vote(
                    whole.Type,
                    whole.Score,
                    whole.Calibrated,
                    known.TryGetValue(key, out var vote) ? vote.Count : 0,
                    Sure: true
                );
            }
        }
    }
}
