using System.Collections;
using System.Numerics;
using MedLedger.Crypto.Ethereum;
using MedLedger.Crypto.Fields;

namespace MedLedger.Consent.Chain.Abi;

/// <summary>Encodes values for contracts (Solidity documentation, "Formal Specification of the Encoding").</summary>
public static class AbiEncoder
{
    /// <summary>The encoding of a sequence of values, as arguments of a function stand behind its selector.</summary>
    /// <exception cref="ArgumentException">A value does not fit its type.</exception>
    public static byte[] Encode(IReadOnlyList<AbiType> types, IReadOnlyList<object> values)
    {
        var output = new MemoryStream();
        WriteSequence(types, values, output);
        return output.ToArray();
    }

    /// <summary>The 32-byte word of an elementary value.</summary>
    /// <exception cref="ArgumentException">The value does not fit, or the type is not elementary.</exception>
    public static byte[] Word(AbiType type, object value)
    {
        var word = new byte[32];
        switch (type)
        {
            case AbiType.Unsigned unsigned:
                WriteInteger(Integer(value), 0, unsigned.Bits, word, type);
                break;
            case AbiType.Signed signed:
                WriteInteger(Integer(value), -1, signed.Bits - 1, word, type);
                break;
            case AbiType.Boolean when value is bool flag:
                word[31] = flag ? (byte)1 : (byte)0;
                break;
            case AbiType.Address when value is EthereumAddress address:
                address.WriteTo(word.AsSpan(12));
                break;
            case AbiType.FixedBytes bytes:
                var content = Content(value, type);
                if (content.Length != bytes.Length)
                    throw Mismatch(type, value);
                content.CopyTo(word);
                break;
            default:
                throw Mismatch(type, value);
        }
        return word;
    }

    private static void WriteSequence(IReadOnlyList<AbiType> types, IReadOnlyList<object> values, MemoryStream output)
    {
        if (types.Count != values.Count)
            throw new ArgumentException($"{types.Count} values are wanted, {values.Count} were given.", nameof(values));

        var tail = new MemoryStream();
        var headSize = types.Sum(type => type.HeadSize);
        for (var i = 0; i < types.Count; i++)
        {
            if (!types[i].IsDynamic)
            {
                Write(types[i], values[i], output);
                continue;
            }
            output.Write(Bytes32.FromBigInteger(headSize + tail.Length).ToBytes());
            Write(types[i], values[i], tail);
        }
        tail.WriteTo(output);
    }

    private static void Write(AbiType type, object value, MemoryStream output)
    {
        switch (type)
        {
            case AbiType.Tuple tuple:
                WriteSequence([.. tuple.Fields.Select(field => field.Type)], Items(value, type), output);
                break;
            case AbiType.Array array:
                var items = Items(value, type);
                if (array.Length is { } length && length != items.Count)
                    throw Mismatch(type, value);
                if (array.Length is null)
                    output.Write(Bytes32.FromBigInteger(items.Count).ToBytes());
                WriteSequence([.. Enumerable.Repeat(array.Element, items.Count)], items, output);
                break;
            case AbiType.DynamicBytes:
                WriteBytes(Content(value, type), output);
                break;
            case AbiType.Text when value is string text:
                WriteBytes(System.Text.Encoding.UTF8.GetBytes(text), output);
                break;
            default:
                output.Write(Word(type, value));
                break;
        }
    }

    private static void WriteBytes(byte[] content, MemoryStream output)
    {
        output.Write(Bytes32.FromBigInteger(content.Length).ToBytes());
        output.Write(content);
        output.Write(new byte[(32 - (content.Length % 32)) % 32]);
    }

    private static void WriteInteger(BigInteger? value, int sign, int bits, byte[] word, AbiType type)
    {
        var limit = BigInteger.One << bits;
        if (value is not { } number || number >= limit || number < (sign == 0 ? 0 : -limit))
            throw Mismatch(type, value);
        Bytes32.FromBigInteger(number.Sign < 0 ? number + (BigInteger.One << 256) : number).WriteTo(word);
    }

    private static BigInteger? Integer(object value) =>
        value switch
        {
            BigInteger number => number,
            int number => number,
            uint number => number,
            long number => number,
            ulong number => number,
            byte number => number,
            ushort number => number,
            Fr element => element.ToBigInteger(),
            Bytes32 word => word.ToBigInteger(),
            _ => null,
        };

    private static byte[] Content(object value, AbiType type) =>
        value switch
        {
            byte[] bytes => bytes,
            ReadOnlyMemory<byte> bytes => bytes.ToArray(),
            Bytes32 word => word.ToBytes(),
            _ => throw Mismatch(type, value),
        };

    private static IReadOnlyList<object> Items(object value, AbiType type) =>
        value switch
        {
            IReadOnlyList<object> items => items,
            string or byte[] => throw Mismatch(type, value),
            IEnumerable items => [.. items.Cast<object>()],
            _ => throw Mismatch(type, value),
        };

    private static ArgumentException Mismatch(AbiType type, object? value) =>
        new($"A value of type {value?.GetType().Name ?? "null"} does not fit {type.Name}.", nameof(value));
}
