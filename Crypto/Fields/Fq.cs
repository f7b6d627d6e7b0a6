using System.Globalization;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace MedLedger.Crypto.Fields;

/// <summary>
/// An element of the base field of BN254: integers modulo q, the field of the curve's coordinates
/// (EIP-197). Always below the modulus, held in Montgomery form. Ring operations take the same time for every value;
/// conversions from and to <see cref="BigInteger"/> and decimal text do not.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
public readonly struct Fq : IEquatable<Fq>, IFieldElement<Fq>
{
    /// <summary>The length of the canonical encoding in bytes.</summary>
    public const int SizeInBytes = 32;

    /// <summary>The value times 2^256 modulo q.</summary>
    internal readonly Limbs Montgomery;

    private Fq(in Limbs montgomery) => Montgomery = montgomery;

    /// <summary>The modulus q.</summary>
    public static BigInteger Modulus { get; } =
        BigInteger.Parse(
            "21888242871839275222246405745257275088696311157297823662689037894645226208583",
            CultureInfo.InvariantCulture
        );

    /// <summary>The neutral element of addition.</summary>
    public static Fq Zero => default;

    /// <summary>The neutral element of multiplication.</summary>
    public static Fq One => new(FqModulus.RadixOne);

    /// <summary>True for zero.</summary>
    public bool IsZero => Montgomery.IsZero;

    /// <summary>The element for a small number.</summary>
    public static Fq From(ulong value) => FromCanonicalUnchecked(new Limbs(value, 0, 0, 0));

    /// <summary>Reads exactly 32 big-endian bytes; false when they are not below q.</summary>
    public static bool TryParseCanonical(ReadOnlySpan<byte> bigEndian32, out Fq value)
    {
        value = default;
        if (bigEndian32.Length != SizeInBytes)
            return false;
        return TryFromCanonical(Limbs.ReadBigEndian(bigEndian32), out value);
    }

    /// <summary>Reads canonical decimal digits (no sign, no leading zero); false when malformed or not below q.</summary>
    public static bool TryParseDecimal(string? text, out Fq value)
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

    /// <summary>Any number of big-endian bytes modulo q: many inputs share one element, so never use it to parse.</summary>
    public static Fq ReduceModQ(ReadOnlySpan<byte> bigEndian) =>
        FromBigInteger(new BigInteger(bigEndian, isUnsigned: true, isBigEndian: true) % Modulus);

    /// <summary>The element for 0 &lt;= value &lt; q.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is negative or not below the modulus.</exception>
    public static Fq FromBigInteger(BigInteger value)
    {
        if (value.Sign < 0 || value >= Modulus)
            throw new ArgumentOutOfRangeException(nameof(value), "The value is not below the modulus.");
        Span<byte> bytes = stackalloc byte[SizeInBytes];
        bytes.Clear();
        value.TryWriteBytes(bytes, out _, isUnsigned: true);
        return FromCanonicalUnchecked(MemoryMarshal.Read<Limbs>(bytes));
    }

    /// <summary>The value as a number in 0 .. q-1.</summary>
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
    public Fq Inverse() => new(Montgomery<FqModulus>.Inverse(Montgomery));

    /// <summary>1/a in a time that depends on a; zero for zero.</summary>
    public Fq InverseVariableTime() => new(BinaryInverse<FqModulus>.Invert(Montgomery));

    /// <summary>a^2.</summary>
    public Fq Square() => new(Montgomery<FqModulus>.Multiply(Montgomery, Montgomery));

    /// <summary>2a.</summary>
    public Fq Double() => new(Montgomery<FqModulus>.Add(Montgomery, Montgomery));

    /// <summary>a + b.</summary>
    public static Fq operator +(in Fq left, in Fq right) =>
        new(Montgomery<FqModulus>.Add(left.Montgomery, right.Montgomery));

    /// <summary>a - b.</summary>
    public static Fq operator -(in Fq left, in Fq right) =>
        new(Montgomery<FqModulus>.Subtract(left.Montgomery, right.Montgomery));

    /// <summary>-a.</summary>
    public static Fq operator -(in Fq value) => new(Montgomery<FqModulus>.Subtract(default, value.Montgomery));

    /// <summary>a * b.</summary>
    public static Fq operator *(in Fq left, in Fq right) =>
        new(Montgomery<FqModulus>.Multiply(left.Montgomery, right.Montgomery));

    /// <summary>Equality, in time that does not depend on the values.</summary>
    public static bool operator ==(in Fq left, in Fq right) => Limbs.AreEqual(left.Montgomery, right.Montgomery);

    /// <summary>Inequality, in time that does not depend on the values.</summary>
    public static bool operator !=(in Fq left, in Fq right) => !(left == right);

    /// <inheritdoc/>
    public bool Equals(Fq other) => this == other;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Fq other && this == other;

    /// <inheritdoc/>
    public override int GetHashCode() => Montgomery.L0.GetHashCode();

    static void IFieldElement<Fq>.Multiply(in Fq a, in Fq b, out Fq result)
    {
        Unsafe.SkipInit(out result);
        Montgomery<FqModulus>.Multiply(a.Montgomery, b.Montgomery, out Unsafe.As<Fq, Limbs>(ref result));
    }

    static void IFieldElement<Fq>.Add(in Fq a, in Fq b, out Fq result)
    {
        Unsafe.SkipInit(out result);
        Montgomery<FqModulus>.Add(a.Montgomery, b.Montgomery, out Unsafe.As<Fq, Limbs>(ref result));
    }

    static void IFieldElement<Fq>.MultiplyAdd(in Fq a, in Fq b, in Fq c, in Fq d, out Fq result)
    {
        Unsafe.SkipInit(out result);
        ref var limbs = ref Unsafe.As<Fq, Limbs>(ref result);
        Montgomery<FqModulus>.MultiplyAdd(a.Montgomery, b.Montgomery, c.Montgomery, d.Montgomery, out limbs);
    }

    static void IFieldElement<Fq>.Subtract(in Fq a, in Fq b, out Fq result)
    {
        Unsafe.SkipInit(out result);
        Montgomery<FqModulus>.Subtract(a.Montgomery, b.Montgomery, out Unsafe.As<Fq, Limbs>(ref result));
    }

    static void IFieldElement<Fq>.Square(in Fq a, out Fq result)
    {
        Unsafe.SkipInit(out result);
        Montgomery<FqModulus>.Multiply(a.Montgomery, a.Montgomery, out Unsafe.As<Fq, Limbs>(ref result));
    }

    /// <summary>The four limbs of the value itself, below the modulus.</summary>
    internal Limbs ToCanonical() => Montgomery<FqModulus>.FromMontgomery(Montgomery);

    /// <summary>The element with these canonical limbs; false when they are not below the modulus.</summary>
    internal static bool TryFromCanonical(in Limbs canonical, out Fq value)
    {
        var reduced = Montgomery<FqModulus>.IsReduced(canonical);
        value = reduced ? FromCanonicalUnchecked(canonical) : default;
        return reduced;
    }

    /// <summary>The element with this Montgomery form; false when the limbs are not below the modulus.</summary>
    internal static bool TryFromMontgomery(in Limbs montgomery, out Fq value)
    {
        var reduced = Montgomery<FqModulus>.IsReduced(montgomery);
        value = reduced ? new Fq(montgomery) : default;
        return reduced;
    }

    /// <summary>The caller knows that the limbs are below the modulus.</summary>
    internal static Fq FromCanonicalUnchecked(in Limbs canonical) => new(Montgomery<FqModulus>.ToMontgomery(canonical));

    /// <summary>The caller knows that the limbs are below the modulus and in Montgomery form.</summary>
    internal static Fq FromMontgomeryUnchecked(in Limbs montgomery) => new(montgomery);

    /// <summary>a^e.</summary>
    internal Fq Power(in Limbs exponent) => new(Montgomery<FqModulus>.Power(Montgomery, exponent));
}

/// <summary>The constants of q.</summary>
internal readonly struct FqModulus : IModulus
{
    public static ulong P0 => 0x3c208c16d87cfd47;
    public static ulong P1 => 0x97816a916871ca8d;
    public static ulong P2 => 0xb85045b68181585d;
    public static ulong P3 => 0x30644e72e131a029;
    public static ulong NegativeInverse => 0x87d20782e4866389;
    public static Limbs RadixSquared =>
        new(0xf32cfc5b538afa89, 0xb5e71911d44501fb, 0x47ab1eff0a417ff6, 0x06d89f71cab8351f);
    public static Limbs RadixOne => new(0xd35d438dc58f0d9d, 0x0a78eb28f5c70b3d, 0x666ea36f7879462c, 0x0e0a77c19a07df2f);
}
