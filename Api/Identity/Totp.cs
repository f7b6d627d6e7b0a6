using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace MedLedger.Api.Identity;

/// <summary>Time-based one-time passwords (RFC 6238): HMAC-SHA-1, six digits, steps of 30 seconds, as authenticator apps make them.</summary>
internal static class Totp
{
    /// <summary>Bytes of a secret (RFC 4226, section 4: 160 bits).</summary>
    public const int SecretSize = 20;

    private const long StepSeconds = 30;
    private const int Digits = 6;
    private const string Base32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

    /// <summary>
    /// The time step whose code this is: the current one or a neighbour, later than <paramref name="lastStep"/>. Null for
    /// a wrong code, and for one that was used.
    /// </summary>
    public static long? Match(ReadOnlySpan<byte> secret, string code, DateTimeOffset now, long lastStep)
    {
        if (code.Length != Digits || !code.All(char.IsAsciiDigit))
            return null;
        var current = now.ToUnixTimeSeconds() / StepSeconds;
        long? found = null;
        // All three are computed, whichever matches.
        for (var step = current - 1; step <= current + 1; step++)
        {
            var expected = Encoding.ASCII.GetBytes(Code(secret, step, Digits));
            if (CryptographicOperations.FixedTimeEquals(expected, Encoding.ASCII.GetBytes(code)) && step > lastStep)
                found = step;
        }
        return found;
    }

    /// <summary>The code of a step: truncate(HMAC-SHA-1(secret, step)) mod 10^digits (RFC 4226, section 5.3).</summary>
    [SuppressMessage(
        "Security",
        "CA5350",
        Justification = "HMAC-SHA-1 is what authenticator apps compute; its HMAC is unbroken."
    )]
    public static string Code(ReadOnlySpan<byte> secret, long step, int digits)
    {
        Span<byte> counter = stackalloc byte[8],
            mac = stackalloc byte[20];
        BinaryPrimitives.WriteInt64BigEndian(counter, step);
        HMACSHA1.HashData(secret, counter, mac);
        var number = BinaryPrimitives.ReadUInt32BigEndian(mac[(mac[^1] & 0xf)..]) & 0x7fff_ffff;
        var modulus = (uint)Math.Pow(10, digits);
        return (number % modulus).ToString(CultureInfo.InvariantCulture).PadLeft(digits, '0');
    }

    /// <summary>The secret as people type it into their app (RFC 4648 base32, without padding).</summary>
    public static string Text(ReadOnlySpan<byte> secret)
    {
        var text = new StringBuilder();
        int bits = 0,
            held = 0;
        foreach (var one in secret)
        {
            bits = ((bits << 8) | one) & 0xfff;
            held += 8;
            while (held >= 5)
            {
                held -= 5;
                text.Append(Base32[(bits >> held) & 31]);
            }
        }
        if (held > 0)
            text.Append(Base32[(bits << (5 - held)) & 31]);
        return text.ToString();
    }
}
