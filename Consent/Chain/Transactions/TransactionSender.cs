using MedLedger.Consent.Chain.Abi;
using MedLedger.Consent.Chain.Rpc;
using MedLedger.Crypto.Ethereum;

namespace MedLedger.Consent.Chain.Transactions;

/// <summary>
/// The one writer of an account: gives out nonces, saves the signed bytes before it sends them, waits for a block with
/// a deadline, raises fees, notices what was dropped or replaced, and after a crash goes on where it stopped.
/// Safe for concurrent use; there must be one sender for a key on all machines.
/// </summary>
public sealed partial class TransactionSender : IDisposable
{
    private const int PlacingAttempts = 4;
    private const ulong TransactionGasCap = 16_777_216; // EIP-7825

    private readonly EthereumClient _client;
    private readonly Secp256k1PrivateKey _key;
    private readonly ITransactionJournal _journal;
    private readonly TimeProvider _clock;
    private readonly SenderOptions _options;
    private readonly SemaphoreSlim _writer = new(1);
    private readonly SemaphoreSlim _slots;
    private ulong? _next; // null: ask chain and journal

    /// <summary>Makes the writer of the key's account.</summary>
    public TransactionSender(
        EthereumClient client,
        Secp256k1PrivateKey key,
        ITransactionJournal journal,
        TimeProvider clock,
        SenderOptions? options = null
    )
    {
        _client = client;
        _key = key;
        _journal = journal;
        _clock = clock;
        _options = options ?? new SenderOptions();
        _slots = new SemaphoreSlim(_options.MostInFlight);
    }

    /// <summary>The account.</summary>
    public EthereumAddress Address => _key.Address;

