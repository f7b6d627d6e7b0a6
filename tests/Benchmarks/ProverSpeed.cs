using System.Diagnostics;
using System.Globalization;
using MedLedger.Crypto.Arithmetic;
using MedLedger.Crypto.Fields;
using MedLedger.Crypto.Groth16;
using MedLedger.Crypto.R1cs;
using MedLedger.Tests.Groth16;

namespace MedLedger.Benchmarks;

/// <summary>
/// <c>prover ZKEY WITNESS</c>: proofs in one process with the key loaded, as a server makes them, on one and on two threads,
/// beside what the machine itself gives on two, and how long a cancelled proof still runs. <c>warm ZKEY WITNESS</c>: seconds of wall and of processor time on two threads,
/// for <c>prover.sh</c>. <c>growth [POWER ...]</c>: the first table for 2^12 to 2^18 constraints.
/// </summary>
internal static class ProverSpeed
{
    private const int Rounds = 5;

    public static bool TryRun(string[] arguments, TextWriter output)
    {
        switch (arguments)
        {
            case ["prover", var zkey, var witnessFile]:
            {
                using var key = ProvingKey.LoadForManyProofs(zkey);
                using var witness = Witness.Load(witnessFile);
                PrintHeader(output);
                Print(key, witness, output);
                Print(
                    output,
                    $"a loop that shares nothing: {MachineScaling():F2} times as much on two threads as on one"
                );
                Print(output, $"cancelled proofs ran on for {Overrun(key, witness):F1} ms at most");
                return true;
            }
            case ["warm", var zkey, var witnessFile]:
            {
                using var key = ProvingKey.LoadForManyProofs(zkey);
                using var witness = Witness.Load(witnessFile);
                Measure(key, witness, 2);
                Thread.Sleep(300); // the compiler's second tier
                Measure(key, witness, 2);
                var times = Enumerable.Range(0, Rounds).Select(_ => Measure(key, witness, 2)).ToList();
                var (wall, cpu) = (Median(times.Select(time => time.Wall)), Median(times.Select(time => time.Cpu)));
                Print(output, $"{wall / 1000:F3} {cpu / 1000:F3}");
                return true;
            }
            case ["growth", .. var powers]:
                PrintHeader(output);
                if (powers is [])
                    powers = ["12", "13", "14", "15", "16", "17", "18"];
                foreach (var power in powers)
                    Grow(int.Parse(power, CultureInfo.InvariantCulture), output);
                return true;
            default:
                return false;
        }
    }

    private static void Grow(int power, TextWriter output)
    {
        var folder = Directory.CreateTempSubdirectory("medledger-growth-").FullName;
        try
        {
            // The domain also holds the public signals: a little below the power stays inside it.
            var circuit = new SmallCircuit((1 << power) - 4, 1);
            var path = Path.Combine(folder, "key");
            KnownTauSetup.Write(circuit.WriteAndLoad(Path.Combine(folder, "r1cs")), path);
            using var key = ProvingKey.LoadForManyProofs(path);
            using var witness = circuit.Witness;
            Print(key, witness, output);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void PrintHeader(TextWriter output)
    {
        output.WriteLine(
            "| domain | one thread, wall ms | two threads, wall ms | ratio | CPU ms | us of CPU a constraint |"
        );
        output.WriteLine("|---|---|---|---|---|---|");
    }

    private static void Print(ProvingKey key, Witness witness, TextWriter output)
    {
        Measure(key, witness, 2);
        // Alternately: a machine that slows down slows both.
        var (one, two) = (new List<(double Wall, double Cpu)>(), new List<(double Wall, double Cpu)>());
        for (var round = 0; round < Rounds; round++)
        {
            one.Add(Measure(key, witness, 1));
            two.Add(Measure(key, witness, 2));
        }
        var (wall1, wall2) = (Median(one.Select(time => time.Wall)), Median(two.Select(time => time.Wall)));
        var cpu = Median(two.Select(time => time.Cpu));
        Print(
            output,
            $"| {key.DomainSize} | {wall1:F0} | {wall2:F0} | {wall1 / wall2:F2} | {cpu:F0} | {cpu * 1000 / key.DomainSize:F1} |"
        );
    }

    private static (double Wall, double Cpu) Measure(ProvingKey key, Witness witness, int threads)
    {
        var before = Environment.CpuUsage.TotalTime;
        var watch = Stopwatch.StartNew();
        if (Prover.Prove(key, witness, threads: threads) is null)
            throw new InvalidOperationException("The witness does not satisfy the key's circuit.");
        return (watch.Elapsed.TotalMilliseconds, (Environment.CpuUsage.TotalTime - before).TotalMilliseconds);
    }

    /// <summary>What two threads do in a given time over what one does, when each multiplies numbers of its own on the path that proofs take.</summary>
    private static double MachineScaling()
    {
        return Enumerable.Range(0, Rounds).Select(_ => 2 * Loops(1) / Loops(2)).Order().ElementAt(Rounds / 2);

        static double Loops(int count)
        {
            var threads = Enumerable.Range(0, count).Select(_ => new Thread(Multiply)).ToList();
            var watch = Stopwatch.StartNew();
            threads.ForEach(thread => thread.Start());
            threads.ForEach(thread => thread.Join());
            return watch.Elapsed.TotalMilliseconds;
        }

        static void Multiply()
        {
            if (WorkCrew.VectorsAreSupported)
                MultiplyLanes<Fr8>();
            else
                MultiplyLanes<ScalarLane<Fr>>();
        }

        // Four chains, so that products and not their latency fill the processor, as in a sum of points.
        static void MultiplyLanes<TLanes>()
            where TLanes : unmanaged, ITransformLanes<TLanes, Fr>
        {
            TLanes.Broadcast(Fr.From(7).Inverse(), out var factor);
            var (a, b, c, d) = (factor, factor, factor, factor);
            for (var i = 0; i < 4_000_000; i++)
            {
                TLanes.Multiply(a, factor, out a);
                TLanes.Multiply(b, factor, out b);
                TLanes.Multiply(c, factor, out c);
                TLanes.Multiply(d, factor, out d);
            }
            TLanes.Add(a, b, out a);
            TLanes.Add(c, d, out c);
            GC.KeepAlive((a, c));
        }
    }

    /// <summary>The longest time between a cancellation, at forty moments of a proof, and its end.</summary>
    private static double Overrun(ProvingKey key, Witness witness)
    {
        const int Moments = 40;
        var whole = Measure(key, witness, 2).Wall;
        var longest = 0.0;
        for (var moment = 0; moment < Moments; moment++)
        {
            using var cancel = new CancellationTokenSource();
            var cancelled = 0L;
            var delay = TimeSpan.FromMilliseconds(whole * moment / Moments);
            var canceller = new Thread(() =>
            {
                Thread.Sleep(delay);
                cancelled = Stopwatch.GetTimestamp();
                cancel.Cancel();
            });
            canceller.Start();
            try
            {
                Prover.Prove(key, witness, threads: 2, cancel: cancel.Token);
            }
            catch (OperationCanceledException) { }
            var end = Stopwatch.GetTimestamp();
            canceller.Join();
            longest = Math.Max(longest, Stopwatch.GetElapsedTime(cancelled, end).TotalMilliseconds);
        }
        return longest;
    }

    private static double Median(IEnumerable<double> values) => values.Order().ElementAt(Rounds / 2);

    private static void Print(TextWriter output, FormattableString line) =>
        output.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}
