using MedLedger.Consent.Chain.Abi;
using MedLedger.Consent.Chain.Rpc;

namespace MedLedger.Consent.Chain.Transactions;

/// <content>From a sent transaction to one in a block.</content>
public sealed partial class TransactionSender
{
    private async Task<MinedTransaction> AwaitBlockAsync(
        string purpose,
        SignedTransaction placed,
        CancellationToken cancellation
    )
    {
        var sent = new List<SignedTransaction> { placed };
        var begun = _clock.GetTimestamp();
        var raisedAt = begun;
        var pause = _options.FirstPoll;
        var missing = 0;
        var top = 0ul;
        while (true)
        {
            var mined = await FindAsync(sent, cancellation).ConfigureAwait(false);
            var head =
                mined is null || _options.Depth == 1
                    ? null
                    : await _client.HeadAsync(cancellation).ConfigureAwait(false);
            if (mined is not null && (head is null || head.Number + 1 >= mined.Block.Number + (ulong)_options.Depth))
                return await FinishAsync(purpose, sent, mined, cancellation).ConfigureAwait(false);
            if (head?.Number > top) // in a block: it only waits for more of them
                (top, missing, begun, raisedAt) = (head.Number, 0, _clock.GetTimestamp(), _clock.GetTimestamp());
            if (_clock.GetElapsedTime(begun) > _options.Deadline)
                throw new TransactionNotMinedException(purpose, sent[^1].Hash);

            await Task.Delay(pause, _clock, cancellation).ConfigureAwait(false);
            pause = pause * 1.6 < _options.LongestPoll ? pause * 1.6 : _options.LongestPoll;
            if (mined is not null || pause < _options.LongestPoll / 4)
                continue; // look deeper only when it takes longer than usual

            var used = await _client.NonceAsync(Address, BlockId.Latest, cancellation).ConfigureAwait(false);
            if (used > placed.Transaction.Nonce)
            {
                // a node may count the transaction a moment before it has the receipt
                if (++missing < 4)
                    continue;
                await ForgetAsync(sent, except: null, cancellation).ConfigureAwait(false);
                throw new TransactionReplacedException(purpose, sent[^1].Hash);
            }
            missing = 0;
            if (_clock.GetElapsedTime(raisedAt) > _options.RaiseFeeAfter)
            {
                raisedAt = _clock.GetTimestamp();
                await RaiseFeeAsync(purpose, sent, cancellation).ConfigureAwait(false);
            }
            else if (!await _client.KnowsAsync(sent[^1].Hash, cancellation).ConfigureAwait(false))
                await BroadcastAsync(sent[^1], cancellation).ConfigureAwait(false); // dropped
        }
    }

    private async Task<MinedTransaction?> FindAsync(List<SignedTransaction> sent, CancellationToken cancellation)
    {
        foreach (var signed in Enumerable.Reverse(sent))
        {
            var receipt = await _client.ReceiptAsync(signed.Hash, cancellation).ConfigureAwait(false);
            if (receipt is null)
                continue;
            // asked by hash: a block that a reorganisation took away meanwhile is no answer
            var block = await _client.BlockAsync(BlockId.At(receipt.BlockHash), cancellation).ConfigureAwait(false);
            return block is null ? null : new MinedTransaction(receipt, block);
        }
        return null;
    }

    private async Task<MinedTransaction> FinishAsync(
        string purpose,
        List<SignedTransaction> sent,
        MinedTransaction mined,
        CancellationToken cancellation
    )
    {
        await SettleAsync(mined.Receipt, mined.Block, cancellation).ConfigureAwait(false);
        await ForgetAsync(sent, mined.Receipt.Hash, cancellation).ConfigureAwait(false);
        if (mined.Receipt.Succeeded)
            return mined;
        var reason = await ReasonAsync(sent[0].Transaction, mined.Receipt, cancellation).ConfigureAwait(false);
        throw new TransactionRevertedException(purpose, mined.Receipt.Hash, reason);
    }

    private async Task ForgetAsync(List<SignedTransaction> sent, Bytes32? except, CancellationToken cancellation)
    {
        foreach (var signed in sent.Where(signed => signed.Hash != except))
            await _journal
                .SettleAsync(signed.Hash, TransactionState.Replaced, null, cancellation)
                .ConfigureAwait(false);
    }

    private async Task RaiseFeeAsync(string purpose, List<SignedTransaction> sent, CancellationToken cancellation)
    {
        var last = sent[^1].Transaction;
        var suggested = await FeePolicy.SuggestAsync(_client, _options, cancellation).ConfigureAwait(false);
        var before = new Fees(last.MaxPriorityFeePerGas, last.MaxFeePerGas);
        if (FeePolicy.Raise(before, suggested, _options.FeeCap) is not { } fees)
            return;
        var request = new TransactionRequest
        {
            To = last.To,
            Data = last.Data,
            Value = last.Value,
            Purpose = purpose,
        };
        var signed = await SignAsync(request, last.Nonce, last.GasLimit, fees, cancellation).ConfigureAwait(false);
        sent.Add(signed);
        await BroadcastAsync(signed, cancellation).ConfigureAwait(false); // refused: the earlier one still counts
    }

    /// <summary>Why a transaction reverted: its call again, on the state before its block.</summary>
    private async Task<Revert> ReasonAsync(
        Eip1559Transaction transaction,
        TransactionReceipt receipt,
        CancellationToken cancellation
    )
    {
        if (receipt.GasUsed == transaction.GasLimit)
            return new Revert("OutOfGas", null, default);
        try
        {
            var call = new CallRequest(transaction.To, transaction.Data)
            {
                From = Address,
                Gas = transaction.GasLimit,
                Value = transaction.Value,
            };
            var before = BlockId.At(receipt.Block - 1);
            await _client.CallAsync(call, before, cancellation).ConfigureAwait(false);
        }
        catch (CallRevertedException reverted)
        {
            return reverted.Revert;
        }
        catch (JsonRpcException)
        {
            // a node without that state cannot say
        }
        return new Revert("Unknown", null, default);
    }
}
