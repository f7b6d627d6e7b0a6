using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace MedLedger.Crypto.Ethereum;

/// <summary>An account or contract address: 20 bytes, written in the mixed-case checksum form of EIP-55.</summary>
[StructLayout(LayoutKind.Auto)]
public readonly record struct EthereumAddress
{
    /// <summary>Bytes of an address.</summary>
    public const int Size = 20;

    private readonly UInt128 _high;
    private readonly uint _low;

    /// <summary>Reads 20 bytes.</summary>
    /// <exception cref="ArgumentException">Not 20 bytes.</exception>
    public EthereumAddress(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Size)
            throw new ArgumentException("An address has 20 bytes.", nameof(bytes));
        _high = BinaryPrimitives.ReadUInt128BigEndian(bytes);
        _low = BinaryPrimitives.ReadUInt32BigEndian(bytes[16..]);
    }

    /// <summary>The address of twenty zero bytes.</summary>
    public static EthereumAddress Zero => default;

    /// <summary>Whether all bytes are zero.</summary>
    public bool IsZero => _high == 0 && _low == 0;

    /// <summary>The last 20 bytes of Keccak-256 over the public key's X and Y (64 bytes, big endian).</summary>
    /// <exception cref="ArgumentException">Not 64 bytes.</exception>
    public static EthereumAddress FromPublicKey(ReadOnlySpan<byte> publicKey)
    {
        if (publicKey.Length != 64)
            throw new ArgumentException("A public key has 64 bytes: X and Y.", nameof(publicKey));
        return new EthereumAddress(Keccak256.Hash(publicKey).AsSpan(12));
    }

    /// <summary>
    /// Reads <c>0x</c> and 40 hexadecimal digits. Digits of mixed case must carry a correct EIP-55 checksum;
    /// all lower or all upper case carries none.
    /// </summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out EthereumAddress address)
    {
        address = default;
        if (text is not { Length: 2 + (2 * Size) } || !text.StartsWith("0x", StringComparison.Ordinal))
            return false;

        Span<byte> bytes = stackalloc byte[Size];
        if (
            Convert.FromHexString(text.AsSpan(2), bytes, out _, out var written)
                is not System.Buffers.OperationStatus.Done
            || written != Size
        )
            return false;

        var parsed = new EthereumAddress(bytes);
        var digits = text.AsSpan(2);
        var mixed = digits.ContainsAnyInRange('a', 'f') && digits.ContainsAnyInRange('A', 'F');
        if (mixed && !string.Equals(parsed.ToString(), text, StringComparison.Ordinal))
            return false;

        address = parsed;
        return true;
    }

    /// <summary>Writes the 20 bytes.</summary>
    /// <exception cref="ArgumentException">The destination is shorter.</exception>
    public void WriteTo(Span<byte> destination)
    {
        if (destination.Length < Size)
            throw new ArgumentException("An address has 20 bytes.", nameof(destination));
        BinaryPrimitives.WriteUInt128BigEndian(destination, _high);
        BinaryPrimitives.WriteUInt32BigEndian(destination[16..], _low);
    }

    /// <summary>The 20 bytes.</summary>
    public byte[] ToBytes()
    {
        var bytes = new byte[Size];
        WriteTo(bytes);
        return bytes;
    }

    /// <summary><c>0x</c> and 40 digits, their case the EIP-55 checksum.</summary>
    public override string ToString()
    {
        var digits = Convert.ToHexStringLower(ToBytes());
        var hash = Keccak256.Hash(Encoding.ASCII.GetBytes(digits));
        return string.Create(
            2 + digits.Length,
            (digits, hash),
            static (span, state) =>
            {
                "0x".CopyTo(span);
                for (var i = 0; i < state.digits.Length; i++)
                {
                    var nibble = (state.hash[i / 2] >> (i % 2 == 0 ? 4 : 0)) & 0xF;
                    var digit = state.digits[i];
                    span[2 + i] = nibble >= 8 ? char.ToUpper(digit, CultureInfo.InvariantCulture) : digit;
                }
            }
        );
    }
}
