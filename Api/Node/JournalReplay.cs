using MedLedger.Api.Toolchain;
using MedLedger.Consent.Chain;
using MedLedger.Consent.Chain.Rpc;
using MedLedger.Crypto.Ethereum;

namespace MedLedger.Api.Node;

/// <summary>
/// Rebuilds a fresh local chain from the journal: the same signed bytes in the same order at the same block times, so
/// that contracts, nonces, roots and windows come out as they were. Block numbers and hashes are new.
/// </summary>
internal sealed class JournalReplay(
    ITransactionJournal journal,
    EthereumClient client,
    NodeControl control,
    ISet<EthereumAddress> funded
)
{
    /// <summary>Replays everything. Returns how many transactions there were.</summary>
    /// <exception cref="MachineException">A transaction came out differently: the chain would not be what it was.</exception>
    public async Task<int> RunAsync(ulong chainId, CancellationToken cancellation)
    {
        foreach (var account in funded)
            await control.FundAsync(account, cancellation);

        await control.SetAutomaticAsync(false, cancellation);
        var count = 0;
        var block = new List<JournalEntry>();
        await foreach (var entry in journal.IncludedAsync(chainId, cancellation))
        {
            if (block.Count > 0 && block[0].Inclusion!.Block != entry.Inclusion!.Block)
                count += await MineAsync(block, cancellation);
            await FundAsync(entry.Sender, cancellation);
            block.Add(entry);
        }
        if (block.Count > 0)
            count += await MineAsync(block, cancellation);
        await control.SetAutomaticAsync(true, cancellation);
        return count;
    }

    /// <summary>Sends what was signed and never seen in a block, now that the clock is right.</summary>
    public async Task SendOpenAsync(ulong chainId, CancellationToken cancellation)
    {
        foreach (var entry in await journal.OpenAsync(chainId, null, cancellation))
        {
            await FundAsync(entry.Sender, cancellation);
            try
            {
                await client.SendAsync(entry.Raw, cancellation);
            }
            catch (JsonRpcException)
            {
                // of several with one nonce one is enough; what stays open is the sender's to repair
            }
        }
    }

    private async Task<int> MineAsync(List<JournalEntry> block, CancellationToken cancellation)
    {
        var time = block[0].Inclusion!.BlockTime;
        await control.MineAtAsync([.. block.Select(entry => entry.Raw)], time, cancellation);
        foreach (var entry in block)
            await CompareAsync(entry, time, cancellation);
        var count = block.Count;
        block.Clear();
        return count;
    }

    private async Task CompareAsync(JournalEntry entry, ulong time, CancellationToken cancellation)
    {
        // a node may answer before it has made the block
        var receipt = await client.ReceiptAsync(entry.Hash, cancellation);
        for (var polls = 0; receipt is null && polls < 500; polls++)
        {
            await Task.Delay(polls < 20 ? 1 : 10, cancellation);
            receipt = await client.ReceiptAsync(entry.Hash, cancellation);
        }
        var mined = receipt is null ? null : await client.BlockAsync(BlockId.At(receipt.BlockHash), cancellation);
        if (receipt is null || mined is null)
            throw Different(entry, "is in no block");
        if (mined.Time != time)
            throw Different(entry, $"is in a block of time {mined.Time}, not {time}");
        if (receipt.Succeeded != (entry.State == TransactionState.Succeeded))
            throw Different(entry, "had another result");
        var inclusion = new TransactionInclusion(mined.Number, mined.Hash, mined.Time, receipt.Index);
        if (inclusion != entry.Inclusion)
            await journal.SettleAsync(entry.Hash, entry.State, inclusion, cancellation);
    }

    private async Task FundAsync(EthereumAddress account, CancellationToken cancellation)
    {
        if (funded.Add(account))
            await control.FundAsync(account, cancellation);
    }

    private static MachineException Different(JournalEntry entry, string how) =>
        new(
            $"The local chain cannot be rebuilt: the journal's transaction '{entry.Purpose}' {how}.",
            "Restore the data folder from a backup; its journal does not belong to this version's chain."
        );
}
