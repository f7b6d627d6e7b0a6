using System.Text.Json;
using MedLedger.Crypto.Curves;
using MedLedger.Crypto.Fields;

namespace MedLedger.Crypto.Groth16;

/// <summary>
/// Reads snarkjs's JSON files: proof.json, public.json and verification_key.json. Hostile or damaged bytes give null:
/// other protocols or curves, coordinates that are not canonical or not on the curve, points that are not in affine form
/// (third coordinate 1), unknown or double members. Writing: <see cref="SnarkJsonWriter"/>.
/// </summary>
public static class SnarkJson
{
    private const int MaxPublicInputs = 1 << 20;

    private static readonly JsonDocumentOptions Options = new() { AllowDuplicateProperties = false, MaxDepth = 8 };

    /// <summary>Reads proof.json; null when it is no well-formed Groth16 proof over BN254.</summary>
    public static Proof? TryReadProof(ReadOnlyMemory<byte> utf8) =>
        Read(
            utf8,
            root =>
            {
                if (
                    !HasOnly(root, ["pi_a", "pi_b", "pi_c", "protocol", "curve"])
                    || !IsGroth16(root)
                    || !TryG1(root, "pi_a", out var a)
                    || !TryG2(root, "pi_b", out var b)
                    || !TryG1(root, "pi_c", out var c)
                )
                    return null;
                return Proof.TryCreate(a, b, c);
            }
        );

    /// <summary>Reads public.json, a list of decimal strings below r; null when malformed.</summary>
    public static Fr[]? TryReadPublicInputs(ReadOnlyMemory<byte> utf8) =>
        Read(
            utf8,
            root =>
            {
                if (root.ValueKind != JsonValueKind.Array || root.GetArrayLength() > MaxPublicInputs)
                    return null;
                var values = new Fr[root.GetArrayLength()];
                var i = 0;
                foreach (var element in root.EnumerateArray())
                {
                    if (
                        element.ValueKind != JsonValueKind.String
                        || !Fr.TryParseDecimal(element.GetString(), out values[i++])
                    )
                        return null;
                }
                return values;
            }
        );

    /// <summary>
    /// Reads verification_key.json; null when malformed or refused by <see cref="VerifyingKey.TryCreate"/>. The redundant
    /// member vk_alphabeta_12 is not used.
    /// </summary>
    public static VerifyingKey? TryReadVerifyingKey(ReadOnlyMemory<byte> utf8) =>
        Read(
            utf8,
            root =>
            {
                string[] members =
                [
                    "protocol",
                    "curve",
                    "nPublic",
                    "vk_alpha_1",
                    "vk_beta_2",
                    "vk_gamma_2",
                    "vk_delta_2",
                    "vk_alphabeta_12",
                    "IC",
                ];
                if (
                    !HasOnly(root, members)
                    || !IsGroth16(root)
                    || !root.TryGetProperty("nPublic", out var count)
                    || count.ValueKind != JsonValueKind.Number
                    || !count.TryGetInt32(out var publicInputs)
                    || !TryG1(root, "vk_alpha_1", out var alpha)
                    || !TryG2(root, "vk_beta_2", out var beta)
                    || !TryG2(root, "vk_gamma_2", out var gamma)
                    || !TryG2(root, "vk_delta_2", out var delta)
                    || !root.TryGetProperty("IC", out var ic)
                    || ic.ValueKind != JsonValueKind.Array
                    || ic.GetArrayLength() - 1 != publicInputs
                    || publicInputs > MaxPublicInputs
                )
                    return null;
                var points = new G1Affine[ic.GetArrayLength()];
                var i = 0;
                foreach (var element in ic.EnumerateArray())
                {
                    if (!TryG1(element, out points[i++]))
                        return null;
                }
                return VerifyingKey.TryCreate(alpha, beta, gamma, delta, points);
            }
        );

    private static T? Read<T>(ReadOnlyMemory<byte> utf8, Func<JsonElement, T?> read)
        where T : class
    {
        try
        {
            using var document = JsonDocument.Parse(utf8, Options);
            return read(document.RootElement);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: a string that is not UTF-8.
            return null;
        }
    }

    private static bool HasOnly(JsonElement root, ReadOnlySpan<string> members)
    {
        if (root.ValueKind != JsonValueKind.Object)
            return false;
        foreach (var property in root.EnumerateObject())
        {
            if (!members.Contains(property.Name))
                return false;
        }
        return true;
    }

    private static bool IsGroth16(JsonElement root) =>
        IsText(root, "protocol", "groth16") && IsText(root, "curve", "bn128");

    private static bool IsText(JsonElement root, string name, string expected) =>
        root.TryGetProperty(name, out var value)
        && value.ValueKind == JsonValueKind.String
        && value.ValueEquals(expected);

    private static bool TryG1(JsonElement root, string name, out G1Affine point)
    {
        point = default;
        return root.TryGetProperty(name, out var value) && TryG1(value, out point);
    }

    private static bool TryG1(JsonElement value, out G1Affine point)
    {
        point = default;
        return IsList(value, 3)
            && TryFq(value[0], out var x)
            && TryFq(value[1], out var y)
            && TryFq(value[2], out var z)
            && z == Fq.One
            && !(x.IsZero && y.IsZero)
            && G1Affine.TryCreate(x, y, out point);
    }

    private static bool TryG2(JsonElement root, string name, out G2Affine point)
    {
        point = default;
        return root.TryGetProperty(name, out var value)
            && IsList(value, 3)
            && TryFq2(value[0], out var x)
            && TryFq2(value[1], out var y)
            && TryFq2(value[2], out var z)
            && z == Fq2.One
            && !(x.IsZero && y.IsZero)
            && G2Affine.TryCreate(x, y, out point);
    }

    private static bool TryFq2(JsonElement value, out Fq2 element)
    {
        element = default;
        if (!IsList(value, 2) || !TryFq(value[0], out var c0) || !TryFq(value[1], out var c1))
            return false;
        element = new Fq2(c0, c1);
        return true;
    }

    private static bool TryFq(JsonElement value, out Fq element)
    {
        element = default;
        return value.ValueKind == JsonValueKind.String && Fq.TryParseDecimal(value.GetString(), out element);
    }

    private static bool IsList(JsonElement value, int length) =>
        value.ValueKind == JsonValueKind.Array && value.GetArrayLength() == length;
}
