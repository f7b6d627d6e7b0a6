using System.Buffers.Binary;
using CsCheck;
using MedLedger.Crypto.Fields;
using MedLedger.Crypto.Groth16;
using MedLedger.Crypto.R1cs;
using MedLedger.Tests.Groth16;

namespace MedLedger.Crypto.Tests.R1cs;

/// <summary>Damaged and hostile r1cs, wtns and zkey files: a clear message or the same meaning, never another exception.</summary>
public sealed class FileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("medledger-files-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_witness_file_round_trips()
    {
        using var witness = new SmallCircuit(10, 2).Witness;
        var bytes = Write(witness);
        using var read = Witness.Load(Save(bytes));
        Assert.Equal(bytes, Write(read));
        Assert.Equal(witness[5], read[5]);
    }

    [Fact]
    public void A_mutated_witness_is_refused_or_another_witness()
    {
        using var witness = new SmallCircuit(20, 2).Witness;
        Mutate(Write(witness), path => Witness.Load(path).Dispose());
    }

    [Fact]
    public void A_mutated_constraint_system_is_refused_or_another_one() =>
        Mutate(new SmallCircuit(20, 2).ToR1cs(), path => ConstraintSystem.Load(path));

    [Fact]
    public void A_mutated_key_is_refused_or_its_proofs_are()
    {
        var circuit = new SmallCircuit(6, 1);
        var path = Path.Combine(_folder, "key");
        KnownTauSetup.Write(circuit.WriteAndLoad(Path.Combine(_folder, "r1cs")), path);
        using var witness = circuit.Witness;
        Mutate(
            File.ReadAllBytes(path),
            file =>
            {
                using var key = ProvingKey.Load(file);
                if (key.SignalCount == witness.Count && Prover.Prove(key, witness, threads: 1) is { } proof)
                    Assert.True(
                        Verifier.Verify(
                            new PreparedVerifyingKey(key.VerifyingKey),
                            proof,
                            witness.PublicInputs(key.PublicCount)
                        )
                    );
            },
            iterations: 60
        );
    }

    [Fact]
    public void Counts_larger_than_the_file_allocate_nothing()
    {
        var r1cs = new SmallCircuit(4, 1).ToR1cs();
        BinaryPrimitives.WriteUInt32LittleEndian(r1cs.AsSpan(24 + 36 + 24), 200_000_000);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<InvalidDataException>(() => ConstraintSystem.Load(Save(r1cs)));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    [Fact]
    public void A_value_that_is_not_below_r_is_refused()
    {
        using var witness = new SmallCircuit(4, 1).Witness;
        var bytes = Write(witness);
        Fr.Modulus.TryWriteBytes(bytes.AsSpan(76 + 64), out _, isUnsigned: true);
        Assert.Throws<InvalidDataException>(() => Witness.Load(Save(bytes)));
    }

    [Fact]
    public void A_witness_that_does_not_start_with_one_is_refused()
    {
        using var witness = new SmallCircuit(4, 1).Witness;
        var bytes = Write(witness);
        bytes[76] = 2;
        Assert.Throws<InvalidDataException>(() => Witness.Load(Save(bytes)));
    }

    [Fact]
    public void A_file_that_is_not_there_is_told_apart() =>
        Assert.Throws<FileNotFoundException>(() => Witness.Load(Path.Combine(_folder, "none")));

    [Fact]
    public void The_violated_constraint_is_found()
    {
        var circuit = new SmallCircuit(12, 1);
        var system = circuit.WriteAndLoad(Path.Combine(_folder, "r1cs"));
        using var witness = circuit.Witness;
        Assert.Null(system.FirstViolation(witness));
        var values = witness.Values.ToArray();
        values[7] = new Limbs(77, 0, 0, 0);
        using var wrong = Witness.FromCanonical(values);
        Assert.Equal(4, system.FirstViolation(wrong));
        Assert.Contains(7, system.SignalsOf(4));
    }

    private void Mutate(byte[] valid, Action<string> load, int iterations = 400)
    {
        var genCut = Gen.Int[0, valid.Length - 1].Select(length => valid[..length]);
        var genByte = Gen.Select(
            Gen.OneOf(Gen.Int[0, Math.Min(150, valid.Length) - 1], Gen.Int[0, valid.Length - 1]),
            Gen.Byte,
            (position, value) =>
            {
                var changed = (byte[])valid.Clone();
                changed[position] = value;
                return changed;
            }
        );
        var genLonger = Gen.Byte.Array[1, 40].Select(more => (byte[])[.. valid, .. more]);
        Gen.OneOf(genCut, genByte, genByte, genByte, genLonger)
            .Sample(
                bytes =>
                {
                    try
                    {
                        load(Save(bytes));
                    }
                    catch (InvalidDataException)
                    {
                        // Refused with a message.
                    }
                },
                iter: iterations,
                threads: 1
            );
    }

    private string Save(byte[] bytes)
    {
        var path = Path.Combine(_folder, "file");
        File.WriteAllBytes(path, bytes);
        return path;
    }

    private static byte[] Write(Witness witness)
    {
        using var stream = new MemoryStream();
        witness.Write(stream);
        return stream.ToArray();
    }
}
