using MedLedger.Crypto.Fields;

namespace MedLedger.Crypto.Arithmetic;

/// <summary>
/// The elements of a buffer of lanes one by one. Before <see cref="Pack"/> they stand as the scalar path holds them, each
/// vector's at its start: what gathers them needs no second array.
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
        var elements = stackalloc Fr[TLanes.Count];
        for (var lane = 0; lane < TLanes.Count; lane++)
            elements[lane] = element(lane);
        TLanes.LoadMany((ulong*)elements, out var result);
        TLanes.Reduce(ref result);
        return result;
    }
}
