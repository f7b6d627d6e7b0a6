using System.Diagnostics;
using MedLedger.Analytics;
using MedLedger.Analytics.Documents;
using MedLedger.Analytics.Text;

namespace MedLedger.Benchmarks.Nlp;

/// <summary>
/// <c>-- nlp [DATA [MODEL]]</c>: the model on documents that training never saw, as one table. DATA is the data folder
/// (default: MEDLEDGER_NLP_DATA, else ../shared/data/nlp beside the repository).
/// </summary>
internal static class NlpTable
{
    public static void Print(string data, string model, TextWriter output)
    {
        var watch = Stopwatch.StartNew();
        using var pipeline = ClinicalPipeline.Load(model);
        pipeline.Analyze("Cold start.");
        output.WriteLine($"{pipeline.ModelName}, cold start {watch.ElapsedMilliseconds} ms, {Size(model) / 1e6:F2} MB");
        Spans("BC5CDR", Corpora.Bc5cdr(data), pipeline, FindingHead.Bc5cdr, output);
        Spans("NCBI-disease", Corpora.Ncbi(data), pipeline, FindingHead.Bc5cdr, output, only: "Disease");
        Spans("MACCROBAT", Corpora.Maccrobat(data), pipeline, FindingHead.CaseReport, output);
        Negation(Corpora.NegEx(data), pipeline, output);
        Linking(Corpora.Bc5cdr(data), pipeline, output);
        IdentifierTable.Print(Corpora.Presidio(data).Where(d => Corpora.HeldBack(d.Id)), pipeline, output);
        IdentifierTable.PrintEponyms(pipeline, output);
        Speed(data, pipeline, output);
    }

    /// <summary>Only the last line of the table.</summary>
    public static void PrintSpeed(string data, string model, TextWriter output)
    {
        using var pipeline = ClinicalPipeline.Load(model);
        Speed(data, pipeline, output);
    }

    /// <summary>Personal data in the texts that training and rules have seen, and what stays.</summary>
    public static void PrintSeenIdentifiers(string data, string model, TextWriter output)
    {
        using var pipeline = ClinicalPipeline.Load(model);
        IdentifierTable.Print(Corpora.Presidio(data).Where(d => !Corpora.HeldBack(d.Id)), pipeline, output);
        IdentifierTable.PrintEponyms(pipeline, output);
    }

    private static void Spans(
        string name,
        IEnumerable<GoldDocument> documents,
        ClinicalPipeline pipeline,
        FindingHead head,
        TextWriter output,
        string? only = null
    )
    {
        var all = new Score(name);
        var before = new Calibration($"{name}, the network's own scores");
        var after = new Calibration($"{name}, scores as they are told");
        var types = new SortedDictionary<string, Score>(StringComparer.Ordinal);
        foreach (var document in documents.Where(d => Corpora.HeldBack(d.Id)))
        {
            var gold = document.Spans.Select(s => s with { Code = "" }).ToHashSet();
            var found = new HashSet<Gold>();
            foreach (var finding in pipeline.Analyze(document.Text, head).Findings)
            {
                if (only is not null && finding.Type != only)
                    continue;
                var span = new Gold(finding.Span.Start, finding.Span.End, finding.Type);
                found.Add(span);
                before.Add(finding.RawScore, gold.Contains(span));
                after.Add(finding.Score, gold.Contains(span));
            }
            all.Add(found, gold);
            foreach (var type in gold.Concat(found).Select(s => s.Type).Distinct(StringComparer.Ordinal))
            {
                if (!types.TryGetValue(type, out var score))
                    types[type] = score = new Score($"  {type}");
                score.Add(found.Where(s => s.Type == type).ToHashSet(), gold.Where(s => s.Type == type).ToHashSet());
            }
        }
        output.WriteLine(all);
        if (types.Count > 1)
        {
            foreach (var score in types.Values)
                output.WriteLine(score);
        }
        before.Print(output);
        after.Print(output);
    }

    private static void Negation(IEnumerable<GoldDocument> documents, ClinicalPipeline pipeline, TextWriter output)
    {
        var held = new Score("Negation, NegEx kit, held back");
        var all = new Score("Negation, NegEx kit, whole");
        foreach (var report in documents.GroupBy(d => d.Id, StringComparer.Ordinal))
        {
            int hit = 0,
                extra = 0,
                missed = 0;
            foreach (var document in report)
            {
                var span = document.Spans[0];
                var found = pipeline.Assert(
                    document.Text,
                    [new GivenSpan(new TextSpan(span.Start, span.End), "Problem")]
                );
                var negated = found[0].Assertion == Assertion.Negated;
                var gold = span.Type == "Negated";
                hit += negated && gold ? 1 : 0;
                extra += negated && !gold ? 1 : 0;
                missed += !negated && gold ? 1 : 0;
            }
            all.Add(hit, extra, missed);
            if (Corpora.HeldBack(report.Key))
                held.Add(hit, extra, missed);
        }
        output.WriteLine(held);
        output.WriteLine(all);
    }

    /// <summary>Gold spans of BC5CDR, MeSH at first rank; spans without a MeSH identifier do not count.</summary>
    private static void Linking(IEnumerable<GoldDocument> documents, ClinicalPipeline pipeline, TextWriter output)
    {
        var scores = new SortedDictionary<string, Score>(StringComparer.Ordinal)
        {
            ["Chemical"] = new("MeSH at first rank, Chemical", onlyRecall: true),
            ["Disease"] = new("MeSH at first rank, Disease", onlyRecall: true),
        };
        foreach (var document in documents.Where(d => Corpora.HeldBack(d.Id)))
        {
            var given = document.Spans.Select(s => new GivenSpan(new TextSpan(s.Start, s.End), s.Type)).ToList();
            var found = pipeline.Assert(document.Text, given);
            for (var i = 0; i < given.Count; i++)
            {
                var gold = document.Spans[i];
                if (gold.Code is "-1" or "")
                    continue;
                var first = found[i].Codes.FirstOrDefault(c => c.System.EndsWith("mesh", StringComparison.Ordinal));
                var right = first is not null && gold.Code.Split('|', '+').Contains(first.Code, StringComparer.Ordinal);
                scores[gold.Type].Add(right ? 1 : 0, 0, right ? 0 : 1);
            }
        }
        foreach (var score in scores.Values)
            output.WriteLine(score);
    }

    private static void Speed(string data, ClinicalPipeline pipeline, TextWriter output)
    {
        var texts = Corpora.Maccrobat(data).Where(d => Corpora.HeldBack(d.Id)).Select(d => d.Text).ToList();
        var tokens = texts.Sum(t => Tokenizer.Tokenize(t).Count);
        for (var i = 0; i < 10; i++)
        {
            foreach (var text in texts)
                pipeline.Analyze(text);
        }
        var best = double.MaxValue;
        using var process = Process.GetCurrentProcess();
        for (var i = 0; i < 20; i++)
        {
            // Processor time, so that a busy machine does not count.
            process.Refresh();
            var before = process.TotalProcessorTime;
            foreach (var text in texts)
                pipeline.Analyze(text);
            process.Refresh();
            best = Math.Min(best, (process.TotalProcessorTime - before).TotalSeconds);
        }
        output.WriteLine($"whole pipeline, one thread: {tokens / best:N0} tokens a second of processor time");
    }

    private static long Size(string folder) => new DirectoryInfo(folder).GetFiles().Sum(f => f.Length);
}
