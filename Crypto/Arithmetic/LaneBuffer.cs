namespace MedLedger.Crypto.Arithmetic;

/// <summary>Lanes outside the managed heap: zero at first, zeroed when freed.</summary>
internal sealed unsafe class LaneBuffer<TLanes>(int length) : IDisposable
    where TLanes : unmanaged
{
    private readonly NativeBlock _block = new((nuint)length * (nuint)sizeof(TLanes));

    public int Length => length;

    /// <summary>The first of them; null once freed.</summary>
    public TLanes* Start => (TLanes*)_block.Start;

    public void Dispose() => _block.Dispose();
}
