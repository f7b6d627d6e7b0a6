using System.Text.Json;
using MedLedger.Crypto.Curves;
using MedLedger.Crypto.Fields;

namespace MedLedger.Crypto.Tests.Verifiers;

/// <summary>
/// A key by the scalars of its points, so that proofs of anything can be made for it (Groth 2016, section 3.2: the simulator);
/// 0 is the point at infinity, 1 the generator. Two public inputs.
/// </summary>
internal sealed record Trapdoor(Fr Alpha, Fr Beta, Fr Gamma, Fr Delta, Fr Constant, Fr First, Fr Second)
{
    /// <summary>One that nothing speaks against.</summary>
    public static Trapdoor Sound { get; } =
        new(Secret(2), Secret(3), Secret(4), Secret(5), Secret(6), Secret(7), Secret(8));

    /// <summary>Any A and B, and the C that the equation demands: (ab - alpha beta - gamma L) / delta.</summary>
    public Statement Simulate(Fr a, Fr b, params Fr[] inputs)
    {
        var c = (a * b - Alpha * Beta - Gamma * Combine(inputs)) * Delta.Inverse();
        return Tell(inputs, a * G1Affine.Generator, b * G2Affine.Generator, c * G1Affine.Generator);
    }

    /// <summary>A statement with any proof.</summary>
    public Statement Tell(Fr[] inputs, in G1Affine a, in G2Affine b, in G1Affine c) =>
        new(Key(), Text(inputs.Select(input => input.ToString())), ProofText(Text(a), Text(b), Text(c)));

    /// <summary>The point that stands for the public inputs: what everybody can compute.</summary>
    public G1Affine InputPoint(params Fr[] inputs) => Combine(inputs) * G1Affine.Generator;

    /// <summary>proof.json with points that are already text.</summary>
    public static string ProofText(string a, string b, string c) =>
        $$"""{"pi_a":{{a}},"pi_b":{{b}},"pi_c":{{c}},"protocol":"groth16","curve":"bn128"}""";

    /// <summary>A point as snarkjs writes it.</summary>
    public static string Text(in G1Affine point) =>
        point.IsInfinity ? Text(["0", "1", "0"]) : Text([point.X.ToString(), point.Y.ToString(), "1"]);

    /// <summary>A point as snarkjs writes it.</summary>
    public static string Text(in G2Affine point) =>
        point.IsInfinity ? "[[\"0\",\"0\"],[\"1\",\"0\"],[\"0\",\"0\"]]" : Text(point.X, point.Y);

    /// <summary>A point of G2 by its coordinates, on the curve or not.</summary>
    public static string Text(in Fq2 x, in Fq2 y) =>
        $"[{Text([x.C0.ToString(), x.C1.ToString()])},{Text([y.C0.ToString(), y.C1.ToString()])},[\"1\",\"0\"]]";

    private static string Text(IEnumerable<string> numbers) => JsonSerializer.Serialize(numbers);

    private static Fr Secret(ulong seed) => Fr.From(seed + 1000).Inverse();

    private Fr Combine(Fr[] inputs) => Constant + inputs[0] * First + inputs[1] * Second;

    private string Key()
    {
        var (g1, g2) = (G1Affine.Generator, G2Affine.Generator);
        var points = string.Join(',', new[] { Constant, First, Second }.Select(scalar => Text(scalar * g1)));
        return $$"""
            {"protocol":"groth16","curve":"bn128","nPublic":2,"vk_alpha_1":{{Text(Alpha * g1)}},
            "vk_beta_2":{{Text(Beta * g2)}},"vk_gamma_2":{{Text(Gamma * g2)}},"vk_delta_2":{{Text(Delta * g2)}},
            "IC":[{{points}}]}
            """;
    }
}
