using System.Threading.Channels;
using MedLedger.Api.Jobs;
using MedLedger.Api.Records;

namespace MedLedger.Api.Http;

/// <summary>
/// Runs accepted analyses one after the other, and anchors on a clock. What is not finished when the server stops is
/// taken up at the next start.
/// </summary>
internal sealed partial class AnalysisQueue(OpenLedger ledger, ILogger<AnalysisQueue> log) : BackgroundService
{
    private static readonly TimeSpan ConsentsEvery = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan AnchorEvery = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan ResealEvery = TimeSpan.FromSeconds(30);
    private readonly Channel<string> _jobs = Channel.CreateBounded<string>(1024);

    /// <summary>Queues an accepted job; false when too many wait.</summary>
    public bool TryAdd(string id) => _jobs.Writer.TryWrite(id);

    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(
            RunJobsAsync(stoppingToken),
            AnchorAsync(stoppingToken),
            ConsentsAsync(stoppingToken),
            ResealAsync(stoppingToken),
            RelabelAsync(stoppingToken)
        );

    private async Task RunJobsAsync(CancellationToken stopping)
    {
        await foreach (var id in _jobs.Reader.ReadAllAsync(stopping))
        {
            try
            {
                await ledger.Analyses.RunAsync(id, stopping);
            }
            catch (Exception failure) when (failure is not OperationCanceledException)
            {
                Failed(log, id, failure.GetType().Name); // messages may name what must not be logged
            }
        }
    }

    private async Task AnchorAsync(CancellationToken stopping)
    {
        using var timer = new PeriodicTimer(AnchorEvery, ledger.Store.Time);
        var reorganisations = 0;
        while (await timer.WaitForNextTickAsync(stopping))
        {
            try
            {
                await ledger.Anchoring.AnchorRecordsAsync(stopping);
                if (await ledger.Audit.HeadAsync(stopping) is not null)
                    await ledger.Anchoring.AnchorLogAsync(stopping);
                if (ledger.Chain.Reorganisations == reorganisations)
                    continue;
                reorganisations = ledger.Chain.Reorganisations;
                foreach (var id in await ledger.Analyses.RecheckAsync(stopping))
                    await _jobs.Writer.WriteAsync(id, stopping);
            }
            catch (Exception failure) when (failure is not OperationCanceledException)
            {
                Failed(log, "anchoring", failure.GetType().Name);
            }
        }
    }

    /// <summary>
    /// Changes of consents that waited for the chain, or came by an import.
    /// </summary>
    private async Task ConsentsAsync(CancellationToken stopping)
    {
        using var timer = new PeriodicTimer(ConsentsEvery, ledger.Store.Time);
        while (await timer.WaitForNextTickAsync(stopping))
        {
            try
            {
                await ledger.Issuer.ContinueAsync(stopping);
            }
            catch (Exception failure) when (failure is not OperationCanceledException)
            {
                Failed(log, "a change of consents", failure.GetType().Name);
            }
        }
    }

    /// <summary>After a revocation, what stands under former epochs of segments.</summary>
    private async Task ResealAsync(CancellationToken stopping)
    {
        using var timer = new PeriodicTimer(ResealEvery, ledger.Store.Time);
        while (await timer.WaitForNextTickAsync(stopping))
        {
            try
            {
                await new Resealing(ledger.Store).RunAsync(progress: null, stopping);
            }
            catch (Exception failure) when (failure is not OperationCanceledException)
            {
                Failed(log, "sealing again", failure.GetType().Name);
            }
        }
    }

    /// <summary>After a start with other rules than those that labelled the records.</summary>
    private async Task RelabelAsync(CancellationToken stopping)
    {
        await Task.Yield();
        try
        {
            var job = new LabelJob(ledger.Store, ledger.Audit);
            if (await job.IsDueAsync(stopping))
                await job.RunAsync(again: false, progress: null, stopping);
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            Failed(log, "labelling", failure.GetType().Name);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "{Job} failed: {Kind}. It is tried again at the next start.")]
    private static partial void Failed(ILogger logger, string job, string kind);
}
