namespace MedLedger.Analytics.Inference;

/// <summary>Which heads a question needs, and how their runs become one list without overlaps.</summary>
internal static class HeadMerge
{
    private static readonly string[] Corpus = ["chemical", "disease", "disease-ncbi"];
    private static readonly string[] Case = ["case"];
    private static readonly string[] Everything = ["chemical", "disease", "disease-ncbi", "case"];

    // Below this share of chemicals among the tokens a text is about diseases, not about drugs.
    private const double FewChemicals = 0.009;

    /// <summary>The heads whose runs are names of things, which a document uses alike throughout.</summary>
    public static IReadOnlyList<string> NamingHeads => Corpus;

    /// <summary>
    /// The head that speaks for diseases in a document. The two corpora draw the borders of disease names differently: one
    /// annotates texts about drugs and their effects, the other texts about diseases; the document decides which is apt.
    /// </summary>
    public static string ConventionOf(IReadOnlyList<TaggedSentence> sentences, int tokens)
    {
        if (sentences.Count == 0 || !sentences[0].Runs.ContainsKey("chemical"))
            return "disease";
        var chemicals = sentences.Sum(s => s.Runs["chemical"].Count);
        return chemicals < FewChemicals * tokens ? "disease-ncbi" : "disease";
    }

    /// <summary>The heads to read for a question.</summary>
    public static IReadOnlyList<string> HeadsOf(FindingHead head) =>
        head switch
        {
            FindingHead.Bc5cdr => Corpus,
            FindingHead.CaseReport => Case,
            _ => Everything,
        };

    /// <summary>The runs in order of the text. Chemicals are drugs and diseases are problems when all heads are merged.</summary>
    public static List<TokenRun> Merge(
        FindingHead head,
        IReadOnlyDictionary<string, List<TokenRun>> runs,
        string convention
    )
    {
        if (head == FindingHead.CaseReport)
            return runs["case"];
        var chemicals = runs["chemical"];
        var diseases = runs[convention];
        if (head == FindingHead.Bc5cdr)
            return WithoutOverlaps([.. chemicals, .. diseases], static run => run.Score);

        List<TokenRun> all =
        [
            .. chemicals.Select(run => run with { Type = "Drug" }),
            .. diseases.Select(run => run with { Type = "Problem" }),
            .. runs["case"],
        ];
        // A longer name says more ("liver metastasis" rather than "liver" and "metastasis").
        return WithoutOverlaps(all, static run => (run.End - run.First) + run.Score);
    }

    private static List<TokenRun> WithoutOverlaps(List<TokenRun> runs, Func<TokenRun, double> weight)
    {
        var kept = new List<TokenRun>(runs.Count);
        foreach (var run in runs.OrderByDescending(weight))
        {
            if (kept.TrueForAll(k => run.End <= k.First || k.End <= run.First))
                kept.Add(run);
        }
        kept.Sort(static (a, b) => a.First.CompareTo(b.First));
        return kept;
    }
}
