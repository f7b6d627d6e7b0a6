using System.Diagnostics.CodeAnalysis;
using System.Numerics;

namespace MedLedger.Consent.Chain.Transactions;

/// <summary>An item of RLP (Ethereum yellow paper, appendix B): a byte string or a list of items.</summary>
public abstract record RlpItem
{
    private RlpItem() { }

    /// <summary>A byte string.</summary>
    public sealed record Bytes(ReadOnlyMemory<byte> Value) : RlpItem
    {
        /// <summary>The unsigned integer, which must be written without leading zeros; null when it is not.</summary>
        public BigInteger? ToInteger() =>
            Value.Length > 0 && Value.Span[0] == 0
                ? null
                : new BigInteger(Value.Span, isUnsigned: true, isBigEndian: true);
    }

    /// <summary>A list.</summary>
    public sealed record List(IReadOnlyList<RlpItem> Items) : RlpItem;
}

/// <summary>RLP, the encoding of transactions. Reading accepts exactly the one canonical encoding of an item.</summary>
public static class Rlp
{
    private const int DeepestList = 32;

    /// <summary>A byte string item.</summary>
    public static RlpItem Bytes(ReadOnlySpan<byte> value) => new RlpItem.Bytes(value.ToArray());

    /// <summary>An unsigned integer item: big endian without leading zeros, 0 is the empty string.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Negative.</exception>
    public static RlpItem Integer(BigInteger value)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(value);
        return new RlpItem.Bytes(value.IsZero ? [] : value.ToByteArray(isUnsigned: true, isBigEndian: true));
    }

    /// <summary>A list item.</summary>
    public static RlpItem List(params IReadOnlyList<RlpItem> items) => new RlpItem.List(items);

    /// <summary>The encoding of an item.</summary>
    public static byte[] Encode(RlpItem item)
    {
        var output = new MemoryStream();
        Write(item, output);
        return output.ToArray();
    }

    /// <summary>Reads one item that takes up all bytes. False for anything but its canonical encoding.</summary>
    public static bool TryDecode(ReadOnlyMemory<byte> encoded, [NotNullWhen(true)] out RlpItem? item) =>
        TryRead(encoded, DeepestList, out item, out var used) && used == encoded.Length;

    private static void Write(RlpItem item, MemoryStream output)
    {
        switch (item)
        {
            case RlpItem.Bytes { Value: { Length: 1 } one } when one.Span[0] < 0x80:
                output.WriteByte(one.Span[0]);
                break;
            case RlpItem.Bytes text:
                WriteHeader(0x80, text.Value.Length, output);
                output.Write(text.Value.Span);
                break;
            case RlpItem.List list:
                var body = new MemoryStream();
                foreach (var inner in list.Items)
                    Write(inner, body);
                WriteHeader(0xc0, checked((int)body.Length), output);
                body.WriteTo(output);
                break;
        }
    }

    private static void WriteHeader(byte offset, int length, MemoryStream output)
    {
        if (length < 56)
        {
            output.WriteByte((byte)(offset + length));
            return;
        }
        var digits = new BigInteger(length).ToByteArray(isUnsigned: true, isBigEndian: true);
        output.WriteByte((byte)(offset + 55 + digits.Length));
        output.Write(digits);
    }

    private static bool TryRead(
        ReadOnlyMemory<byte> input,
        int depth,
        [NotNullWhen(true)] out RlpItem? item,
        out int used
    )
    {
        item = null;
        used = 0;
        if (input.IsEmpty || depth == 0)
            return false;
        var first = input.Span[0];
        if (first < 0x80)
        {
            item = new RlpItem.Bytes(input[..1]);
            used = 1;
            return true;
        }

        var isList = first >= 0xc0;
        if (!TryReadLength(input.Span, first - (isList ? 0xc0 : 0x80), out var start, out var length))
            return false;
        var payload = input.Slice(start, length);
        used = start + length;
        if (isList)
            return TryReadList(payload, depth, out item);
        if (length == 1 && payload.Span[0] < 0x80)
            return false; // such a byte is its own encoding
        item = new RlpItem.Bytes(payload);
        return true;
    }

    private static bool TryReadLength(ReadOnlySpan<byte> input, int form, out int start, out int length)
    {
        start = 1;
        length = form;
        if (form > 55)
        {
            var digits = form - 55;
            start = 1 + digits;
            length = 0;
            if (digits > 4 || input.Length < start || input[1] == 0)
                return false;
            var value = 0L;
            foreach (var digit in input[1..start])
                value = (value << 8) | digit;
            if (value is < 56 or > int.MaxValue)
                return false;
            length = (int)value;
        }
        return length <= input.Length - start;
    }

    private static bool TryReadList(ReadOnlyMemory<byte> payload, int depth, [NotNullWhen(true)] out RlpItem? item)
    {
        var items = new List<RlpItem>();
        item = null;
        while (!payload.IsEmpty)
        {
            if (!TryRead(payload, depth - 1, out var inner, out var taken))
                return false;
            items.Add(inner);
            payload = payload[taken..];
        }
        item = new RlpItem.List(items);
        return true;
    }
}
