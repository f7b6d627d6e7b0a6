namespace MedLedger.Crypto.Arithmetic;

/// <summary>Lanes outside the managed heap: zero at first, zeroed when freed unless they are public.</summary>
internal sealed unsafe class LaneBuffer<TLanes>(int length, bool isSecret = true) : IDisposable
    where TLanes : unmanaged
{
    private readonly NativeBlock _block = new((nuint)length * (nuint)sizeof(TLanes), isSecret);

    public int Length => length;

    /// <summary>The first of them; null once freed.</summary>
    public TLanes* Start => (TLanes*)_block.Start;

    public void Dispose() => _block.Dispose();
}
