using System.Runtime.InteropServices;

namespace MedLedger.Api.Node;

/// <summary>
/// The heap of native code (SQLite, ONNX Runtime, OpenSSL, the runtime's compiler). glibc gives threads heaps of their own,
/// up to eight for each processor, and each keeps what it once had: a server with many threads holds memory several times.
/// </summary>
internal static class NativeHeap
{
    private const int ArenaMax = -8; // M_ARENA_MAX, malloc.h
    private const int MapThreshold = -3; // M_MMAP_THRESHOLD
    private const int TopPad = -2; // M_TOP_PAD
    private const int TrimThreshold = -1; // M_TRIM_THRESHOLD
    private const int HugePages = 14; // MADV_HUGEPAGE
    private const int HugePage = 2 << 20;
    private const int Grown = 64 << 20;

    /// <summary>Lets threads share one heap for each processor; nothing where the C library is another one.</summary>
    public static void Share()
    {
        if (!OperatingSystem.IsLinux())
            return;
        try
        {
            _ = SetOption(ArenaMax, Environment.ProcessorCount);
        }
        catch (EntryPointNotFoundException)
        {
            // musl has one heap.
        }
    }

    /// <summary>
    /// For a command that is over in a moment: the main thread's heap, grown at once, in pages of 2 MB where the system has them.
    /// Loading a network fills tens of megabytes, and to get each page of 4 KB costs more than to fill it.
    /// </summary>
    public static void GrowAtOnce()
    {
        if (!OperatingSystem.IsLinux())
            return;
        try
        {
            _ = SetOption(MapThreshold, Grown / 2); // The most that glibc takes.
            _ = SetOption(TrimThreshold, 2 * Grown);
            _ = SetOption(TopPad, Grown);
            var start = Break(0);
            Free(Allocate(HugePage)); // More than is left: the heap grows, by the pad.
            var first = (start + HugePage - 1) & ~(nint)(HugePage - 1);
            if (Break(0) is var end && end > first)
                _ = Advise(first, (nuint)(end - first), HugePages);
        }
        catch (EntryPointNotFoundException)
        {
            // musl grows its heap itself.
        }
    }

    [DllImport("libc", EntryPoint = "sbrk")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint Break(nint increment);

    [DllImport("libc", EntryPoint = "malloc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint Allocate(nuint size);

    [DllImport("libc", EntryPoint = "free")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern void Free(nint block);

    [DllImport("libc", EntryPoint = "madvise")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Advise(nint address, nuint length, int advice);

    [DllImport("libc", EntryPoint = "mallopt")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SetOption(int option, int value);
}
