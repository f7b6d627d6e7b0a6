using System.Diagnostics;
using MedLedger.Crypto.Groth16;
using MedLedger.Tests.Groth16;

namespace MedLedger.Crypto.Tests.Groth16;

/// <summary>Runs after all other tests, alone: it measures the memory of the whole process.</summary>
[CollectionDefinition("memory of the process", DisableParallelization = true)]
public sealed class ProcessMemory;

/// <summary>A server proves for months: what a proof takes it gives back.</summary>
[Collection("memory of the process")]
public sealed class ProverMemoryTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("medledger-memory-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Twenty_proofs_in_a_row_leave_no_memory_behind(bool isServer)
    {
        var circuit = new SmallCircuit(16_000, 1);
        var path = Path.Combine(_folder, "key");
        KnownTauSetup.Write(circuit.WriteAndLoad(Path.Combine(_folder, "r1cs")), path);
        using var key = isServer ? ProvingKey.LoadForManyProofs(path) : ProvingKey.Load(path);
        using var witness = circuit.Witness;
        for (var i = 0; i < 3; i++)
            Assert.NotNull(Prover.Prove(key, witness));
        var (managed, whole) = Measure();
        for (var i = 0; i < 20; i++)
            Assert.NotNull(Prover.Prove(key, witness));
        var (managedAfter, wholeAfter) = Measure();
        // One proof of this size works on 8 MB or more: twenty that stayed would be 160.
        const long Slack = 40_000_000;
        Assert.InRange(managedAfter, 0, managed + Slack);
        Assert.InRange(wholeAfter, 0, whole + 2 * Slack);
    }

    private static (long Managed, long Whole) Measure()
    {
        var managed = GC.GetTotalMemory(forceFullCollection: true);
        using var process = Process.GetCurrentProcess();
        return (managed, process.WorkingSet64);
    }
}
