using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Text;
using MedLedger.Crypto.Ethereum;

namespace MedLedger.Consent.Chain.Abi;

/// <summary>
/// Decodes what contracts return, from bytes that are not trusted: every offset, length, padding and range is checked,
/// and overlapping offsets cannot make the result larger than a fixed multiple of the input.
/// </summary>
public static class AbiDecoder
{
    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    /// <summary>Decodes a sequence of values. False when the bytes are not an encoding of these types.</summary>
    public static bool TryDecode(
        IReadOnlyList<AbiType> types,
        ReadOnlyMemory<byte> data,
        [NotNullWhen(true)] out object[]? values
    )
    {
        var reader = new Reader(data.Length);
        return reader.TrySequence(types, data, out values);
    }

    /// <summary>Decodes one elementary value from its word, as an indexed event parameter stands in a topic.</summary>
    public static bool TryDecodeWord(AbiType type, ReadOnlySpan<byte> word, [NotNullWhen(true)] out object? value)
    {
        value = null;
        if (word.Length != 32)
            return false;
        switch (type)
        {
            case AbiType.Unsigned unsigned:
                var number = new BigInteger(word, isUnsigned: true, isBigEndian: true);
                value = number.GetBitLength() <= unsigned.Bits ? number : null;
                break;
            case AbiType.Signed signed:
                var signedNumber = new BigInteger(word, isUnsigned: false, isBigEndian: true);
                value = signedNumber.GetBitLength() < signed.Bits ? signedNumber : null;
                break;
            case AbiType.Boolean:
                value = !word[..31].ContainsAnyExcept((byte)0) && word[31] <= 1 ? word[31] == 1 : null;
                break;
            case AbiType.Address:
                value = word[..12].ContainsAnyExcept((byte)0) ? null : new EthereumAddress(word[12..]);
                break;
            case AbiType.FixedBytes bytes:
                value = word[bytes.Length..].ContainsAnyExcept((byte)0) ? null : word[..bytes.Length].ToArray();
                break;
        }
        return value is not null;
    }

    private sealed class Reader(int inputLength)
    {
        // each value of an honest encoding takes at least a word of its own
        private long _budget = 64 + (inputLength / 16);

        public bool TrySequence(
            IReadOnlyList<AbiType> types,
            ReadOnlyMemory<byte> data,
            [NotNullWhen(true)] out object[]? values
        )
        {
            values = null;
            var results = new object[types.Count];
            var head = 0;
            for (var i = 0; i < results.Length; i++)
            {
                var type = types[i];
                var size = type.HeadSize;
                if (--_budget < 0 || size > data.Length - head)
                    return false;
                var body = data.Slice(head, size);
                if (type.IsDynamic)
                {
                    if (!TryLength(body.Span, data.Length, out var offset))
                        return false;
                    body = data[offset..];
                }
                if (!TryValue(type, body, out var value))
                    return false;
                results[i] = value;
                head += size;
            }
            values = results;
            return true;
        }

        private bool TryValue(AbiType type, ReadOnlyMemory<byte> body, [NotNullWhen(true)] out object? value)
        {
            value = null;
            switch (type)
            {
                case AbiType.Tuple tuple:
                    if (TrySequence([.. tuple.Fields.Select(field => field.Type)], body, out var fields))
                        value = fields;
                    break;
                case AbiType.Array array:
                    if (TryArray(array, body, out var items))
                        value = items;
                    break;
                case AbiType.DynamicBytes:
                    if (TryBytes(body, out var bytes))
                        value = bytes;
                    break;
                case AbiType.Text:
                    if (TryBytes(body, out var utf8))
                        value = Text(utf8);
                    break;
                default:
                    return TryDecodeWord(type, body.Span[..32], out value);
            }
            return value is not null;
        }

        private bool TryArray(AbiType.Array array, ReadOnlyMemory<byte> body, [NotNullWhen(true)] out object[]? items)
        {
            items = null;
            var length = array.Length ?? 0;
            if (array.Length is null)
            {
                if (body.Length < 32 || !TryLength(body.Span[..32], body.Length / 32, out length))
                    return false;
                body = body[32..];
            }
            return length <= _budget && TrySequence([.. Enumerable.Repeat(array.Element, length)], body, out items);
        }

        private bool TryBytes(ReadOnlyMemory<byte> body, [NotNullWhen(true)] out byte[]? content)
        {
            content = null;
            if (body.Length < 32 || !TryLength(body.Span[..32], body.Length - 32, out var length))
                return false;
            var padded = (length + 31) / 32 * 32;
            _budget -= padded / 32;
            if (_budget < 0 || padded > body.Length - 32)
                return false;
            if (body.Span.Slice(32 + length, padded - length).ContainsAnyExcept((byte)0))
                return false;
            content = body.Slice(32, length).ToArray();
            return true;
        }

        private static bool TryLength(ReadOnlySpan<byte> word, int most, out int length)
        {
            var number = new BigInteger(word, isUnsigned: true, isBigEndian: true);
            length = number <= most ? (int)number : 0;
            return number <= most;
        }

        private static string? Text(byte[] utf8)
        {
            try
            {
                return StrictUtf8.GetString(utf8);
            }
            catch (DecoderFallbackException)
            {
                return null;
            }
        }
    }
}
