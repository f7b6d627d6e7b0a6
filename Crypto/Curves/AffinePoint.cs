using System.Runtime.InteropServices;
using MedLedger.Crypto.Fields;

namespace MedLedger.Crypto.Curves;

/// <summary>
/// Affine coordinates of a point of y^2 = x^3 + b; (0, 0), which is on neither curve, is the point at infinity.
/// In memory exactly as zkey and ptau files hold it.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct AffinePoint<TField>(in TField x, in TField y)
    where TField : struct, IFieldElement<TField>
{
    public readonly TField X = x;
    public readonly TField Y = y;

    public bool IsInfinity => X.IsZero && Y.IsZero;

    public static AffinePoint<TField> operator -(in AffinePoint<TField> point) => new(point.X, -point.Y);

    public static bool AreEqual(in AffinePoint<TField> a, in AffinePoint<TField> b) => a.X == b.X && a.Y == b.Y;
}
