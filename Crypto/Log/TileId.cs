using System.Globalization;
using System.Runtime.InteropServices;

namespace MedLedger.Crypto.Log;

/// <summary>Names a tile of c2sp.org/tlog-tiles: 256 hashes of the subtrees of height 8 * <paramref name="Level"/>, from 256 * <paramref name="Index"/>.</summary>
[StructLayout(LayoutKind.Auto)]
public readonly record struct TileId(int Level, long Index)
{
    /// <summary>Hashes in a full tile.</summary>
    public const int Width = 256;

    /// <summary>The tile's path below the log's prefix; <paramref name="width"/> below 256 is a partial tile.</summary>
    public string Path(int width = Width) => $"tile/{Level}/{IndexPath(Index, width)}";

    /// <summary>The path of the bundle of entries with the same index and width.</summary>
    public static string EntriesPath(long index, int width = Width) => $"tile/entries/{IndexPath(index, width)}";

    /// <summary>How many hashes the tile has in a tree of the given size: 0 to 256.</summary>
    public int WidthIn(long size)
    {
        var hashes = Level > 7 ? 0 : size >> (8 * Level);
        return (int)Math.Clamp(hashes - (Index * Width), 0, Width);
    }

    // 1234067 is x001/x234/067.
    private static string IndexPath(long index, int width)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(width, Width);
        var path = (index % 1000).ToString("000", CultureInfo.InvariantCulture);
        for (index /= 1000; index > 0; index /= 1000)
            path = $"x{(index % 1000).ToString("000", CultureInfo.InvariantCulture)}/{path}";
        return width == Width ? path : $"{path}.p/{width.ToString(CultureInfo.InvariantCulture)}";
    }
}
