namespace MedLedger.Benchmarks.Nlp;

/// <summary>Whether a finding with a score of 0.8 is right eight times of ten: reliability by bins of a tenth.</summary>
internal sealed class Calibration(string name)
{
    private const int Bins = 10;
    private readonly (int Count, int Right, double Sum)[] _bins = new (int, int, double)[Bins];

    public void Add(double score, bool right)
    {
        ref var bin = ref _bins[Math.Min(Bins - 1, (int)(score * Bins))];
        bin = (bin.Count + 1, bin.Right + (right ? 1 : 0), bin.Sum + score);
    }

    /// <summary>Mean difference between score and share of right findings, weighted by findings.</summary>
    public double ExpectedError => _bins.Sum(b => Math.Abs(b.Right - b.Sum)) / Math.Max(1, _bins.Sum(b => b.Count));

    public void Print(TextWriter output)
    {
        output.WriteLine($"Calibration of {name}: expected error {ExpectedError:F3}");
        for (var i = 0; i < Bins; i++)
        {
            var (count, right, sum) = _bins[i];
            if (count > 0)
                output.WriteLine(
                    $"  score {i / 10.0:F1}-{(i + 1) / 10.0:F1} {count, 20} findings, mean score {sum / count:F2}, right {(double)right / count:F2}"
                );
        }
    }
}
