using MedLedger.Crypto.Arithmetic;
using MedLedger.Crypto.Fields;
using MedLedger.Crypto.Groth16;
using MedLedger.Crypto.R1cs;
using MedLedger.Tests.Groth16;

namespace MedLedger.Crypto.Tests.Groth16;

public sealed class ProverTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("medledger-prover-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>Shapes: one constraint, no public input, many, one below and one above a power of two, all values 0 or 1.</summary>
    [Theory]
    [InlineData(1, 1, false)]
    [InlineData(1, 0, false)]
    [InlineData(2, 1, false)]
    [InlineData(3, 40, false)]
    [InlineData(61, 1, false)]
    [InlineData(62, 1, false)]
    [InlineData(63, 1, false)]
    [InlineData(255, 0, false)]
    [InlineData(300, 100, false)]
    [InlineData(200, 3, true)]
    [InlineData(3000, 2, false)]
    public void A_proof_verifies_and_for_these_inputs_alone(int constraints, int publicInputs, bool small)
    {
        var (key, witness) = Make(constraints, publicInputs, small);
        using (key)
        using (witness)
        {
            var proof = Prover.Prove(key, witness);
            Assert.NotNull(proof);
            var inputs = witness.PublicInputs(publicInputs);
            var prepared = new PreparedVerifyingKey(key.VerifyingKey);
            Assert.True(Verifier.Verify(prepared, proof, inputs));
            for (var i = 0; i < publicInputs; i++)
            {
                var other = (Fr[])inputs.Clone();
                other[i] += Fr.One;
                Assert.False(Verifier.Verify(prepared, proof, other));
            }
        }
    }

    [Fact]
    [Trait("threat", "lying witness")]
    public void A_witness_that_breaks_a_constraint_gives_no_proof()
    {
        var (key, witness) = Make(30, 1, false);
        using (key)
        using (witness)
        {
            for (var i = 1; i < witness.Count; i += 5)
            {
                var values = witness.Values.ToArray();
                values[i] = new Limbs(12345, 0, 0, 0);
                using var wrong = Witness.FromCanonical(values);
                Assert.Null(Prover.Prove(key, wrong));
            }
        }
    }

    [Fact]
    public void Two_proofs_of_one_witness_share_no_point()
    {
        var (key, witness) = Make(10, 1, false);
        using (key)
        using (witness)
        {
            var (first, second) = (Prover.Prove(key, witness)!, Prover.Prove(key, witness)!);
            Assert.NotEqual(first.A, second.A);
            Assert.NotEqual(first.B, second.B);
            Assert.NotEqual(first.C, second.C);
        }
    }

    [Fact]
    public void A_witness_of_another_circuit_is_a_mistake_of_the_caller()
    {
        var (key, witness) = Make(10, 1, false);
        using (key)
        using (witness)
        using (var other = new SmallCircuit(11, 1).Witness)
            Assert.Throws<ArgumentException>(() => Prover.Prove(key, other));
    }

    [Fact]
    public void Progress_grows_to_one()
    {
        var (key, witness) = Make(100, 1, false);
        using (key)
        using (witness)
        {
            var told = new List<double>();
            Assert.NotNull(Prover.Prove(key, witness, new Recorder(told.Add)));
            Assert.InRange(told.Count, 5, 100);
            Assert.Equal(told.Order(), told);
            Assert.InRange(told[0], 0, 0.5);
            Assert.Equal(1, told[^1]);
        }
    }

    /// <summary>Cancelled at each report but the last, the work ends before the next: no stage runs to its end unheard.</summary>
    [Fact]
    public void Cancelling_is_noticed_in_every_stage()
    {
        var (key, witness) = Make(300, 1, false);
        using (key)
        using (witness)
        {
            var stages = 0;
            Assert.NotNull(Prover.Prove(key, witness, new Recorder(_ => stages++)));
            for (var stage = 0; stage < stages - 1; stage++)
            {
                using var cancelled = new CancellationTokenSource();
                if (stage == 0)
                    cancelled.Cancel();
                var reports = 0;
                var progress = new Recorder(_ =>
                {
                    if (++reports == stage)
                        cancelled.Cancel();
                });
                Assert.Throws<OperationCanceledException>(() =>
                    Prover.Prove(key, witness, progress, cancel: cancelled.Token)
                );
                Assert.Equal(stage, reports);
            }
        }
    }

    /// <summary>While every thread of the pool waits, a proof on two threads is made all the same.</summary>
    [Fact]
    public void A_proof_needs_no_thread_of_the_pool()
    {
        var (key, witness) = Make(1000, 1, false);
        using (key)
        using (witness)
        using (var release = new ManualResetEventSlim())
        {
            Proof? proof = null;
            var prover = new Thread(() => proof = Prover.Prove(key, witness, threads: 2));
            var blocked = ThreadPool.ThreadCount + 8;
            using var done = new CountdownEvent(blocked);
            for (var i = 0; i < blocked; i++)
            {
                ThreadPool.UnsafeQueueUserWorkItem(
                    _ =>
                    {
                        release.Wait();
                        done.Signal();
                    },
                    null
                );
            }
            prover.Start();
            var finished = prover.Join(TimeSpan.FromSeconds(60));
            release.Set();
            done.Wait();
            Assert.True(finished);
            Assert.NotNull(proof);
        }
    }

    [Fact]
    public void Every_number_of_threads_gives_the_same_points() => Assert.Single(ProofsOnThreads(vectors: false));

    [Fact]
    public void Memory_that_is_used_again_changes_no_point() => ProveInOldMemory(vectors: false);

    [VectorFact]
    public void Memory_that_is_used_again_changes_no_point_on_eight_lanes() => ProveInOldMemory(vectors: true);

    /// <summary>Memory of an earlier proof holds its public points: nobody may take it for zeros.</summary>
    private void ProveInOldMemory(bool vectors)
    {
        // Above 13,000 points every block is a mapping.
        var (key, witness) = Make(16_000, 1, false);
        using (key)
        using (witness)
        {
            var (r, s) = (Fr.From(11), Fr.From(13));
            using var memory = new BlockPool();
            Proof Prove(BlockPool? memory) =>
                Prover.ProveUnverified(key, witness.Values, r, s, new(2, default, vectors, memory), null)!;
            var expected = Prove(null);
            Assert.Equal(expected, Prove(memory));
            Assert.Equal(expected, Prove(memory));
        }
    }

    [Fact]
    public void A_key_for_many_proofs_gives_valid_ones_at_once_and_refuses_a_lying_witness()
    {
        var (few, witness) = Make(3000, 2, false);
        few.Dispose();
        using (witness)
        using (var key = ProvingKey.LoadForManyProofs(Path.Combine(_folder, "key")))
        {
            var proofs = new Proof?[4];
            Parallel.For(0, proofs.Length, i => proofs[i] = Prover.Prove(key, witness));
            var prepared = new PreparedVerifyingKey(key.VerifyingKey);
            Assert.All(proofs, proof => Assert.True(Verifier.Verify(prepared, proof!, witness.PublicInputs(2))));
            Assert.Equal(proofs.Length, proofs.Distinct().Count());

            var values = witness.Values.ToArray();
            values[^1] = new Limbs(12345, 0, 0, 0);
            using var wrong = Witness.FromCanonical(values);
            Assert.Null(Prover.Prove(key, wrong));
            Assert.NotNull(Prover.Prove(key, witness));
        }
    }

    [VectorFact]
    public void Both_paths_give_the_same_points() =>
        Assert.Single(ProofsOnThreads(vectors: true).Concat(ProofsOnThreads(vectors: false)).Distinct());

    private HashSet<Proof> ProofsOnThreads(bool vectors)
    {
        var (key, witness) = Make(3000, 1, false);
        using (key)
        using (witness)
        {
            var (r, s) = (Fr.From(11), Fr.From(13));
            return new[] { 1, 2, 3, 8 }
                .Select(threads =>
                    Prover.ProveUnverified(key, witness.Values, r, s, new(threads, default, vectors), null)!
                )
                .ToHashSet();
        }
    }

    private (ProvingKey Key, Witness Witness) Make(int constraints, int publicInputs, bool small)
    {
        var circuit = new SmallCircuit(constraints, publicInputs, small);
        var path = Path.Combine(_folder, "key");
        KnownTauSetup.Write(circuit.WriteAndLoad(Path.Combine(_folder, "r1cs")), path);
        return (ProvingKey.Load(path), circuit.Witness);
    }

    private sealed class Recorder(Action<double> told) : IProgress<double>
    {
        public void Report(double value) => told(value);
    }
}
