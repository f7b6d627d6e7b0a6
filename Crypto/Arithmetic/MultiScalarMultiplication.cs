using System.Runtime.CompilerServices;
using MedLedger.Crypto.Curves;
using MedLedger.Crypto.Fields;

namespace MedLedger.Crypto.Arithmetic;

/// <summary>
/// Sums of scalar multiples by buckets (Pippenger, 1976; Bernstein, Doumen, Lange, Oosterwijk: "Faster batch forgery
/// identification", 2012) with signed digits. Variable time: the witness could be seen by who measures on the same machine.
/// </summary>
internal static unsafe class MultiScalarMultiplication<TField>
    where TField : unmanaged, IFieldElement<TField>
{
    /// <summary>The sum of scalars[i] * points[i].</summary>
    public static CurvePoint<TField> Sum(
        ReadOnlySpan<AffinePoint<TField>> points,
        ReadOnlySpan<Limbs> scalars,
        WorkCrew crew
    )
    {
        if (points.Length != scalars.Length)
            throw new ArgumentException("There must be as many scalars as points.", nameof(scalars));
        if (points.IsEmpty)
            return default;
        var bits = WindowBits(points.Length);
        var windows = SignedDigits.WindowCount(bits);
        var sums = new CurvePoint<TField>[windows];
        // The spans live until Run returns: lambdas cannot capture them, pointers they can.
        fixed (AffinePoint<TField>* p = points)
        fixed (Limbs* s = scalars)
        {
            var (pointer, scalar, count) = ((nint)p, (nint)s, points.Length);
            crew.Run(
                windows,
                window =>
                {
                    var all = new ReadOnlySpan<AffinePoint<TField>>((void*)pointer, count);
                    var digits = new ReadOnlySpan<Limbs>((void*)scalar, count);
                    sums[window] = SumWindow(all, digits, window, bits, crew.Cancel);
                }
            );
        }
        var total = sums[windows - 1];
        for (var window = windows - 2; window >= 0; window--)
        {
            for (var i = 0; i < bits; i++)
                total = total.Double();
            total += sums[window];
        }
        return total;
    }

    private static CurvePoint<TField> SumWindow(
        ReadOnlySpan<AffinePoint<TField>> points,
        ReadOnlySpan<Limbs> scalars,
        int window,
        int bits,
        CancellationToken cancel
    )
    {
        var buckets = new CurvePoint<TField>[(1 << (bits - 1)) + 1];
        for (var i = 0; i < points.Length; i++)
        {
            if ((i & 1023) == 0)
                cancel.ThrowIfCancellationRequested();
            var digit = SignedDigits.Get(scalars[i], window, bits);
            if (digit > 0)
                buckets[digit] += points[i];
            else if (digit < 0)
                buckets[-digit] += -points[i];
        }
        CurvePoint<TField> running = default,
            sum = default;
        for (var i = buckets.Length - 1; i >= 1; i--)
        {
            running += buckets[i];
            sum += running;
        }
        return sum;
    }

    private static int WindowBits(int count) => Math.Clamp(System.Numerics.BitOperations.Log2((uint)count) - 3, 3, 16);
}
