using System.Runtime.InteropServices;
using MedLedger.Crypto.Ceremony;
using MedLedger.Crypto.Curves;
using MedLedger.Crypto.Fields;
using MedLedger.Crypto.Groth16;
using MedLedger.Crypto.R1cs;
using MedLedger.Crypto.WitnessCalculation;

namespace MedLedger.Tests.Fuzzing;

/// <summary>A parser of the proving engine under bytes from anywhere, with files that are valid to begin with.</summary>
/// <param name="Name">What it parses.</param>
/// <param name="Seeds">Valid files.</param>
/// <param name="Parse">Parses; true when the bytes were accepted. Throws only when the parser has a fault.</param>
/// <param name="Scratch">Bytes that the arithmetic behind it may take whatever the file's size.</param>
public sealed record ParserTarget(
    string Name,
    IReadOnlyList<byte[]> Seeds,
    Func<byte[], bool> Parse,
    int Scratch = 100_000
);

/// <summary>The targets that <c>tests/Fuzz</c> runs for hours and the tests for seconds.</summary>
public static class ParserTargets
{
    /// <summary>All targets; files are put into <paramref name="folder"/>.</summary>
    /// <param name="folder">For files.</param>
    /// <param name="vectors">Keys, proofs and inputs of snarkjs.</param>
    /// <param name="contributions">The last section of a key of snarkjs.</param>
    public static IReadOnlyList<ParserTarget> Create(string folder, string vectors, string contributions)
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
            new("ptau", [SmallPowers()], content => OfFile(folder, content, LoadPowers), 2_000_000),
            new("contributions", [File.ReadAllBytes(contributions)], AreContributions, 500_000),
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

    /// <summary>Opens the file and checks every point, as <c>ceremony verify</c> does.</summary>
    private static PowersOfTau LoadPowers(string path)
    {
        var powers = PowersOfTau.Load(path);
        if (powers.FindFault(new(1, CancellationToken.None, vectors: false)) is not { } fault)
            return powers;
        powers.Dispose();
        throw new InvalidDataException(fault);
    }

    /// <summary>The last section of a key, as <c>ceremony verify</c> reads it; hashing a beacon for minutes is no fault.</summary>
    private static bool AreContributions(byte[] content)
    {
        using var cancel = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        try
        {
            var (circuitHash, contributions) = Contribution.ReadAll(content);
            return Contribution.FindFault(circuitHash, contributions, cancel.Token) is null;
        }
        catch (Exception exception) when (exception is InvalidDataException or OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>Powers of tau = 5 up to 2^1, with alpha = 7 and beta = 11: true ones.</summary>
    private static byte[] SmallPowers()
    {
        var (g1, g2) = (G1Affine.Generator, G2Affine.Generator);
        ulong[] tau = [1, 5, 25];
        var file = new MemoryStream();
        using var writer = new BinaryWriter(file);
        writer.Write("ptau"u8);
        writer.Write(1u);
        writer.Write(6u);
        writer.Write(1u);
        writer.Write(44UL);
        writer.Write(32u);
        writer.Write(Fq.Modulus.ToByteArray(isUnsigned: true));
        writer.Write(1u);
        writer.Write(1u);
        void Section<TPoint>(uint type, IEnumerable<TPoint> points)
            where TPoint : unmanaged
        {
            var bytes = MemoryMarshal.AsBytes<TPoint>(points.ToArray());
            writer.Write(type);
            writer.Write((ulong)bytes.Length);
            writer.Write(bytes);
        }
        Section(2, tau.Select(power => (Fr.From(power) * g1).Point));
        Section(3, tau[..2].Select(power => (Fr.From(power) * g2).Point));
        Section(4, tau[..2].Select(power => (Fr.From(7 * power) * g1).Point));
        Section(5, tau[..2].Select(power => (Fr.From(11 * power) * g1).Point));
        Section(6, [(Fr.From(11) * g2).Point]);
        return file.ToArray();
    }
}
