using System.Globalization;
using System.Numerics;
using System.Text.Json;
using MedLedger.Consent.Chain.Abi;
using MedLedger.Crypto.Ethereum;
using MedLedger.Tests;

namespace MedLedger.Consent.Tests.Chain;

/// <summary>Vectors made with another implementation (tests/vectors/ethereum), and their JSON values as ours.</summary>
internal static class EthereumVectors
{
    public static IReadOnlyList<JsonElement> Read(string name)
    {
        using var document = JsonDocument.Parse(
            File.ReadAllBytes(RepositoryRoot.File("tests", "vectors", "ethereum", $"{name}.json"))
        );
        return [.. document.RootElement.Clone().EnumerateArray()];
    }

    public static byte[] Bytes(JsonElement hex) => Convert.FromHexString(hex.GetString()!.AsSpan(2));

    public static EthereumAddress Address(JsonElement text) =>
        EthereumAddress.TryParse(text.GetString(), out var address) ? address : throw new FormatException();

    public static BigInteger Integer(JsonElement number) =>
        BigInteger.Parse(number.ToString(), CultureInfo.InvariantCulture);

    public static object Value(AbiType type, JsonElement json) =>
        type switch
        {
            AbiType.Unsigned or AbiType.Signed => Integer(json),
            AbiType.Boolean => json.GetBoolean(),
            AbiType.Address => Address(json),
            AbiType.FixedBytes or AbiType.DynamicBytes => Bytes(json),
            AbiType.Text => json.GetString()!,
            AbiType.Array array => json.EnumerateArray().Select(item => Value(array.Element, item)).ToArray(),
            AbiType.Tuple tuple => tuple
                .Fields.Zip(json.EnumerateArray(), (field, item) => Value(field.Type, item))
                .ToArray(),
            _ => throw new InvalidOperationException(),
        };
}
