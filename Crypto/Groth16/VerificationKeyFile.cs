using System.Text.Json;
using MedLedger.Crypto.Fields;

namespace MedLedger.Crypto.Groth16;

/// <summary>
/// The points of snarkjs's <c>verification_key.json</c> as far as a Solidity verifier needs them. Points of G2 are
/// checked by the chain's pairing precompile, which refuses any outside the group.
/// </summary>
internal sealed record VerificationKeyFile(
    VerificationKeyFile.G1 Alpha,
    VerificationKeyFile.G2 Beta,
    VerificationKeyFile.G2 Gamma,
    VerificationKeyFile.G2 Delta,
    IReadOnlyList<VerificationKeyFile.G1> Ic
)
{
    /// <summary>Affine coordinates of a point of G1.</summary>
    internal sealed record G1(Fq X, Fq Y);

    /// <summary>Affine coordinates of a point of G2: X0 + X1 u, Y0 + Y1 u.</summary>
    internal sealed record G2(Fq X0, Fq X1, Fq Y0, Fq Y1);

    private const int MaxSignals = 256;
    private static readonly Fq CurveB = Fq.From(3);

    public static VerificationKeyFile? TryParse(ReadOnlySpan<byte> json)
    {
        try
        {
            var reader = new Utf8JsonReader(json);
            using var document = JsonDocument.ParseValue(ref reader);
            return reader.Read() ? null : TryRead(document.RootElement);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static VerificationKeyFile? TryRead(JsonElement root)
    {
        if (
            root.ValueKind != JsonValueKind.Object
            || Text(root, "protocol") != "groth16"
            || Text(root, "curve") is not ("bn128" or "bn254")
            || !root.TryGetProperty("nPublic", out var count)
            || count.ValueKind != JsonValueKind.Number
            || !count.TryGetInt32(out var signals)
            || signals is < 1 or > MaxSignals
            || !root.TryGetProperty("IC", out var points)
            || points.ValueKind != JsonValueKind.Array
            || points.GetArrayLength() != signals + 1
        )
            return null;

        var ic = points.EnumerateArray().Select(TryG1).ToList();
        if (
            ic.Contains(null)
            || TryG1(root, "vk_alpha_1") is not { } alpha
            || TryG2(root, "vk_beta_2") is not { } beta
            || TryG2(root, "vk_gamma_2") is not { } gamma
            || TryG2(root, "vk_delta_2") is not { } delta
            || delta == gamma
        )
            return null;
        return new(alpha, beta, gamma, delta, [.. ic.OfType<G1>()]);
    }

    private static string? Text(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;

    private static G1? TryG1(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out var value) ? TryG1(value) : null;

    private static G1? TryG1(JsonElement point) =>
        TryCoordinates(point) is [var x, var y, var z] && z == Fq.One && y * y == x * x * x + CurveB ? new(x, y) : null;

    private static G2? TryG2(JsonElement parent, string name)
    {
        if (
            !parent.TryGetProperty(name, out var point)
            || point.ValueKind != JsonValueKind.Array
            || point.GetArrayLength() != 3
        )
            return null;
        return
            TryCoordinates(point[0]) is [var x0, var x1]
            && TryCoordinates(point[1]) is [var y0, var y1]
            && TryCoordinates(point[2]) is [var z0, var z1]
            && z0 == Fq.One
            && z1.IsZero
            ? new(x0, x1, y0, y1)
            : null;
    }

    /// <summary>Decimal strings below q; null when one is none.</summary>
    private static Fq[]? TryCoordinates(JsonElement array)
    {
        if (array.ValueKind != JsonValueKind.Array)
            return null;
        var coordinates = new Fq[array.GetArrayLength()];
        for (var i = 0; i < coordinates.Length; i++)
            if (
                array[i].ValueKind != JsonValueKind.String
                || !Fq.TryParseDecimal(array[i].GetString(), out coordinates[i])
            )
                return null;
        return coordinates;
    }
}
