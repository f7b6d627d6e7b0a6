using MedLedger.Crypto.Fields;

namespace MedLedger.Crypto.Arithmetic;

/// <summary>
/// One or eight field elements that the same instruction works on. The sums of points are written once over this; the scalar
/// path (<see cref="ScalarLane{TField}"/>, any processor) and the vector paths (<see cref="Fq8"/>, <see cref="Fq2x8"/>) fill
/// it in. Elements stand in memory as words, in slots of a fixed stride; a slot number carries a sign in its lowest bit.
/// </summary>
internal unsafe interface ILanes<TSelf, TField>
    where TSelf : unmanaged, ILanes<TSelf, TField>
    where TField : unmanaged, IFieldElement<TField>
{
    /// <summary>Elements worked on together.</summary>
    static abstract int Count { get; }

    /// <summary>64-bit words of one element in memory.</summary>
    static abstract int WordsPerElement { get; }

    static abstract TSelf One { get; }

    static abstract void Multiply(in TSelf a, in TSelf b, out TSelf result);

    static abstract void Square(in TSelf a, out TSelf result);

    /// <summary>A representative of a - b that is not reduced; b must be reduced, or be a product.</summary>
    static abstract void Subtract(in TSelf a, in TSelf b, out TSelf result);

    /// <summary>Reduces what up to two subtractions or one addition left.</summary>
    static abstract void Reduce(ref TSelf a);

    static abstract void NegateWhere(ref TSelf a, int* slots);

    /// <summary>1/a; no lane may be zero.</summary>
    static abstract void Invert(in TSelf a, out TSelf result);

    /// <summary>True when any lane is zero.</summary>
    static abstract bool HasZero(in TSelf a);

    /// <summary>Reads the element at <paramref name="words"/> of each slot, and up to 24 bytes behind it.</summary>
    static abstract void Load(ulong* words, int stride, int* slots, out TSelf result);

    static abstract void Store(in TSelf value, ulong* words, int stride, int* slots);

    static abstract void Pack(in TField value, ulong* destination);

    static abstract TField Unpack(ulong* source);

    /// <summary>Packs elements that lie one after the other.</summary>
    static abstract void PackMany(ulong* source, ulong* destination, int count);
}
