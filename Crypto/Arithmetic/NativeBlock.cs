using System.Runtime.InteropServices;

namespace MedLedger.Crypto.Arithmetic;

/// <summary>
/// Memory outside the managed heap, aligned to 64 bytes, zeroed when freed if what it holds is secret. Zero at first, but for
/// what comes from a pool. On Linux large blocks are mappings of their own: an allocator would keep what a proof gave back,
/// and the next part of the proof would come on top.
/// </summary>
internal sealed unsafe partial class NativeBlock : IDisposable
{
    private const nuint LeastMapping = 1 << 20;
    private const int ReadWrite = 3; // PROT_READ | PROT_WRITE
    private const int PrivateAnonymous = 0x22; // MAP_PRIVATE | MAP_ANONYMOUS
    private const int HugePages = 14; // MADV_HUGEPAGE

    private readonly nuint _size;
    private readonly bool _isSecret;
    private readonly BlockPool? _pool;
    private readonly nuint _mapped; // bytes; 0: not a mapping

    /// <param name="size">Bytes.</param>
    /// <param name="isSecret">Whether it is zeroed when freed.</param>
    /// <param name="pool">Where a large block comes from and goes to.</param>
    public NativeBlock(nuint size, bool isSecret = true, BlockPool? pool = null)
    {
        _size = size;
        _isSecret = isSecret;
        if (OperatingSystem.IsLinux() && size >= LeastMapping)
        {
            _pool = pool;
            if (pool is not null && pool.TryTake(size, out var mapping))
            {
                Start = (void*)mapping.Address;
                _mapped = mapping.Size;
                return;
            }
            var address = Map(0, size, ReadWrite, PrivateAnonymous, -1, 0);
            if (address != -1)
            {
                Start = (void*)address;
                _mapped = size;
                // What a proof touches is touched at random: pages of 2 MB where the system has them.
                _ = Advise(address, size, HugePages);
                return;
            }
        }
        Start = NativeMemory.AlignedAlloc(size, 64);
        NativeMemory.Clear(Start, size);
    }

    /// <summary>The first byte; null once freed.</summary>
    public void* Start { get; private set; }

    public void Clear() => NativeMemory.Clear(Start, _size);

    public void Dispose()
    {
        if (Start == null)
            return;
        if (_isSecret)
            Clear();
        if (_mapped == 0)
            NativeMemory.AlignedFree(Start);
        else if (_pool is null || !_pool.TryKeep((nint)Start, _mapped))
            Unmap((nint)Start, _mapped);
        Start = null;
    }

    /// <summary>Gives a mapping back to the system.</summary>
    internal static void Unmap(nint address, nuint length) => _ = UnmapPages(address, length);

    [LibraryImport("libc", EntryPoint = "mmap")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint Map(nint address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "madvise")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Advise(nint address, nuint length, int advice);

    [LibraryImport("libc", EntryPoint = "munmap")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int UnmapPages(nint address, nuint length);
}
