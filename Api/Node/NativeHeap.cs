using System.Runtime.InteropServices;

namespace MedLedger.Api.Node;

/// <summary>
/// The heap of native code (SQLite, ONNX Runtime, OpenSSL, the runtime's compiler). glibc gives threads heaps of their own,
/// up to eight for each processor, and each keeps what it once had: a server with many threads holds memory several times.
/// </summary>
internal static class NativeHeap
{
    private const int ArenaMax = -8; // M_ARENA_MAX, malloc.h

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

    [DllImport("libc", EntryPoint = "mallopt")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SetOption(int option, int value);
}
