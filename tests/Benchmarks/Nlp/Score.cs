namespace MedLedger.Benchmarks.Nlp;

/// <summary>
/// Counts of one document, added up and resampled by document for intervals. With <paramref name="onlyRecall"/> nothing is
/// known of what was found beside the right answers.
/// </summary>
internal sealed class Score(string name, bool onlyRecall = false)
{
    private readonly List<(int Hit, int Extra, int Missed)> _documents = [];

    public string Name => name;

    public int Documents => _documents.Count;

    public void Add(int hit, int extra, int missed) => _documents.Add((hit, extra, missed));

    public void Add<T>(IReadOnlySet<T> found, IReadOnlySet<T> gold)
    {
        var hit = found.Count(gold.Contains);
        Add(hit, found.Count - hit, gold.Count - hit);
    }

    public override string ToString()
    {
        var (precision, recall, f1) = Of(_documents);
        var (low, high) = Interval();
        if (onlyRecall)
            return $"{name, -34} {_documents.Count, 5} docs  {"", 9} R {recall, 7:F2}  {"", 10} [{low:F1}, {high:F1}]";
        return $"{name, -34} {_documents.Count, 5} docs  P {precision, 6:F2}  R {recall, 6:F2}  F1 {f1, 6:F2}  [{low:F1}, {high:F1}]";
    }

    private static (double Precision, double Recall, double F1) Of(
        IReadOnlyList<(int Hit, int Extra, int Missed)> documents
    )
    {
        double hit = 0,
            extra = 0,
            missed = 0;
        foreach (var d in documents)
        {
            hit += d.Hit;
            extra += d.Extra;
            missed += d.Missed;
        }
        var precision = 100 * hit / Math.Max(1, hit + extra);
        var recall = 100 * hit / Math.Max(1, hit + missed);
        return (precision, recall, 200 * hit / Math.Max(1, (2 * hit) + extra + missed));
    }

    // 95 percent, a thousand resamples, a fixed sequence (SplitMix64) so that a table can be made again.
    private (double Low, double High) Interval()
    {
        if (_documents.Count == 0)
            return (0, 0);
        ulong state = 1;
        var scores = new double[1000];
        var sample = new (int, int, int)[_documents.Count];
        for (var r = 0; r < scores.Length; r++)
        {
            for (var i = 0; i < sample.Length; i++)
                sample[i] = _documents[(int)(Next(ref state) % (ulong)_documents.Count)];
            scores[r] = onlyRecall ? Of(sample).Recall : Of(sample).F1;
        }
        Array.Sort(scores);
        return (scores[25], scores[975]);
    }

    private static ulong Next(ref ulong state)
    {
        unchecked
        {
            var z = state += 0x9e3779b97f4a7c15;
            z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
            z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
            return z ^ (z >> 31);
        }
    }
}
