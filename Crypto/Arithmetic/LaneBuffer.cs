using System.Runtime.InteropServices;

namespace MedLedger.Crypto.Arithmetic;

/// <summary>Lanes outside the managed heap: zero at first, zeroed when freed.</summary>
internal sealed unsafe class LaneBuffer<TLanes> : IDisposable
    where TLanes : unmanaged
{
    private readonly nuint _size;

    public LaneBuffer(int length)
    {
        Length = length;
        _size = (nuint)length * (nuint)sizeof(TLanes);
        Start = (TLanes*)NativeMemory.AlignedAlloc(_size, 64);
        NativeMemory.Clear(Start, _size);
    }

    public int Length { get; }

    /// <summary>The first of them; null once freed.</summary>
    public TLanes* Start { get; private set; }

    public void Dispose()
    {
        if (Start == null)
            return;
        NativeMemory.Clear(Start, _size);
        NativeMemory.AlignedFree(Start);
        Start = null;
    }
}
