using System.Runtime.CompilerServices;
using MedLedger.Crypto.Curves;
using MedLedger.Crypto.Fields;

namespace MedLedger.Crypto.Arithmetic;

/// <summary>
/// Affine points as words outside the managed heap, in numbered slots, zeroed when freed unless
/// they are public. The first slots hold two different
/// points and a place for rubbish, with which incomplete groups of lanes are filled up.
/// </summary>
internal sealed unsafe class PointStore<TLanes, TField> : IDisposable
    where TLanes : unmanaged, ILanes<TLanes, TField>
    where TField : unmanaged, IFieldElement<TField>
{
    public const int FillLeft = 0;
    public const int FillRight = 1;
    public const int Rubbish = 2;
    public const int Reserved = 3;

    private const int ReadBeyond = 3; // words that a vector load may take from behind the last point

    private readonly NativeBlock _block;

    public PointStore(int slots, bool isSecret = true, BlockPool? pool = null)
    {
        _block = new(((nuint)(slots + Reserved) * (nuint)Stride + ReadBeyond) * sizeof(ulong), isSecret, pool);
        Words = (ulong*)_block.Start;
        Set(FillLeft, new(TField.One, TField.One));
        Set(FillRight, new(TField.One.Double(), TField.One));
    }

    public ulong* Words { get; private set; }

    /// <summary>Words of a point: x, then y.</summary>
    public static int Stride => 2 * TLanes.WordsPerElement;

    public AffinePoint<TField> this[int slot] =>
        new(TLanes.Unpack(At(slot)), TLanes.Unpack(At(slot) + TLanes.WordsPerElement));

    public void Set(int slot, in AffinePoint<TField> point)
    {
        TLanes.Pack(point.X, At(slot));
        TLanes.Pack(point.Y, At(slot) + TLanes.WordsPerElement);
    }

    /// <summary>Copies points to consecutive slots.</summary>
    public void SetMany(int slot, ReadOnlySpan<AffinePoint<TField>> points)
    {
        fixed (AffinePoint<TField>* source = points)
            TLanes.PackMany((ulong*)source, At(slot), 2 * points.Length);
    }

    /// <summary>Copies a point of <paramref name="source"/>.</summary>
    public void Copy(PointStore<TLanes, TField> source, int from, int to) =>
        Unsafe.CopyBlock(At(to), source.At(from), (uint)(Stride * sizeof(ulong)));

    public void Dispose()
    {
        Words = null;
        _block.Dispose();
    }

    private ulong* At(int slot) => Words + (nint)slot * Stride;
}
