using System.Security.Cryptography;
using MedLedger.Consent.Access;
using MedLedger.Consent.Chain;
using MedLedger.Consent.Log;
using MedLedger.Crypto.Log;
using MedLedger.Crypto.Sealing;

namespace MedLedger.Consent.Tests.Log;

public sealed class AuditLogTests : IDisposable
{
    private readonly SecretKey _secret = SecretKey.Generate();
    private readonly Ed25519PrivateKey _key;
    private readonly MemoryLogStore _store = new();
    private readonly AuditLog _log;

    public AuditLogTests()
    {
        _key = Ed25519PrivateKey.FromSecret(_secret);
        _log = new AuditLog(_store, "medledger.test/log", _key);
    }

    public void Dispose()
    {
        _key.Dispose();
        _secret.Dispose();
    }

    [Fact]
    public async Task Each_entry_has_a_receipt_under_every_later_head()
    {
        foreach (var count in new[] { 1, 1, 3, 255, 1, 300, 2 })
            await _log.AppendAsync([.. Enumerable.Range(0, count).Select(_ => Entry())], default);
        Assert.Equal(563, _store.Entries.Count);
        foreach (var head in _store.Heads)
        {
            foreach (var index in new[] { 0, 1, 4, 255, 256, 562 }.Where(i => i < head.Size))
            {
                var receipt = await _log.ReceiptAsync(index, head, default);
                Assert.True(receipt!.Verify(_log.Key));
                Assert.False((receipt with { Index = receipt.Index + 1 }).Verify(_log.Key));
                Assert.False((receipt with { Entry = Entry().Encode() }).Verify(_log.Key));
            }
            Assert.Null(await _log.ReceiptAsync(head.Size, head, default));
        }
        Assert.Null(await _log.ReceiptAsync(-1, default));
    }

    [Fact]
    public async Task Heads_are_consistent_with_each_other()
    {
        for (var i = 0; i < 12; i++)
            await _log.AppendAsync([.. Enumerable.Range(0, i * i + 1).Select(_ => Entry())], default);
        var heads = _store
            .Heads.Select(h => Checkpoint.TryVerify(h.Note, _log.Key, out var checkpoint) ? checkpoint : null)
            .ToArray();
        foreach (var first in heads)
        foreach (var second in heads.Where(h => h!.Size >= first!.Size))
        {
            var proof = await _log.ConsistencyAsync(first!.Size, second!.Size, default);
            Assert.True(MerkleProof.VerifyConsistency(first.Size, first.Root, second.Size, second.Root, proof));
        }
    }

    [Fact]
    public async Task Nothing_is_signed_on_top_of_a_changed_store()
    {
        await _log.AppendAsync([Entry(), Entry(), Entry()], default);
        var good = _store.Tiles[new TileId(0, 0)];

        _store.Tiles[new TileId(0, 0)] = [.. good[..^1], (byte)(good[^1] ^ 1)];
        await Refused();
        _store.Tiles[new TileId(0, 0)] = good[..64];
        await Refused();
        _store.Tiles.Remove(new TileId(0, 0));
        await Refused();
        _store.Tiles[new TileId(0, 0)] = good;

        var head = _store.Heads[0];
        _store.Heads[0] = head with { Size = 2 };
        await Refused();
        _store.Heads[0] = head with { Note = head.Note.Replace("\n3\n", "\n2\n", StringComparison.Ordinal) };
        await Refused();
        _store.Heads[0] = head;
        await _log.AppendAsync([Entry()], default);
    }

    [Fact]
    public async Task An_empty_append_and_an_empty_log_are_nothing()
    {
        await Assert.ThrowsAsync<ArgumentException>(() => _log.AppendAsync([], default));
        Assert.Null(await _log.ReceiptAsync(0, default));
        Assert.Empty(await _log.ConsistencyAsync(0, 0, default));
    }

    private Task<InvalidDataException> Refused() =>
        Assert.ThrowsAsync<InvalidDataException>(() => _log.AppendAsync([Entry()], default));

    private static AuditEntry Entry() =>
        new()
        {
            Action = AuditAction.Read,
            Decision = AuditDecision.Permitted,
            Basis = PermitBasis.Consent,
            Time = 60,
            Details = new Bytes32(RandomNumberGenerator.GetBytes(32)),
        };
}