    /// <summary>
    /// Signs, saves, sends and waits until the transaction is in a block of the configured depth. Transactions get
    /// their nonces in the order of the calls; several may wait at once.
    /// </summary>
    /// <exception cref="CallRevertedException">It would revert: nothing was signed.</exception>
    /// <exception cref="TransactionRevertedException">It is in a block and reverted.</exception>
    /// <exception cref="TransactionNotMinedException">No block within the deadline; it stays in the journal.</exception>
    /// <exception cref="TransactionReplacedException">Somebody else used the nonce.</exception>
    /// <exception cref="ChainUnavailableException">The chain does not answer; when it was signed, it stays in the journal.</exception>
    public async Task<MinedTransaction> SendAsync(TransactionRequest request, CancellationToken cancellation)
    {
        await _slots.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            var gas = request.Gas ?? await EstimateAsync(request, cancellation).ConfigureAwait(false);
            var placed = await PlaceAsync(request, gas, cancellation).ConfigureAwait(false);
            return await AwaitBlockAsync(request.Purpose, placed, cancellation).ConfigureAwait(false);
        }
        finally
        {
            _slots.Release();
        }
    }

    /// <summary>
    /// Compares journal and chain: notes what is in blocks, sends again what is not, fills holes in the nonces.
    /// Called at start; it also runs by itself before the first transaction and after an error.
    /// </summary>
    public async Task ResumeAsync(CancellationToken cancellation)
    {
        await _writer.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            _next = null;
            _next = await ReconcileAsync(cancellation).ConfigureAwait(false);
        }
        finally
        {
            _writer.Release();
        }
    }

    /// <summary>After a reorganisation: what stood in blocks from a number on and is gone is sent again, the same bytes.</summary>
    public async Task RestoreAsync(ulong fromBlock, CancellationToken cancellation)
    {
        var chainId = await _client.ChainIdAsync(cancellation).ConfigureAwait(false);
        var moved = new List<JournalEntry>();
        await foreach (var entry in _journal.IncludedAsync(chainId, cancellation).ConfigureAwait(false))
            if (entry.Sender == Address && entry.Inclusion?.Block >= fromBlock)
                moved.Add(entry);
        foreach (var entry in moved)
            if (!await SettleFromChainAsync(entry.Hash, cancellation).ConfigureAwait(false))
                await _journal.SettleAsync(entry.Hash, TransactionState.Open, null, cancellation).ConfigureAwait(false);
        await ResumeAsync(cancellation).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _writer.Dispose();
        _slots.Dispose();
    }

    private async Task<ulong> EstimateAsync(TransactionRequest request, CancellationToken cancellation)
    {
        var call = new CallRequest(request.To, request.Data) { From = Address, Value = request.Value };
        var least = await _client.EstimateGasAsync(call, cancellation).ConfigureAwait(false);
        return Math.Min(least + (least / 4) + 10_000, Math.Max(TransactionGasCap, least));
    }

    private async Task<SignedTransaction> PlaceAsync(
        TransactionRequest request,
        ulong gas,
        CancellationToken cancellation
    )
    {
        await _writer.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            for (var attempt = 1; ; attempt++)
            {
                var nonce = _next ?? await ReconcileAsync(cancellation).ConfigureAwait(false);
                _next = null;
                var fees = await FeePolicy.SuggestAsync(_client, _options, cancellation).ConfigureAwait(false);
                var signed = await SignAsync(request, nonce, gas, fees, cancellation).ConfigureAwait(false);
                var refusal = await BroadcastAsync(signed, cancellation).ConfigureAwait(false);
                if (refusal is null)
                {
                    _next = nonce + 1;
                    return signed;
                }
                await _journal
                    .SettleAsync(signed.Hash, TransactionState.Abandoned, null, cancellation)
                    .ConfigureAwait(false);
                if (attempt == PlacingAttempts)
                    throw refusal;
            }
        }
        finally
        {
            _writer.Release();
        }
    }

    /// <summary>Signs, and saves before anybody else sees the bytes.</summary>
    private async Task<SignedTransaction> SignAsync(
        TransactionRequest request,
        ulong nonce,
        ulong gas,
        Fees fees,
        CancellationToken cancellation
    )
    {
        var transaction = new Eip1559Transaction
        {
            ChainId = await _client.ChainIdAsync(cancellation).ConfigureAwait(false),
            Nonce = nonce,
            MaxPriorityFeePerGas = fees.Priority,
            MaxFeePerGas = fees.Most,
            GasLimit = gas,
            To = request.To,
            Value = request.Value,
            Data = request.Data,
        };
        var signed = transaction.Sign(_key);
        var entry = new JournalEntry
        {
            ChainId = transaction.ChainId,
            Sender = Address,
            Nonce = nonce,
            Hash = signed.Hash,
            Raw = signed.Raw,
            Purpose = request.Purpose,
        };
        await _journal.AppendAsync(entry, cancellation).ConfigureAwait(false);
        return signed;
    }

    /// <summary>Sends. Null when the node has the transaction; else why it has not.</summary>
    private async Task<JsonRpcException?> BroadcastAsync(SignedTransaction signed, CancellationToken cancellation)
    {
        try
        {
            await _client.SendAsync(signed.Raw, cancellation).ConfigureAwait(false);
            return null;
        }
        catch (JsonRpcException refusal)
        {
            // "already known", "nonce too low": every node has other words, so look whether it has it
            return await _client.KnowsAsync(signed.Hash, cancellation).ConfigureAwait(false) ? null : refusal;
        }
    }

    /// <summary>Brings journal and chain together and returns the next free nonce.</summary>
    private async Task<ulong> ReconcileAsync(CancellationToken cancellation)
    {
        var chainId = await _client.ChainIdAsync(cancellation).ConfigureAwait(false);
        var used = await _client.NonceAsync(Address, BlockId.Latest, cancellation).ConfigureAwait(false);
        var waiting = await _client.NonceAsync(Address, BlockId.Pending, cancellation).ConfigureAwait(false);
        var open = await _journal.OpenAsync(chainId, Address, cancellation).ConfigureAwait(false);

        foreach (var entry in open.Where(entry => entry.Nonce < used))
            if (!await SettleFromChainAsync(entry.Hash, cancellation).ConfigureAwait(false))
                await _journal
                    .SettleAsync(entry.Hash, TransactionState.Replaced, null, cancellation)
                    .ConfigureAwait(false);

        // of several with one nonce the last has the highest fee
        var live = open.Where(entry => entry.Nonce >= used)
            .GroupBy(entry => entry.Nonce)
            .ToDictionary(group => group.Key, group => group.Last());
        var next = live.Count == 0 ? Math.Max(used, waiting) : Math.Max(waiting, live.Keys.Max() + 1);
        for (var nonce = used; nonce < next; nonce++)
            if (live.TryGetValue(nonce, out var entry))
            {
                if (SignedTransaction.TryParse(entry.Raw, out var signed))
                    await BroadcastAsync(signed, cancellation).ConfigureAwait(false);
            }
            else if (nonce >= waiting)
                await FillAsync(nonce, cancellation).ConfigureAwait(false);
        return next;
    }

    /// <summary>A transfer of nothing to ourselves, so that later nonces are not blocked by a hole.</summary>
    private async Task FillAsync(ulong nonce, CancellationToken cancellation)
    {
        var fees = await FeePolicy.SuggestAsync(_client, _options, cancellation).ConfigureAwait(false);
        var nothing = new TransactionRequest
        {
            To = Address,
            Data = default,
            Purpose = "fill nonce",
        };
        var signed = await SignAsync(nothing, nonce, 21_000, fees, cancellation).ConfigureAwait(false);
        if (await BroadcastAsync(signed, cancellation).ConfigureAwait(false) is { } refusal)
            throw refusal;
    }

    /// <summary>Notes the receipt of a transaction; false when it is in no block.</summary>
    private async Task<bool> SettleFromChainAsync(Bytes32 hash, CancellationToken cancellation)
    {
        var receipt = await _client.ReceiptAsync(hash, cancellation).ConfigureAwait(false);
        var block = receipt is null
            ? null
            : await _client.BlockAsync(BlockId.At(receipt.BlockHash), cancellation).ConfigureAwait(false);
        if (receipt is null || block is null)
            return false;
        await SettleAsync(receipt, block, cancellation).ConfigureAwait(false);
        return true;
    }

    private Task SettleAsync(TransactionReceipt receipt, Block block, CancellationToken cancellation) =>
        _journal.SettleAsync(
            receipt.Hash,
            receipt.Succeeded ? TransactionState.Succeeded : TransactionState.Reverted,
            new TransactionInclusion(block.Number, block.Hash, block.Time, receipt.Index),
            cancellation
        );
}
