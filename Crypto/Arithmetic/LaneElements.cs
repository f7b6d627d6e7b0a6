using MedLedger.Crypto.Fields;

namespace MedLedger.Crypto.Arithmetic;

/// <summary>
/// The elements of a buffer of lanes one by one. Before <see cref="Pack{TLanes}(LaneBuffer{TLanes}, int, int)"/> they stand as
/// the scalar path holds them, each vector's at its start: what gathers them needs no second array.
/// </summary>
internal static unsafe class LaneElements
{
    /// <summary>The place of an element that is not packed yet.</summary>
    public static Fr* At<TLanes>(LaneBuffer<TLanes> buffer, int index)
        where TLanes : unmanaged, ITransformLanes<TLanes, Fr> =>
        (Fr*)(buffer.Start + index / TLanes.Count) + index % TLanes.Count;

    public static void Set<TLanes>(LaneBuffer<TLanes> buffer, int index, in Fr value)
        where TLanes : unmanaged, ITransformLanes<TLanes, Fr> => *At(buffer, index) = value;

    /// <summary>Packs the vectors from .. to - 1.</summary>
    public static void Pack<TLanes>(LaneBuffer<TLanes> buffer, int from, int to)
        where TLanes : unmanaged, ITransformLanes<TLanes, Fr>
    {
        for (var i = from; i < to; i++)
        {
            TLanes.LoadMany((ulong*)(buffer.Start + i), out var value);
            buffer.Start[i] = value;
        }
    }

    /// <summary>Tells every element with its index.</summary>
    public static void Read<TLanes>(LaneBuffer<TLanes> buffer, Action<int, Fr> tell)
        where TLanes : unmanaged, ITransformLanes<TLanes, Fr>
    {
        var limbs = stackalloc Limbs[TLanes.Count];
        for (var i = 0; i < buffer.Length; i++)
        {
            TLanes.StoreCanonical(buffer.Start[i], (ulong*)limbs);
            for (var lane = 0; lane < TLanes.Count; lane++)
                tell(i * TLanes.Count + lane, Fr.FromCanonicalUnchecked(limbs[lane]));
        }
    }

    /// <summary>The vector with these elements.</summary>
    public static TLanes Make<TLanes>(Func<int, Fr> element)
        where TLanes : unmanaged, ITransformLanes<TLanes, Fr>
    {
        Span<Fr> elements = stackalloc Fr[TLanes.Count];
        for (var lane = 0; lane < TLanes.Count; lane++)
            elements[lane] = element(lane);
        return Pack<TLanes, Fr>(elements);
    }

    /// <summary>The vector with these elements, as many as there are lanes.</summary>
    public static TLanes Pack<TLanes, TField>(ReadOnlySpan<TField> elements)
        where TLanes : unmanaged, ITransformLanes<TLanes, TField>
        where TField : unmanaged, IFieldElement<TField>
    {
        TLanes result;
        fixed (TField* source = elements[..TLanes.Count])
            TLanes.LoadMany((ulong*)source, out result);
        TLanes.Reduce(ref result);
        return result;
    }

    /// <summary>Takes a vector of Fq apart.</summary>
    public static void Unpack<TLanes>(in TLanes lanes, Span<Fq> elements)
        where TLanes : unmanaged, ITransformLanes<TLanes, Fq>
    {
        var limbs = stackalloc Limbs[TLanes.Count];
        TLanes.StoreCanonical(lanes, (ulong*)limbs);
        for (var lane = 0; lane < TLanes.Count; lane++)
            elements[lane] = Fq.FromCanonicalUnchecked(limbs[lane]);
    }
}
