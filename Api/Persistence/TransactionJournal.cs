using System.Runtime.CompilerServices;
using MedLedger.Consent.Chain;
using MedLedger.Crypto.Ethereum;
using MedLedger.Crypto.Sealing;
using Microsoft.EntityFrameworkCore;

namespace MedLedger.Api.Persistence;

/// <summary>A signed transaction, as it is sent, and what became of it.</summary>
internal sealed class TransactionRow
{
    /// <summary>Order of saving.</summary>
    public long Number { get; init; }

    /// <summary>EIP-155 chain id.</summary>
    public required long ChainId { get; init; }

    /// <summary>20 bytes.</summary>
    public required byte[] Sender { get; init; }

    public required long Nonce { get; init; }

    /// <summary>32 bytes.</summary>
    public required byte[] Hash { get; init; }

    /// <summary>The sealed envelope.</summary>
    public required byte[] Raw { get; init; }

    public required string Purpose { get; init; }

    public required TransactionState State { get; set; }

    public long? Block { get; set; }

    public byte[]? BlockHash { get; set; }

    public long? BlockTime { get; set; }

    public int? Position { get; set; }
}

/// <summary>The journal of signed transactions on the database; each call is one durable transaction of its own.</summary>
internal sealed class TransactionJournal(IDbContextFactory<LedgerContext> contexts, SecretKey key) : ITransactionJournal
{
    /// <inheritdoc/>
    public async Task AppendAsync(JournalEntry entry, CancellationToken cancellation)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellation);
        var hash = entry.Hash.ToBytes();
        if (await context.Transactions.AnyAsync(t => t.Hash == hash, cancellation))
            return;
        context.Transactions.Add(
            new TransactionRow
            {
                ChainId = (long)entry.ChainId,
                Sender = entry.Sender.ToBytes(),
                Nonce = (long)entry.Nonce,
                Hash = hash,
                Raw = SealedJournal.Seal(key, hash, entry.Raw.Span),
                Purpose = entry.Purpose,
                State = entry.State,
            }
        );
        await context.SaveChangesAsync(cancellation);
    }

    /// <inheritdoc/>
    public async Task SettleAsync(
        Bytes32 hash,
        TransactionState state,
        TransactionInclusion? inclusion,
        CancellationToken cancellation
    )
    {
        await using var context = await contexts.CreateDbContextAsync(cancellation);
        var bytes = hash.ToBytes();
        var row = await context.Transactions.SingleOrDefaultAsync(t => t.Hash == bytes, cancellation);
        if (row is null)
            return;
        row.State = state;
        row.Block = (long?)inclusion?.Block;
        row.BlockHash = inclusion?.BlockHash.ToBytes();
        row.BlockTime = (long?)inclusion?.BlockTime;
        row.Position = inclusion?.Index;
        await context.SaveChangesAsync(cancellation);
    }

    /// <inheritdoc/>
    public async Task<JournalEntry?> FindAsync(Bytes32 hash, CancellationToken cancellation)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellation);
        var bytes = hash.ToBytes();
        var row = await context.Transactions.AsNoTracking().SingleOrDefaultAsync(t => t.Hash == bytes, cancellation);
        return row is null ? null : ToEntry(row);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<JournalEntry>> OpenAsync(
        ulong chainId,
        EthereumAddress? sender,
        CancellationToken cancellation
    )
    {
        await using var context = await contexts.CreateDbContextAsync(cancellation);
        var chain = (long)chainId;
        var rows = context
            .Transactions.AsNoTracking()
            .Where(t => t.ChainId == chain && t.State == TransactionState.Open);
        if (sender is { } address)
        {
            var bytes = address.ToBytes();
            rows = rows.Where(t => t.Sender == bytes);
        }
        return [.. (await rows.OrderBy(t => t.Number).ToListAsync(cancellation)).Select(ToEntry)];
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<JournalEntry> IncludedAsync(
        ulong chainId,
        [EnumeratorCancellation] CancellationToken cancellation
    )
    {
        await using var context = await contexts.CreateDbContextAsync(cancellation);
        var chain = (long)chainId;
        var rows = context
            .Transactions.AsNoTracking()
            .Where(t => t.ChainId == chain && t.Block != null)
            .OrderBy(t => t.Block)
            .ThenBy(t => t.Position);
        await foreach (var row in rows.AsAsyncEnumerable().WithCancellation(cancellation))
            yield return ToEntry(row);
    }

    /// <summary>Whether a row opens, to the transaction of its hash.</summary>
    public bool Opens(TransactionRow row) =>
        SealedJournal.Open(key, row.Hash, row.Raw) is { } raw && Keccak256.Hash(raw).AsSpan().SequenceEqual(row.Hash);

    private JournalEntry ToEntry(TransactionRow row) =>
        new()
        {
            ChainId = (ulong)row.ChainId,
            Sender = new EthereumAddress(row.Sender),
            Nonce = (ulong)row.Nonce,
            Hash = new Bytes32(row.Hash),
            Raw =
                SealedJournal.Open(key, row.Hash, row.Raw)
                ?? throw new InvalidDataException("An entry of the transaction journal is damaged."),
            Purpose = row.Purpose,
            State = row.State,
            Inclusion = row.Block is { } block
                ? new TransactionInclusion(
                    (ulong)block,
                    new Bytes32(row.BlockHash!),
                    (ulong)row.BlockTime!.Value,
                    row.Position!.Value
                )
                : null,
        };
}
