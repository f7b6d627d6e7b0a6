using System.Numerics;
using MedLedger.Crypto.Arithmetic;
using MedLedger.Crypto.Fields;
using MedLedger.Crypto.Groth16;
using MedLedger.Crypto.R1cs;
using MedLedger.Tests.Groth16;

namespace MedLedger.Crypto.Tests.Groth16;

/// <summary>The secrets of a proof: how they are drawn, and that nothing of them stays.</summary>
public sealed class BlindingTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("medledger-blinding-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>
    /// Of 254 random bits reduced modulo r, values below 2^254 - r come twice as often as others: 49% of all. By rejection they
    /// are 32%; with 4,000 values the share differs from that by 9% or more once in 10^33 runs.
    /// </summary>
    [Fact]
    public void Secrets_are_uniform_below_r_and_not_reduced()
    {
        var values = new Fr[4000];
        Blinding.Fill(values);
        Assert.Equal(values.Length, values.Distinct().Count());
        var excess = BigInteger.Pow(2, 254) - Fr.Modulus;
        var share = values.Count(value => value.ToBigInteger() < excess) / (double)values.Length;
        Assert.InRange(share, 0.23, 0.41);
        // Every bit below the two that r bounds is set in half of the values.
        for (var bit = 0; bit < 252; bit++)
            Assert.InRange(values.Count(value => !((value.ToBigInteger() >> bit) & 1).IsZero), 1600, 2400);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void R_and_s_are_zeroed_after_a_proof_and_after_a_failure(bool fails)
    {
        var circuit = new SmallCircuit(20, 1);
        var path = Path.Combine(_folder, "key");
        KnownTauSetup.Write(circuit.WriteAndLoad(Path.Combine(_folder, "r1cs")), path);
        using var key = ProvingKey.Load(path);
        using var witness = circuit.Witness;
        using var cancelled = new CancellationTokenSource();
        if (fails)
            cancelled.Cancel();
        Fr[] blinding = [Fr.From(11), Fr.From(13)];
        Proof? Prove() => Prover.Prove(key, witness, blinding, new WorkCrew(1, cancelled.Token), null);
        if (fails)
            Assert.Throws<OperationCanceledException>(Prove);
        else
            Assert.NotNull(Prove());
        Assert.All(blinding, value => Assert.True(value.IsZero));
    }

    [Fact]
    public void A_witness_is_zeroed_when_it_is_disposed_and_read_no_more()
    {
        var witness = new SmallCircuit(20, 1).Witness;
        var values = witness.Values;
        Assert.Contains(values.ToArray(), value => !Limbs.AreEqual(value, default));
        witness.Dispose();
        Assert.All(values.ToArray(), value => Assert.True(Limbs.AreEqual(value, default)));
        Assert.Throws<ObjectDisposedException>(() => witness[1]);
        Assert.Throws<ObjectDisposedException>(() => witness.PublicInputs(1));
    }
}
