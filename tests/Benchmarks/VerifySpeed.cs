using System.Diagnostics;
using System.Globalization;
using MedLedger.Crypto.Fields;
using MedLedger.Crypto.Groth16;
using MedLedger.Tests.Groth16;

namespace MedLedger.Benchmarks;

/// <summary>
/// <c>-- verify [INPUTS]</c>: milliseconds of processor time to verify one proof with a prepared key, warm, and one of a
/// batch of 100, for a known-tau circuit with that many public inputs (11, as many as the analysis statement has).
/// </summary>
internal static class VerifySpeed
{
    private const int Rounds = 7;
    private const int BatchSize = 100;

    public static void Print(int publicInputs, TextWriter output)
    {
        var folder = Directory.CreateTempSubdirectory("medledger-verify-").FullName;
        try
        {
            var circuit = new SmallCircuit(64, publicInputs);
            var path = Path.Combine(folder, "key");
            KnownTauSetup.Write(circuit.WriteAndLoad(Path.Combine(folder, "r1cs")), path);
            using var key = ProvingKey.Load(path);
            using var witness = circuit.Witness;
            var proof = Prover.Prove(key, witness)!;
            // Inputs of full length: most of those of a statement are hashes.
            var inputs = Enumerable.Range(1, publicInputs).Select(i => Fr.From((ulong)i).Inverse()).ToArray();
            var preparing = Measure(1, () => _ = new PreparedVerifyingKey(key.VerifyingKey));
            var prepared = new PreparedVerifyingKey(key.VerifyingKey);
            var one = Measure(100, () => _ = Verifier.Verify(prepared, proof, inputs));
            var statements = Enumerable.Repeat((proof, (IReadOnlyList<Fr>)inputs), BatchSize).ToList();
            var batch = Measure(2, () => _ = BatchVerifier.VerifyBatch(prepared, statements)) / BatchSize;
            output.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"preparing a key {preparing:F1} ms, one proof {one:F2} ms, each of a batch of {BatchSize} {batch:F2} ms: {one / batch:F1} times less"
                )
            );
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Milliseconds of processor time of one call: the median of some rounds after a warm-up.</summary>
    private static double Measure(int count, Action call)
    {
        Run(3 * count, call);
        Thread.Sleep(300); // the compiler's second tier
        Run(3 * count, call);
        return Enumerable.Range(0, Rounds).Select(_ => Run(count, call)).Order().ElementAt(Rounds / 2);
    }

    private static double Run(int count, Action call)
    {
        using var process = Process.GetCurrentProcess();
        var before = process.UserProcessorTime;
        for (var i = 0; i < count; i++)
            call();
        process.Refresh();
        return (process.UserProcessorTime - before).TotalMilliseconds / count;
    }
}
