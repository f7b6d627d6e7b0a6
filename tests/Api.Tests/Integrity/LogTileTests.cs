using MedLedger.Api.Cli;
using MedLedger.Api.Jobs;
using MedLedger.Api.Persistence;
using MedLedger.Consent.Log;
using MedLedger.Crypto.Log;

namespace MedLedger.Api.Tests.Integrity;

/// <summary>A log of more than one full tile: what is stored of its tiles, what is made of its entries.</summary>
public sealed class LogTileTests : IDisposable
{
    private const int Entries = 600;
    private const int Full = TileId.Width * MerkleHash.Size;
    private readonly ImportedCopy _folder = new(new TemporaryFolder(), owned: true);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Full_tiles_are_stored_and_the_last_one_is_made_of_the_entries()
    {
        await FillAsync(
            async (store, audit) =>
            {
                await using var context = store.CreateDbContext();
                Assert.Equal(
                    [(0, 0L, Full), (0, 1L, Full), (1, 0L, 2 * MerkleHash.Size)],
                    context.Set<LogTileRow>().AsEnumerable().Select(t => (t.Level, t.Index, t.Hashes.Length)).Order()
                );
                TileId[] ids = [new(0, 0), new(0, 2), new(0, 3), new(1, 0), new(1, 1)];
                var read = await new LogStore(context).ReadTilesAsync(ids, default);
                Assert.Equal(
                    [
                        (new(0, 0), Full),
                        (new(0, 2), (Entries - 512) * MerkleHash.Size),
                        (new(1, 0), 2 * MerkleHash.Size),
                    ],
                    read.Select(tile => (tile.Key, tile.Value.Length))
                );
                // Read without what earlier appends left in memory, against the signed head.
                var (head, checkpoint) = (await audit.HeadAsync(default))!.Value;
                var log = audit.Log(context);
                Assert.Equal(checkpoint.Root.ToArray(), await log.RootAsync(head.Size, default));
                foreach (var index in new long[] { 0, 255, 256, 511, 512, Entries - 1 })
                {
                    var receipt = await audit.ReceiptAsync(index, default);
                    Assert.True(receipt!.Verify(audit.Key));
                }
            }
        );
        var sound = await _folder.Run("fsck", "--json");
        Assert.True(sound.ExitCode == ExitCode.Good, sound.Output + sound.Error);
    }

    [Theory]
    [InlineData("DELETE FROM log_tiles WHERE Level = 0 AND \"Index\" = 1")]
    [InlineData("DELETE FROM log_tiles WHERE Level = 1")]
    [InlineData("UPDATE log_tiles SET Hashes = substr(Hashes, 1, 64) WHERE Level = 0 AND \"Index\" = 0")]
    [InlineData("UPDATE log_tiles SET Hashes = zeroblob(8192) WHERE Level = 0 AND \"Index\" = 0")]
    [InlineData("UPDATE log_tiles SET Hashes = zeroblob(64) WHERE Level = 1")]
    [InlineData("INSERT INTO log_tiles VALUES (0, 2, zeroblob(64))")]
    [InlineData("INSERT INTO log_tiles VALUES (0, 2, (SELECT substr(Hashes, 1, 64) FROM log_tiles))")]
    public async Task A_tile_that_is_not_of_the_entries_is_found(string change)
    {
        await FillAsync((_, _) => Task.CompletedTask);
        _folder.Execute(change);
        var found = await _folder.Run("fsck", "--json");
        Assert.Equal(ExitCode.Refused, found.ExitCode);
        var kinds = found.Json.GetProperty("damaged").EnumerateArray().Select(d => d.GetProperty("kind").GetString());
        Assert.Equal("tile", Assert.Single(kinds.Distinct(StringComparer.Ordinal)));
    }

    [Fact]
    public async Task The_beginning_of_a_tile_that_an_earlier_version_stored_does_no_harm()
    {
        await FillAsync(
            async (store, _) =>
            {
                await using var context = store.CreateDbContext();
                var id = new TileId(0, 2);
                var leaves = (await new LogStore(context).ReadTilesAsync([id], default))[id];
                context.Add(
                    new LogTileRow
                    {
                        Level = 0,
                        Index = 2,
                        Hashes = leaves[..64],
                    }
                );
                await context.SaveChangesAsync();
                Assert.Equal(leaves, (await new LogStore(context).ReadTilesAsync([id], default))[id]);
            }
        );
        await FillAsync((_, _) => Task.CompletedTask);
        Assert.Equal(Full, _folder.Execute("SELECT length(Hashes) FROM log_tiles WHERE Level = 0 AND \"Index\" = 2"));
        var sound = await _folder.Run("fsck", "--json");
        Assert.True(sound.ExitCode == ExitCode.Good, sound.Output + sound.Error);
    }

    // In appends of several sizes, so that some fill a tile exactly and some reach over its end.
    private async Task FillAsync(Func<Store, AuditTrail, Task> then)
    {
        using var store = await StoreAccess.OpenAsync(_folder.Options);
        using var audit = new AuditTrail(store);
        AuditEvent[] events =
        [
            .. Enumerable.Repeat(
                new AuditEvent
                {
                    Action = AuditAction.Read,
                    PatientKey = store.Vault.OrganizationKey,
                    Agent = "Practitioner/1",
                },
                Entries
            ),
        ];
        foreach (var range in new[] { ..1, 1..200, 200..256, 256..300, 300..530, 530..Entries })
            await audit.AppendAsync(events[range], default);
        await then(store, audit);
    }
}
