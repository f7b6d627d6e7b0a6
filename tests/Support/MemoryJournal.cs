using System.Runtime.CompilerServices;
using MedLedger.Consent.Chain;
using MedLedger.Crypto.Ethereum;

namespace MedLedger.Tests;

/// <summary>A journal that outlives the chain node, not the test.</summary>
public sealed class MemoryJournal : ITransactionJournal
{
    private readonly List<JournalEntry> _entries = [];

    /// <summary>Everything, in the order of saving.</summary>
    public IReadOnlyList<JournalEntry> Entries
    {
        get
        {
            lock (_entries)
                return [.. _entries];
        }
    }

    public Task AppendAsync(JournalEntry entry, CancellationToken cancellation)
    {
        lock (_entries)
            if (_entries.All(known => known.Hash != entry.Hash))
                _entries.Add(entry);
        return Task.CompletedTask;
    }

    public Task SettleAsync(
        Bytes32 hash,
        TransactionState state,
        TransactionInclusion? inclusion,
        CancellationToken cancellation
    )
    {
        lock (_entries)
        {
            var index = _entries.FindIndex(entry => entry.Hash == hash);
            if (index >= 0)
                _entries[index] = _entries[index] with { State = state, Inclusion = inclusion };
        }
        return Task.CompletedTask;
    }

    public Task<JournalEntry?> FindAsync(Bytes32 hash, CancellationToken cancellation) =>
        Task.FromResult(Entries.FirstOrDefault(entry => entry.Hash == hash));

    public Task<IReadOnlyList<JournalEntry>> OpenAsync(
        ulong chainId,
        EthereumAddress? sender,
        CancellationToken cancellation
    ) =>
        Task.FromResult<IReadOnlyList<JournalEntry>>([
            .. Entries.Where(entry =>
                entry.ChainId == chainId
                && entry.State == TransactionState.Open
                && (sender is null || entry.Sender == sender)
            ),
        ]);

    public async IAsyncEnumerable<JournalEntry> IncludedAsync(
        ulong chainId,
        [EnumeratorCancellation] CancellationToken cancellation
    )
    {
        var included = Entries
            .Where(entry => entry.ChainId == chainId && entry.Inclusion is not null)
            .OrderBy(entry => entry.Inclusion!.Block)
            .ThenBy(entry => entry.Inclusion!.Index);
        foreach (var entry in included)
            yield return entry;
        await Task.CompletedTask;
    }
}
