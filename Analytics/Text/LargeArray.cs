using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace MedLedger.Analytics.Text;

/// <summary>
/// Arrays of megabytes that are filled at once. On Linux the system is asked for pages of 2 MB: where a page of 4 KB costs
/// much to get, as in many virtual machines, most of a short note's time went into them.
/// </summary>
internal static partial class LargeArray
{
    private const int HugePage = 2 << 20;
    private const int Page = 4096;
    private const int HugePages = 14; // MADV_HUGEPAGE

    /// <summary>An array of any content.</summary>
    public static T[] Uninitialized<T>(int length)
        where T : unmanaged => Advised(GC.AllocateUninitializedArray<T>(length));

    /// <summary>An array of zeros.</summary>
    public static T[] Zero<T>(int length)
        where T : unmanaged => Advised(new T[length]);

    // An advice alone: nothing depends on it, nor on the array staying where it is.
    private static unsafe T[] Advised<T>(T[] array)
        where T : unmanaged
    {
        var size = (long)array.Length * sizeof(T);
        if (size < HugePage || !OperatingSystem.IsLinux())
            return array;
        var start = (nint)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(array));
        var first = (start + Page - 1) & ~(nint)(Page - 1);
        _ = Advise(first, (nuint)(start + (nint)size - first), HugePages);
        return array;
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Advise(nint address, nuint length, int advice);
}
