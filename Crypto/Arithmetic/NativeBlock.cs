using System.Runtime.InteropServices;

namespace MedLedger.Crypto.Arithmetic;

/// <summary>
/// Memory outside the managed heap, aligned to 64 bytes, zero at first, zeroed when freed if what it holds is
/// secret. On Linux large blocks are mappings
/// of their own: an allocator would keep what a proof gave back, and the next part of the proof would come on top.
/// </summary>
internal sealed unsafe partial class NativeBlock : IDisposable
{
    private const nuint LeastMapping = 1 << 20;
    private const int ReadWrite = 3; // PROT_READ | PROT_WRITE
    private const int PrivateAnonymous = 0x22; // MAP_PRIVATE | MAP_ANONYMOUS

    private const int HugePages = 14; // MADV_HUGEPAGE

    private readonly nuint _size;
    private readonly bool _isSecret;
    private readonly bool _isMapping;

    public NativeBlock(nuint size, bool isSecret = true)
    {
        _size = size;
        _isSecret = isSecret;
        if (OperatingSystem.IsLinux() && size >= LeastMapping)
        {
            var address = Map(0, size, ReadWrite, PrivateAnonymous, -1, 0);
            if (address != -1)
            {
                Start = (void*)address;
                _isMapping = true;
                // What a proof touches is touched at random and given back soon: pages of 2 MB where the system has them.
                _ = Advise(address, size, HugePages);
                return;
            }
        }
        Start = NativeMemory.AlignedAlloc(size, 64);
        NativeMemory.Clear(Start, size);
    }

    /// <summary>The first byte; null once freed.</summary>
    public void* Start { get; private set; }

    public void Dispose()
    {
        if (Start == null)
            return;
        if (_isSecret)
            NativeMemory.Clear(Start, _size);
        if (_isMapping)
            _ = Unmap((nint)Start, _size);
        else
            NativeMemory.AlignedFree(Start);
        Start = null;
    }

    [LibraryImport("libc", EntryPoint = "mmap")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint Map(nint address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "madvise")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Advise(nint address, nuint length, int advice);

    [LibraryImport("libc", EntryPoint = "munmap")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Unmap(nint address, nuint length);
}
