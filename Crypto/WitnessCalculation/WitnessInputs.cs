using System.Globalization;
using System.Numerics;
using System.Text.Json;
using MedLedger.Crypto.Fields;

namespace MedLedger.Crypto.WitnessCalculation;

/// <summary>The inputs of a circuit as JSON, as circom's and snarkjs's tools take them: {"name": value or (nested) list of values}.</summary>
public static class WitnessInputs
{
    private static readonly JsonDocumentOptions Options = new() { AllowDuplicateProperties = false, MaxDepth = 32 };

    /// <summary>
    /// Reads inputs: integers as decimal strings or JSON numbers, absolute value below r, negative ones modulo r; lists are
    /// flattened. Null when the bytes are something else.
    /// </summary>
    public static IReadOnlyDictionary<string, IReadOnlyList<Fr>>? TryParse(ReadOnlyMemory<byte> utf8)
    {
        try
        {
            using var document = JsonDocument.Parse(utf8, Options);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
                return null;
            var inputs = new Dictionary<string, IReadOnlyList<Fr>>(StringComparer.Ordinal);
            foreach (var property in document.RootElement.EnumerateObject())
            {
                var values = new List<Fr>();
                if (!TryFlatten(property.Value, values))
                    return null;
                inputs.Add(property.Name, values);
            }
            return inputs;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private static bool TryFlatten(JsonElement element, List<Fr> values)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Array:
                foreach (var item in element.EnumerateArray())
                {
                    if (!TryFlatten(item, values))
                        return false;
                }
                return true;
            case JsonValueKind.String:
                return TryAdd(element.GetString()!, values);
            case JsonValueKind.Number:
                return TryAdd(element.GetRawText(), values);
            default:
                return false;
        }
    }

    private static bool TryAdd(string text, List<Fr> values)
    {
        var style = NumberStyles.AllowLeadingSign;
        if (
            text.Length > 80
            || !BigInteger.TryParse(text, style, CultureInfo.InvariantCulture, out var number)
            || BigInteger.Abs(number) >= Fr.Modulus
        )
            return false;
        var value = Fr.FromBigInteger(BigInteger.Abs(number));
        values.Add(number.Sign < 0 ? -value : value);
        return true;
    }
}
