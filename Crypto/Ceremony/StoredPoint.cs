using MedLedger.Crypto.Arithmetic;
using MedLedger.Crypto.Curves;
using MedLedger.Crypto.Fields;

namespace MedLedger.Crypto.Ceremony;

/// <summary>Points as zkey and ptau files store them: coordinates in Montgomery form, nothing of them trusted.</summary>
internal static class StoredPoint
{
    private const int Piece = 4096;

    /// <exception cref="InvalidDataException">The coordinates are not canonical or not on the curve.</exception>
    public static G1Affine ToG1(in AffinePoint<Fq> stored) =>
        IsValid(stored)
            ? G1Affine.FromUnchecked(stored)
            : throw new InvalidDataException("A point of G1 is not valid.");

    /// <exception cref="InvalidDataException">The coordinates are not canonical, or the point is not in G2.</exception>
    public static G2Affine ToG2(in AffinePoint<Fq2> stored) =>
        IsOnCurve(stored) && (stored.IsInfinity || G2Affine.IsInSubgroup(stored))
            ? G2Affine.FromUnchecked(stored)
            : throw new InvalidDataException("A point of G2 is not valid.");

    /// <summary>True when all points are canonical and on the curve, which is G1.</summary>
    public static unsafe bool AreValid(ReadOnlySpan<AffinePoint<Fq>> points, WorkCrew crew)
    {
        fixed (AffinePoint<Fq>* first = points)
        {
            var (address, count, valid) = ((nint)first, points.Length, true);
            crew.Run(
                (count + Piece - 1) / Piece,
                piece =>
                {
                    for (var i = piece * Piece; i < Math.Min(count, (piece + 1) * Piece); i++)
                    {
                        if (!IsValid(((AffinePoint<Fq>*)address)[i]))
                            Volatile.Write(ref valid, false);
                    }
                }
            );
            return valid;
        }
    }

    /// <summary>
    /// True when all points are canonical, on the curve and in G2. The cofactor's smallest prime factor is 10069: a random
    /// combination of points of which one is outside G2 is inside with a probability of at most 1/10069, ten of them with 2^-132.
    /// </summary>
    public static unsafe bool AreValid(ReadOnlySpan<AffinePoint<Fq2>> points, WorkCrew crew)
    {
        fixed (AffinePoint<Fq2>* first = points)
        {
            var (address, count, valid) = ((nint)first, points.Length, true);
            crew.Run(
                (count + Piece - 1) / Piece,
                piece =>
                {
                    for (var i = piece * Piece; i < Math.Min(count, (piece + 1) * Piece); i++)
                    {
                        if (!IsOnCurve(((AffinePoint<Fq2>*)address)[i]))
                            Volatile.Write(ref valid, false);
                    }
                }
            );
            if (!valid)
                return false;
        }
        const int Combinations = 10;
        for (var i = 0; i < Combinations; i++)
        {
            var sum = MultiScalarMultiplication.Sum(points, RandomScalars.Draw(points.Length), crew).ToAffine();
            if (!sum.IsInfinity && !G2Affine.IsInSubgroup(sum))
                return false;
        }
        return true;
    }

    private static bool IsValid(in AffinePoint<Fq> point) =>
        Montgomery<FqModulus>.IsReduced(point.X.Montgomery)
        && Montgomery<FqModulus>.IsReduced(point.Y.Montgomery)
        && G1Affine.TryCreate(point.X, point.Y, out _);

    private static bool IsOnCurve(in AffinePoint<Fq2> point) =>
        Montgomery<FqModulus>.IsReduced(point.X.C0.Montgomery)
        && Montgomery<FqModulus>.IsReduced(point.X.C1.Montgomery)
        && Montgomery<FqModulus>.IsReduced(point.Y.C0.Montgomery)
        && Montgomery<FqModulus>.IsReduced(point.Y.C1.Montgomery)
        && (point.IsInfinity || G2Affine.IsOnCurve(point));
}
