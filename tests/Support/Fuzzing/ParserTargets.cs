using MedLedger.Crypto.Ceremony;
using MedLedger.Crypto.Groth16;
using MedLedger.Crypto.R1cs;
using MedLedger.Crypto.WitnessCalculation;

namespace MedLedger.Tests.Fuzzing;

/// <summary>A parser of the proving engine under bytes from anywhere, with files that are valid to begin with.</summary>
/// <param name="Name">What it parses.</param>
/// <param name="Seeds">Valid files.</param>
/// <param name="Parse">Parses; true when the bytes were accepted. Throws only when the parser has a fault.</param>
public sealed record ParserTarget(string Name, IReadOnlyList<byte[]> Seeds, Func<byte[], bool> Parse);

/// <summary>The targets that <c>tests/Fuzz</c> runs for hours and the tests for seconds.</summary>
public static class ParserTargets
{
    /// <summary>All targets; files are put into <paramref name="folder"/>.</summary>
    public static IReadOnlyList<ParserTarget> Create(string folder, string vectors)
    {
        var circuit = new Groth16.SmallCircuit(6, 2);
        var key = Path.Combine(folder, "seed.zkey");
        Groth16.KnownTauSetup.Write(circuit.WriteAndLoad(Path.Combine(folder, "seed.r1cs")), key);
        using var witness = circuit.Witness;
        using var wtns = new MemoryStream();
        witness.Write(wtns);
        using var snarkjs = System.Text.Json.JsonDocument.Parse(File.ReadAllBytes(vectors));
        byte[][] Json(string member) =>
            [
                .. snarkjs
                    .RootElement.EnumerateArray()
                    .Where(vector => vector.TryGetProperty("proof", out _)) // the others are refused keys
                    .Select(vector => System.Text.Encoding.UTF8.GetBytes(vector.GetProperty(member).GetRawText())),
            ];

        var proofs = Json("proof");
        var bytes = proofs.Select(proof => SnarkJson.TryReadProof(proof)!.ToBytes()).ToArray();
        return
        [
            new("r1cs", [circuit.ToR1cs()], content => OfFile(folder, content, ConstraintSystem.Load)),
            new("wtns", [wtns.ToArray()], content => OfFile(folder, content, Witness.Load)),
            new("zkey", [File.ReadAllBytes(key)], content => OfFile(folder, content, ProvingKey.Load)),
            new("ptau", [SmallPowers()], content => OfFile(folder, content, PowersOfTau.Load)),
            new(
                "sym",
                ["1,1,0,main.a\n2,-1,0,main.b\n"u8.ToArray()],
                content => OfFile(folder, content, SignalNames.Load)
            ),
            new("proof.json", proofs, content => SnarkJson.TryReadProof(content) is not null),
            new("public.json", Json("public"), content => SnarkJson.TryReadPublicInputs(content) is not null),
            new(
                "verification_key.json",
                Json("verificationKey"),
                content => SnarkJson.TryReadVerifyingKey(content) is not null
            ),
            new(
                "input.json",
                ["{\"a\":[1,\"2\",[-3]]}"u8.ToArray()],
                content => WitnessInputs.TryParse(content) is not null
            ),
            new("proof bytes", bytes, content => Proof.TryParse(content) is not null),
        ];
    }

    /// <summary>Anything but <see cref="InvalidDataException"/> is a fault of the parser.</summary>
    private static bool OfFile<T>(string folder, byte[] content, Func<string, T> load)
    {
        var path = Path.Combine(folder, "input");
        File.WriteAllBytes(path, content);
        try
        {
            (load(path) as IDisposable)?.Dispose();
            return true;
        }
        catch (InvalidDataException)
        {
            return false;
        }
    }

    /// <summary>Powers of tau = 1 up to 2^1, by their lengths alone.</summary>
    private static byte[] SmallPowers()
    {
        var file = new MemoryStream();
        using var writer = new BinaryWriter(file);
        writer.Write("ptau"u8);
        writer.Write(1u);
        writer.Write(6u);
        writer.Write(1u);
        writer.Write(44UL);
        writer.Write(32u);
        writer.Write(Crypto.Fields.Fq.Modulus.ToByteArray(isUnsigned: true));
        writer.Write(1u);
        writer.Write(1u);
        foreach (var (section, length) in new[] { (2u, 3 * 64), (3u, 2 * 128), (4u, 2 * 64), (5u, 2 * 64), (6u, 128) })
        {
            writer.Write(section);
            writer.Write((ulong)length);
            writer.Write(new byte[length]);
        }
        return file.ToArray();
    }
}
