using System.Runtime.CompilerServices;
using MedLedger.Crypto.Fields;

namespace MedLedger.Crypto.Arithmetic;

/// <summary>One element: the path for every processor. Always fully reduced, in memory as in the key.</summary>
internal unsafe struct ScalarLane<TField> : ITransformLanes<ScalarLane<TField>, TField>
    where TField : unmanaged, IFieldElement<TField>
{
    private TField _value;

    public static int Count => 1;

    public static int WordsPerElement => sizeof(TField) / sizeof(ulong);

    public static ScalarLane<TField> One => new() { _value = TField.One };

    public static void Multiply(in ScalarLane<TField> a, in ScalarLane<TField> b, out ScalarLane<TField> result) =>
        TField.Multiply(a._value, b._value, out result._value);

    public static void Square(in ScalarLane<TField> a, out ScalarLane<TField> result) =>
        TField.Square(a._value, out result._value);

    public static void Subtract(in ScalarLane<TField> a, in ScalarLane<TField> b, out ScalarLane<TField> result) =>
        TField.Subtract(a._value, b._value, out result._value);

    public static void Add(in ScalarLane<TField> a, in ScalarLane<TField> b, out ScalarLane<TField> result) =>
        TField.Add(a._value, b._value, out result._value);

    public static void MultiplyAdd(
        in ScalarLane<TField> a,
        in ScalarLane<TField> b,
        in ScalarLane<TField> c,
        in ScalarLane<TField> d,
        out ScalarLane<TField> result
    ) => TField.MultiplyAdd(a._value, b._value, c._value, d._value, out result._value);

    public static void MultiplySubtract(
        in ScalarLane<TField> a,
        in ScalarLane<TField> b,
        in ScalarLane<TField> c,
        in ScalarLane<TField> d,
        out ScalarLane<TField> result
    ) => TField.MultiplyAdd(a._value, b._value, -c._value, d._value, out result._value);

    /// <summary>One lane has no neighbours.</summary>
    public static void Fold(in ScalarLane<TField> a, int half, out ScalarLane<TField> result) => result = a;

    public static void Broadcast(in TField value, out ScalarLane<TField> result) => result._value = value;

    public static void LoadMany(ulong* source, out ScalarLane<TField> result) => result._value = *(TField*)source;

    /// <summary>A Montgomery multiplication with the number 1, for prime fields.</summary>
    public static void StoreCanonical(in ScalarLane<TField> value, ulong* destination) =>
        *(TField*)destination = value._value * Unsafe.BitCast<Limbs, TField>(new Limbs(1, 0, 0, 0));

    public static void Reduce(ref ScalarLane<TField> a) { }

    public static void NegateWhere(ref ScalarLane<TField> a, int* slots)
    {
        if ((slots[0] & 1) != 0)
            a._value = -a._value;
    }

    public static void Invert(in ScalarLane<TField> a, out ScalarLane<TField> result) =>
        result._value = a._value.InverseVariableTime();

    public static bool HasZero(in ScalarLane<TField> a) => a._value.IsZero;

    public static void Load(ulong* words, int stride, int* slots, out ScalarLane<TField> result) =>
        result._value = *(TField*)(words + (nint)(slots[0] >> 1) * stride);

    public static void Store(in ScalarLane<TField> value, ulong* words, int stride, int* slots) =>
        *(TField*)(words + (nint)(slots[0] >> 1) * stride) = value._value;

    public static void Pack(in TField value, ulong* destination) => *(TField*)destination = value;

    public static TField Unpack(ulong* source) => *(TField*)source;

    public static void PackMany(ulong* source, ulong* destination, int count) =>
        Unsafe.CopyBlock(destination, source, (uint)(count * sizeof(TField)));
}
