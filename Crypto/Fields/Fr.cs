using System.Globalization;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace MedLedger.Crypto.Fields;

/// <summary>
/// An element of the scalar field of BN254: integers modulo the group order r, the field of circuits and of Baby Jubjub
/// (EIP-197). Always below the modulus, held in Montgomery form. Ring operations take the same time for every value;
/// conversions from and to <see cref="BigInteger"/> and decimal text do not.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
public readonly struct Fr : IEquatable<Fr>, IFieldElement<Fr>
{
    /// <summary>The length of the canonical encoding in bytes.</summary>
    public const int SizeInBytes = 32;

    /// <summary>The value times 2^256 modulo r.</summary>
    internal readonly Limbs Montgomery;

    private Fr(in Limbs montgomery) => Montgomery = montgomery;

    /// <summary>The modulus r.</summary>
    public static BigInteger Modulus { get; } =
        BigInteger.Parse(
            "21888242871839275222246405745257275088548364400416034343698204186575808495617",
            CultureInfo.InvariantCulture
        );

    /// <summary>The neutral element of addition.</summary>
    public static Fr Zero => default;

    /// <summary>The neutral element of multiplication.</summary>
    public static Fr One => new(FrModulus.RadixOne);

    /// <summary>True for zero.</summary>
    public bool IsZero => Montgomery.IsZero;

    /// <summary>The element for a small number.</summary>
    public static Fr From(ulong value) => FromCanonicalUnchecked(new Limbs(value, 0, 0, 0));

    /// <summary>Reads exactly 32 big-endian bytes; false when they are not below r.</summary>
    public static bool TryParseCanonical(ReadOnlySpan<byte> bigEndian32, out Fr value)
    {
        value = default;
        if (bigEndian32.Length != SizeInBytes)
            return false;
        return TryFromCanonical(Limbs.ReadBigEndian(bigEndian32), out value);
    }

    /// <summary>Reads canonical decimal digits (no sign, no leading zero); false when malformed or not below r.</summary>
    public static bool TryParseDecimal(string? text, out Fr value)
    {
        value = default;
        if (text is not { Length: > 0 and <= 77 } || (text.Length > 1 && text[0] == '0'))
            return false;
        foreach (var character in text)
        {
            if (!char.IsAsciiDigit(character))
                return false;
        }
        var number = BigInteger.Parse(text, CultureInfo.InvariantCulture);
        if (number >= Modulus)
            return false;
        value = FromBigInteger(number);
        return true;
    }

    /// <summary>Any number of big-endian bytes modulo r: many inputs share one element, so never use it to parse.</summary>
    public static Fr ReduceModR(ReadOnlySpan<byte> bigEndian) =>
        FromBigInteger(new BigInteger(bigEndian, isUnsigned: true, isBigEndian: true) % Modulus);

    /// <summary>The element for 0 &lt;= value &lt; r.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is negative or not below the modulus.</exception>
    public static Fr FromBigInteger(BigInteger value)
    {
        if (value.Sign < 0 || value >= Modulus)
            throw new ArgumentOutOfRangeException(nameof(value), "The value is not below the modulus.");
        Span<byte> bytes = stackalloc byte[SizeInBytes];
        bytes.Clear();
        value.TryWriteBytes(bytes, out _, isUnsigned: true);
        return FromCanonicalUnchecked(MemoryMarshal.Read<Limbs>(bytes));
    }

    /// <summary>The value as a number in 0 .. r-1.</summary>
    public BigInteger ToBigInteger()
    {
        Span<byte> bytes = stackalloc byte[SizeInBytes];
        WriteBigEndian(bytes);
        return new BigInteger(bytes, isUnsigned: true, isBigEndian: true);
    }

    /// <summary>Writes the canonical 32 big-endian bytes.</summary>
    /// <exception cref="ArgumentException">The destination is shorter than 32 bytes.</exception>
    public void WriteBigEndian(Span<byte> destination)
    {
        if (destination.Length < SizeInBytes)
            throw new ArgumentException("The destination is shorter than 32 bytes.", nameof(destination));
        ToCanonical().WriteBigEndian(destination);
    }

    /// <summary>The canonical 32 big-endian bytes.</summary>
    public byte[] ToBytes()
    {
        var bytes = new byte[SizeInBytes];
        WriteBigEndian(bytes);
        return bytes;
    }

    /// <summary>Decimal digits, as in snarkjs's JSON files.</summary>
    public override string ToString() => ToBigInteger().ToString(CultureInfo.InvariantCulture);

    /// <summary>1/a; zero for zero.</summary>
    public Fr Inverse() => new(Montgomery<FrModulus>.Inverse(Montgomery));

    /// <summary>1/a in a time that depends on a; zero for zero.</summary>
    public Fr InverseVariableTime() => new(BinaryInverse<FrModulus>.Invert(Montgomery));

    /// <summary>a^2.</summary>
    public Fr Square() => new(Montgomery<FrModulus>.Multiply(Montgomery, Montgomery));

    /// <summary>2a.</summary>
    public Fr Double() => new(Montgomery<FrModulus>.Add(Montgomery, Montgomery));

    /// <summary>a + b.</summary>
    public static Fr operator +(in Fr left, in Fr right) =>
        new(Montgomery<FrModulus>.Add(left.Montgomery, right.Montgomery));

    /// <summary>a - b.</summary>
    public static Fr operator -(in Fr left, in Fr right) =>
        new(Montgomery<FrModulus>.Subtract(left.Montgomery, right.Montgomery));

    /// <summary>-a.</summary>
    public static Fr operator -(in Fr value) => new(Montgomery<FrModulus>.Subtract(default, value.Montgomery));

    /// <summary>a * b.</summary>
    public static Fr operator *(in Fr left, in Fr right) =>
        new(Montgomery<FrModulus>.Multiply(left.Montgomery, right.Montgomery));

    /// <summary>Equality, in time that does not depend on the values.</summary>
    public static bool operator ==(in Fr left, in Fr right) => Limbs.AreEqual(left.Montgomery, right.Montgomery);

    /// <summary>Inequality, in time that does not depend on the values.</summary>
    public static bool operator !=(in Fr left, in Fr right) => !(left == right);

    /// <inheritdoc/>
    public bool Equals(Fr other) => this == other;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Fr other && this == other;

    /// <inheritdoc/>
    public override int GetHashCode() => Montgomery.L0.GetHashCode();

    static void IFieldElement<Fr>.Multiply(in Fr a, in Fr b, out Fr result)
    {
        Unsafe.SkipInit(out result);
        Montgomery<FrModulus>.Multiply(a.Montgomery, b.Montgomery, out Unsafe.As<Fr, Limbs>(ref result));
    }

    static void IFieldElement<Fr>.Add(in Fr a, in Fr b, out Fr result)
    {
        Unsafe.SkipInit(out result);
        Montgomery<FrModulus>.Add(a.Montgomery, b.Montgomery, out Unsafe.As<Fr, Limbs>(ref result));
    }

    static void IFieldElement<Fr>.MultiplyAdd(in Fr a, in Fr b, in Fr c, in Fr d, out Fr result)
    {
        Unsafe.SkipInit(out result);
        ref var limbs = ref Unsafe.As<Fr, Limbs>(ref result);
        Montgomery<FrModulus>.MultiplyAdd(a.Montgomery, b.Montgomery, c.Montgomery, d.Montgomery, out limbs);
    }

    static void IFieldElement<Fr>.Subtract(in Fr a, in Fr b, out Fr result)
    {
        Unsafe.SkipInit(out result);
        Montgomery<FrModulus>.Subtract(a.Montgomery, b.Montgomery, out Unsafe.As<Fr, Limbs>(ref result));
    }

    static void IFieldElement<Fr>.Square(in Fr a, out Fr result)
    {
        Unsafe.SkipInit(out result);
        Montgomery<FrModulus>.Multiply(a.Montgomery, a.Montgomery, out Unsafe.As<Fr, Limbs>(ref result));
    }

    /// <summary>The four limbs of the value itself, below the modulus.</summary>
    internal Limbs ToCanonical() => Montgomery<FrModulus>.FromMontgomery(Montgomery);

    /// <summary>The element with these canonical limbs; false when they are not below the modulus.</summary>
    internal static bool TryFromCanonical(in Limbs canonical, out Fr value)
    {
        var reduced = Montgomery<FrModulus>.IsReduced(canonical);
        value = reduced ? FromCanonicalUnchecked(canonical) : default;
        return reduced;
    }

    /// <summary>The element with this Montgomery form; false when the limbs are not below the modulus.</summary>
    internal static bool TryFromMontgomery(in Limbs montgomery, out Fr value)
    {
        var reduced = Montgomery<FrModulus>.IsReduced(montgomery);
        value = reduced ? new Fr(montgomery) : default;
        return reduced;
    }

    /// <summary>The caller knows that the limbs are below the modulus.</summary>
    internal static Fr FromCanonicalUnchecked(in Limbs canonical) => new(Montgomery<FrModulus>.ToMontgomery(canonical));

    /// <summary>The caller knows that the limbs are below the modulus and in Montgomery form.</summary>
    internal static Fr FromMontgomeryUnchecked(in Limbs montgomery) => new(montgomery);

    /// <summary>a^e.</summary>
    internal Fr Power(in Limbs exponent) => new(Montgomery<FrModulus>.Power(Montgomery, exponent));
}

/// <summary>The constants of r.</summary>
internal readonly struct FrModulus : IModulus
{
    public static ulong P0 => 0x43e1f593f0000001;
    public static ulong P1 => 0x2833e84879b97091;
    public static ulong P2 => 0xb85045b68181585d;
    public static ulong P3 => 0x30644e72e131a029;
    public static ulong NegativeInverse => 0xc2e1f593efffffff;
    public static Limbs RadixSquared =>
        new(0x1bb8e645ae216da7, 0x53fe3ab1e35c59e3, 0x8c49833d53bb8085, 0x0216d0b17f4e44a5);
    public static Limbs RadixOne => new(0xac96341c4ffffffb, 0x36fc76959f60cd29, 0x666ea36f7879462e, 0x0e0a77c19a07df2f);
}
