using MedLedger.Consent.Chain;
using MedLedger.Consent.Chain.Contracts;
using MedLedger.Consent.Chain.Following;
using MedLedger.Consent.Chain.Rpc;
using MedLedger.Consent.Log;

namespace MedLedger.Consent.Evidence;

/// <summary>
/// What the chain knows of a log: its anchored heads and the analyses on the ledger. It is read before the log, since
/// the log is written first: then what is on the chain must be in the log.
/// </summary>
/// <param name="Heads">Oldest first.</param>
/// <param name="Analyses">The nullifiers on the ledger.</param>
public sealed record LogChain(IReadOnlyList<AnchoredHead> Heads, IReadOnlyList<Bytes32> Analyses)
{
    /// <summary>How long a permitted analysis may take until it is reserved.</summary>
    private static readonly TimeSpan LongestWay = TimeSpan.FromHours(1);

    /// <summary>Reads a deployment's anchors and ledger; null when the endpoint serves another chain.</summary>
    /// <exception cref="ChainUnavailableException">The endpoint does not answer.</exception>
    /// <exception cref="ChainHistoryException">The endpoint does not have the contracts' whole history.</exception>
    public static async Task<LogChain?> ReadAsync(
        EthereumClient client,
        Deployment deployment,
        TimeProvider time,
        CancellationToken cancellation
    )
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(deployment);
        if (await client.ChainIdAsync(cancellation).ConfigureAwait(false) != deployment.ChainId)
            return null;
        var contract = new AuditAnchor(client, deployment.AuditAnchor);
        var heads = new List<AnchoredHead>();
        var count = await contract.CountAsync(cancellation).ConfigureAwait(false);
        for (var n = 0UL; n < count; n++)
            heads.Add(await contract.HeadAsync(n, cancellation).ConfigureAwait(false));
        using var follower = new ChainFollower(client, deployment, time);
        await follower.RefreshAsync(cancellation).ConfigureAwait(false);
        var analyses = follower.State.Analyses().Select(analysis => new Bytes32(analysis.Nullifier.ToBytes()));
        return new LogChain(heads, [.. analyses.Order()]);
    }

    /// <summary>Completes the report of a log that passed all other checks.</summary>
    public LogReport Check(LogReport report, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(report);
        if (!report.IsGood || report.Tree is not { } tree)
            return report;
        report = report with { Chain = ChainEvidence.Checked };
        foreach (var head in Heads)
        {
            // A head beyond the end: entries were cut off, or this copy is older than the anchor.
            if (head.Size > (ulong)tree.Size || head.Root != new Bytes32(tree.Root((long)head.Size)))
                return report with { Failed = LogCheck.Chain, Where = $"the anchored head of size {head.Size}" };
        }
        var anchored = Heads.Select(head => (long)head.Size).ToHashSet();
        // The list may have grown since the chain was read, at its end only.
        var newest = Heads.Count == 0 ? 0 : (long)Heads[^1].Size;
        var unknown = report.Anchors.FirstOrDefault(a => !anchored.Contains(a.Size) && a.Size <= newest);
        if (unknown is not null || (Heads.Count == 0 && report.Anchors.Count > 0))
        {
            var size = (unknown ?? report.Anchors[0]).Size;
            return report with { Failed = LogCheck.Chain, Where = $"the head of size {size} is not on the chain" };
        }

        var missing = Compare(report.Entries, now);
        return missing.FirstOrDefault(one => one.IsFault) is { } fault
            ? report with
            {
                Missing = missing,
                Failed = LogCheck.Ledger,
                Where = fault.Nullifier.ToString(),
            }
            : report with
            {
                Missing = missing,
            };
    }

    private List<UnmatchedAnalysis> Compare(IReadOnlyList<AuditEntry> entries, DateTimeOffset now)
    {
        var onLedger = Analyses.ToHashSet();
        var permitted = new Dictionary<Bytes32, long>();
        var aborted = new HashSet<Bytes32>();
        foreach (var entry in entries)
        {
            if (entry is { Action: AuditAction.AnalysisRequested, Decision: AuditDecision.Permitted })
                permitted[entry.Subject] = entry.Time;
            else if (entry.Action == AuditAction.AnalysisAborted)
                aborted.Add(entry.Subject);
        }
        var late = (now - LongestWay).ToUnixTimeSeconds();
        UnmatchedReason Why(Bytes32 nullifier, long time) =>
            aborted.Contains(nullifier) ? UnmatchedReason.Aborted
            : time > late ? UnmatchedReason.UnderWay
            : UnmatchedReason.NotOnLedger;
        return
        [
            .. permitted
                .Where(one => !onLedger.Contains(one.Key))
                .Select(one => new UnmatchedAnalysis(one.Key, Why(one.Key, one.Value))),
            .. Analyses
                .Where(nullifier => !permitted.ContainsKey(nullifier))
                .Select(nullifier => new UnmatchedAnalysis(nullifier, UnmatchedReason.NotInLog)),
        ];
    }
}
