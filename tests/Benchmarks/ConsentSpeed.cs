using System.Diagnostics;
using System.Globalization;

namespace MedLedger.Benchmarks;

/// <summary>
/// <c>-- consent</c>: decisions a second by CPU time of one thread, which a busy machine disturbs little, for the patient
/// of <see cref="ConsentBenchmarks"/> and for more consents and more rules in each: the cost grows with their number.
/// </summary>
internal static class ConsentSpeed
{
    private const int Rounds = 5;

    public static void Print(TextWriter output)
    {
        output.WriteLine("consents  rules each  decisions/s  ns a rule");
        foreach (var (consents, rules) in new[] { (5, 5), (20, 5), (80, 5), (320, 5), (20, 20), (20, 80) })
        {
            var seconds = Measure(new ConsentBenchmarks { Consents = consents, Rules = rules });
            output.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{consents, 8}  {rules, 10}  {1 / seconds, 11:F0}  {seconds / consents / rules * 1e9, 9:F1}"
                )
            );
        }
    }

    /// <summary>CPU seconds of one decision: the median of some rounds after a warm-up.</summary>
    private static double Measure(ConsentBenchmarks one)
    {
        one.Setup();
        var count = 2_000_000 / (one.Consents * one.Rules);
        Run(one, count * 2);
        var times = Enumerable.Range(0, Rounds).Select(_ => Run(one, count)).Order().ToList();
        return times[Rounds / 2] / count;
    }

    private static double Run(ConsentBenchmarks one, int count)
    {
        using var process = Process.GetCurrentProcess();
        var before = process.TotalProcessorTime;
        for (var i = 0; i < count; i++)
            one.Decide();
        process.Refresh();
        return (process.TotalProcessorTime - before).TotalSeconds;
    }
}
