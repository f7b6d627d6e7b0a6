namespace MedLedger.Analytics.Inference;

/// <summary>Which heads a question needs, and how their runs become one list without overlaps.</summary>
internal static class HeadMerge
{
    private static readonly string[] Corpus = ["chemical", "disease", "disease-ncbi"];
    private static readonly string[] Case = ["case"];
    private static readonly string[] Everything = ["chemical", "disease", "disease-ncbi", "case"];

    /// <summary>The heads whose runs are names of things, which a document uses alike throughout.</summary>
    public static IReadOnlyList<string> NamingHeads => Corpus;

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
