namespace MedLedger.Crypto.Arithmetic;

/// <summary>Lanes outside the managed heap: zero at first unless they come from a pool, zeroed when freed unless they are public.</summary>
internal sealed unsafe class LaneBuffer<TLanes>(int length, bool isSecret = true, BlockPool? pool = null) : IDisposable
    where TLanes : unmanaged
{
    private readonly NativeBlock _block = new((nuint)length * (nuint)sizeof(TLanes), isSecret, pool);

    public int Length => length;

    /// <summary>The first of them; null once freed.</summary>
    public TLanes* Start => (TLanes*)_block.Start;

    public void Clear() => _block.Clear();

    public void Dispose() => _block.Dispose();
}
