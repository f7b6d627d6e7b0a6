using MedLedger.Crypto.Ethereum;

namespace MedLedger.Consent.Chain.Rpc;

/// <summary>
/// Reads logs over any range from nodes that limit ranges, results or time, each in words of its own: a range that is
/// refused is halved until single blocks, and the width that worked is kept for the next ones.
/// </summary>
public sealed class LogReader(EthereumClient client, ulong firstWidth = 10_000)
{
    private ulong _width = Math.Max(1, firstWidth);

    /// <summary>The width of ranges that was last good.</summary>
    public ulong Width => _width;

    /// <summary>Yields the logs of each part of the range in order, with the last block that the part covers.</summary>
    /// <exception cref="JsonRpcException">A single block was refused.</exception>
    public async IAsyncEnumerable<(IReadOnlyList<ChainLog> Logs, ulong Through)> ReadAsync(
        IReadOnlyList<EthereumAddress> addresses,
        ulong from,
        ulong to,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation
    )
    {
        while (from <= to)
        {
            var last = Math.Min(to, from + _width - 1);
            IReadOnlyList<ChainLog> logs;
            try
            {
                logs = await client.LogsAsync(addresses, from, last, cancellation).ConfigureAwait(false);
            }
            catch (Exception problem) when (problem is JsonRpcException or ChainUnavailableException && last > from)
            {
                _width = Math.Max(1, (last - from + 1) / 2);
                continue;
            }
            yield return (Sorted(logs, from, last), last);
            if (logs.Count < 2_000 && _width < 1UL << 20)
                _width += Math.Max(1, _width / 4);
            from = last + 1;
        }
    }

    private static IReadOnlyList<ChainLog> Sorted(IReadOnlyList<ChainLog> logs, ulong from, ulong to)
    {
        foreach (var log in logs)
            if (log.Block < from || log.Block > to)
                throw new System.Text.Json.JsonException("A node sent logs of other blocks than it was asked for.");
        return [.. logs.OrderBy(log => log.Block).ThenBy(log => log.Index)];
    }
}
