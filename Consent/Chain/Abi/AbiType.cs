using System.Globalization;
using System.Text.Json;

namespace MedLedger.Consent.Chain.Abi;

/// <summary>
/// A type of the contract ABI (Solidity documentation, "Contract ABI Specification"). Values: BigInteger for integers,
/// bool, EthereumAddress, byte[] for <c>bytesN</c> and <c>bytes</c>, string, object[] for arrays and tuples.
/// </summary>
public abstract record AbiType
{
    private AbiType() { }

    /// <summary>uint8 to uint256.</summary>
    public sealed record Unsigned(int Bits) : AbiType;

    /// <summary>int8 to int256.</summary>
    public sealed record Signed(int Bits) : AbiType;

    /// <summary>bool.</summary>
    public sealed record Boolean : AbiType;

    /// <summary>address.</summary>
    public sealed record Address : AbiType;

    /// <summary>bytes1 to bytes32.</summary>
    public sealed record FixedBytes(int Length) : AbiType;

    /// <summary>bytes.</summary>
    public sealed record DynamicBytes : AbiType;

    /// <summary>string.</summary>
    public sealed record Text : AbiType;

    /// <summary>An array, of fixed length unless <paramref name="Length"/> is null.</summary>
    public sealed record Array(AbiType Element, int? Length) : AbiType;

    /// <summary>A tuple (struct).</summary>
    public sealed record Tuple(IReadOnlyList<AbiParameter> Fields) : AbiType;

    /// <summary>The canonical name, as it stands in signatures.</summary>
    public string Name =>
        this switch
        {
            Unsigned type => $"uint{type.Bits}",
            Signed type => $"int{type.Bits}",
            Boolean => "bool",
            Address => "address",
            FixedBytes type => $"bytes{type.Length}",
            DynamicBytes => "bytes",
            Text => "string",
            Array type => $"{type.Element.Name}[{type.Length?.ToString(CultureInfo.InvariantCulture)}]",
            Tuple type => $"({string.Join(',', type.Fields.Select(item => item.Type.Name))})",
            _ => throw new System.Diagnostics.UnreachableException(),
        };

    /// <summary>Whether the value stands behind an offset.</summary>
    internal bool IsDynamic =>
        this switch
        {
            DynamicBytes or Text => true,
            Array type => type.Length is null || type.Element.IsDynamic,
            Tuple type => type.Fields.Any(item => item.Type.IsDynamic),
            _ => false,
        };

    /// <summary>Bytes in the head of what contains the value.</summary>
    internal int HeadSize =>
        this switch
        {
            { IsDynamic: true } => 32,
            Array type => type.Length!.Value * type.Element.HeadSize,
            Tuple type => type.Fields.Sum(item => item.Type.HeadSize),
            _ => 32,
        };

    /// <summary>Reads a type name such as <c>uint256</c>, <c>bytes32[2][]</c> or <c>(address,uint8)[]</c>.</summary>
    /// <exception cref="FormatException">No such type.</exception>
    public static AbiType Parse(string name)
    {
        if (name.EndsWith(']'))
        {
            var open = name.LastIndexOf('[');
            var digits = open < 0 ? "x" : name[(open + 1)..^1];
            int? length = digits.Length == 0 ? null : ParseNumber(digits, 1, 1 << 20, name);
            return new Array(Parse(name[..open]), length);
        }
        if (name.StartsWith('(') && name.EndsWith(')'))
            return new Tuple([.. SplitTuple(name[1..^1]).Select(inner => new AbiParameter("", Parse(inner), false))]);
        return Elementary(name) ?? throw new FormatException($"'{name}' is no ABI type.");
    }

    /// <summary>Reads the <c>type</c> (and <c>components</c>) of a parameter in the JSON that a compiler writes.</summary>
    internal static AbiType Parse(JsonElement parameter)
    {
        var name = parameter.GetProperty("type").GetString() ?? "";
        if (!name.StartsWith("tuple", StringComparison.Ordinal))
            return Parse(name);
        AbiType type = new Tuple(AbiParameter.ParseAll(parameter.GetProperty("components")));
        foreach (var suffix in name["tuple".Length..].Split('[', StringSplitOptions.RemoveEmptyEntries))
            type = new Array(type, suffix == "]" ? null : ParseNumber(suffix[..^1], 1, 1 << 20, name));
        return type;
    }

    private static AbiType? Elementary(string name) =>
        name switch
        {
            "bool" => new Boolean(),
            "address" => new Address(),
            "bytes" => new DynamicBytes(),
            "string" => new Text(),
            _ when name.StartsWith("uint", StringComparison.Ordinal) => new Unsigned(ParseBits(name[4..], name)),
            _ when name.StartsWith("int", StringComparison.Ordinal) => new Signed(ParseBits(name[3..], name)),
            _ when name.StartsWith("bytes", StringComparison.Ordinal) => new FixedBytes(
                ParseNumber(name[5..], 1, 32, name)
            ),
            _ => null,
        };

    private static int ParseBits(string digits, string name)
    {
        var bits = ParseNumber(digits, 8, 256, name);
        return bits % 8 == 0 ? bits : throw new FormatException($"'{name}' is no ABI type.");
    }

    private static int ParseNumber(string digits, int least, int most, string name) =>
        int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
        && number >= least
        && number <= most
            ? number
            : throw new FormatException($"'{name}' is no ABI type.");

    private static IEnumerable<string> SplitTuple(string inner)
    {
        var depth = 0;
        var start = 0;
        for (var i = 0; i < inner.Length; i++)
        {
            depth += inner[i] switch
            {
                '(' => 1,
                ')' => -1,
                _ => 0,
            };
            if (inner[i] != ',' || depth != 0)
                continue;
            yield return inner[start..i];
            start = i + 1;
        }
        if (inner.Length > 0)
            yield return inner[start..];
    }
}

/// <summary>A named parameter of a function, an event, an error, or a field of a tuple.</summary>
public sealed record AbiParameter(string Name, AbiType Type, bool Indexed)
{
    internal static IReadOnlyList<AbiParameter> ParseAll(JsonElement parameters) =>
        [
            .. parameters
                .EnumerateArray()
                .Select(parameter => new AbiParameter(
                    parameter.TryGetProperty("name", out var name) ? name.GetString() ?? "" : "",
                    AbiType.Parse(parameter),
                    parameter.TryGetProperty("indexed", out var indexed) && indexed.GetBoolean()
                )),
        ];

    internal static string Signature(string name, IReadOnlyList<AbiParameter> parameters) =>
        $"{name}({string.Join(',', parameters.Select(parameter => parameter.Type.Name))})";
}
