namespace MedLedger.Crypto.Fields;

/// <summary>Square roots in Fq and Fq2, in variable time. q = 3 modulo 4.</summary>
internal static class SquareRoots
{
    public static bool TrySquareRoot(in Fq value, out Fq root)
    {
        root = value.Power(Fq.FromBigInteger((Fq.Modulus + 1) / 4).ToCanonical());
        return root.Square() == value;
    }

    /// <summary>With t^2 = a^2 + b^2: x = sqrt((a +- t)/2), y = b/(2x).</summary>
    public static bool TrySquareRoot(in Fq2 value, out Fq2 root)
    {
        root = default;
        if (value.C1.IsZero && TrySquareRoot(-value.C0, out var imaginary))
        {
            root = new Fq2(Fq.Zero, imaginary);
            return true;
        }
        if (!TrySquareRoot(value.C0.Square() + value.C1.Square(), out var t))
            return false;
        var half = Fq.From(2).Inverse();
        foreach (var norm in new[] { t, -t })
        {
            if (!TrySquareRoot((value.C0 + norm) * half, out var x) || x.IsZero)
                continue;
            root = new Fq2(x, value.C1 * x.Double().Inverse());
            if (root.Square() == value)
                return true;
        }
        return false;
    }
}
