using MedLedger.Consent.Log;
using MedLedger.Crypto.Log;

namespace MedLedger.Consent.Tests.Log;

/// <summary>A log store in memory, whose rows a test may change as a thief of the database would.</summary>
internal sealed class MemoryLogStore : ILogStore
{
    public List<byte[]> Entries { get; } = [];
    public Dictionary<TileId, byte[]> Tiles { get; } = [];
    public List<LogHead> Heads { get; } = [];

    public Task<LogHead?> ReadHeadAsync(CancellationToken cancellation) => Task.FromResult(Heads.LastOrDefault());

    public Task<IReadOnlyDictionary<TileId, byte[]>> ReadTilesAsync(
        IReadOnlyCollection<TileId> tiles,
        CancellationToken cancellation
    ) =>
        Task.FromResult<IReadOnlyDictionary<TileId, byte[]>>(
            tiles.Where(Tiles.ContainsKey).ToDictionary(t => t, t => Tiles[t])
        );

    public Task<byte[]?> ReadEntryAsync(long index, CancellationToken cancellation) =>
        Task.FromResult(index < Entries.Count ? Entries[(int)index] : null);

    public Task AppendAsync(LogAppend append, CancellationToken cancellation)
    {
        Assert.Equal(Entries.Count, append.FirstIndex);
        Entries.AddRange(append.Entries);
        foreach (var (id, hashes) in append.Tiles)
            Tiles[id] = hashes;
        Heads.Add(append.Head);
        return Task.CompletedTask;
    }
}
