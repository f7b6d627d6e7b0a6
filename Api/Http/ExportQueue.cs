using MedLedger.Api.Jobs;
using MedLedger.Consent.Chain.Rpc;

namespace MedLedger.Api.Http;

/// <summary>Runs exports in the background, one after the other; those of an earlier start first.</summary>
internal sealed partial class ExportQueue(OpenLedger ledger, ILogger<ExportQueue> log) : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await ledger.Exports.RunAsync(stoppingToken);
                await ledger.Exports.WaitAsync(Every, stoppingToken);
            }
            catch (ChainUnavailableException)
            {
                await ledger.Exports.WaitAsync(Every, stoppingToken);
            }
            catch (Exception failure) when (failure is not OperationCanceledException)
            {
                Failed(log, failure.GetType().Name); // messages may name what must not be logged
                await ledger.Exports.WaitAsync(Pause, stoppingToken);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "An export failed: {Kind}. It is given up.")]
    private static partial void Failed(ILogger logger, string kind);
}
