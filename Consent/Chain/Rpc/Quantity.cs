using System.Globalization;
using System.Numerics;
using System.Text.Json;
using MedLedger.Crypto.Ethereum;

namespace MedLedger.Consent.Chain.Rpc;

/// <summary>The hexadecimal forms of JSON-RPC (EIP-1474). What a node sends in another form is a <see cref="JsonException"/>.</summary>
internal static class Quantity
{
    public static string Write(BigInteger number) =>
        number.IsZero ? "0x0" : $"0x{number.ToString("x", CultureInfo.InvariantCulture).TrimStart('0')}";

    public static string Write(ReadOnlySpan<byte> data) => $"0x{Convert.ToHexStringLower(data)}";

    public static BigInteger Integer(JsonElement value)
    {
        var text = value.ValueKind == JsonValueKind.String ? value.GetString()! : "";
        return
            text.Length is > 2 and <= 66
            && text.StartsWith("0x", StringComparison.Ordinal)
            && BigInteger.TryParse(
                $"0{text.AsSpan(2)}",
                NumberStyles.AllowHexSpecifier,
                CultureInfo.InvariantCulture,
                out var number
            )
            ? number
            : throw new JsonException("A node sent something that is no quantity.");
    }

    public static ulong UInt64(JsonElement value)
    {
        var number = Integer(value);
        return number <= ulong.MaxValue ? (ulong)number : throw new JsonException("A node sent too large a quantity.");
    }

    public static byte[] Data(JsonElement value)
    {
        var text = value.ValueKind == JsonValueKind.String ? value.GetString()! : "";
        if (!text.StartsWith("0x", StringComparison.Ordinal))
            throw new JsonException("A node sent something that is no data.");
        try
        {
            return Convert.FromHexString(text.AsSpan(2));
        }
        catch (FormatException problem)
        {
            throw new JsonException("A node sent something that is no data.", problem);
        }
    }

    public static Bytes32 Hash(JsonElement value) =>
        Bytes32.TryParse(value.ValueKind == JsonValueKind.String ? value.GetString() : null, out var hash)
            ? hash
            : throw new JsonException("A node sent something that is no hash.");

    public static EthereumAddress Address(JsonElement value)
    {
        var bytes = Data(value);
        return bytes.Length == EthereumAddress.Size
            ? new EthereumAddress(bytes)
            : throw new JsonException("A node sent something that is no address.");
    }
}
