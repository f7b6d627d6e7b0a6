using System.Numerics;

namespace MedLedger.Consent.Chain.Abi;

/// <summary>Why a call reverted, read from its return data.</summary>
/// <param name="Name">Name of the custom error, or <c>Error</c> (a reason text), <c>Panic</c>, <c>Empty</c>, <c>Unknown</c>.</param>
/// <param name="Arguments">Its arguments, decoded; null when there are none or they are not readable.</param>
/// <param name="Data">The return data as it came.</param>
public sealed record Revert(string Name, AbiValues? Arguments, ReadOnlyMemory<byte> Data)
{
    private static readonly AbiError[] BuiltIn =
    [
        new("Error", [new AbiParameter("reason", new AbiType.Text(), false)]),
        new("Panic", [new AbiParameter("code", new AbiType.Unsigned(256), false)]),
    ];

    /// <summary>Decodes return data with the errors of the given contracts; a contract may pass on another's error.</summary>
    public static Revert Decode(ReadOnlyMemory<byte> data, IEnumerable<AbiError> errors)
    {
        if (data.IsEmpty)
            return new Revert("Empty", null, data);
        if (data.Length < 4)
            return new Revert("Unknown", null, data);
        foreach (var error in BuiltIn.Concat(errors))
            if (
                error.Selector.Span.SequenceEqual(data.Span[..4])
                && AbiDecoder.TryDecode([.. error.Inputs.Select(input => input.Type)], data[4..], out var values)
            )
                return new Revert(error.Name, new AbiValues(error.Inputs, values), data);
        return new Revert("Unknown", null, data);
    }

    /// <summary>The error as a call, such as <c>NullifierTaken(nullifier: 5)</c>.</summary>
    public override string ToString() =>
        Name switch
        {
            "Unknown" => $"Unknown(0x{Convert.ToHexStringLower(Data.Span[..Math.Min(4, Data.Length)])}..)",
            "Panic" => $"Panic(0x{(BigInteger)Arguments![0]:x})",
            _ => $"{Name}({Arguments})",
        };
}
