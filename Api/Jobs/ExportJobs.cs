using System.Security.Cryptography;
using MedLedger.Api.Persistence;
using MedLedger.Consent.Chain.Rpc;
using Microsoft.EntityFrameworkCore;

namespace MedLedger.Api.Jobs;

/// <summary>
/// Bulk exports as durable jobs: accepted, looked through in the background by what the gate permits the caller, kept for a
/// day, cancelled by their caller alone. Those that a crash interrupted begin anew.
/// </summary>
internal sealed class ExportJobs(OpenLedger ledger) : IDisposable
{
    /// <summary>How long an export can be had.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(24);

    private const int MostOfOneCaller = 20;
    private readonly SemaphoreSlim _waiting = new(0);
    private Store Store => ledger.Store;

    /// <summary>Waits until there may be something to do.</summary>
    public Task WaitAsync(TimeSpan most, CancellationToken cancellation) => _waiting.WaitAsync(most, cancellation);

    /// <inheritdoc/>
    public void Dispose() => _waiting.Dispose();

    /// <summary>Takes an export; null when the caller has too many.</summary>
    public async Task<string?> AcceptAsync(ExportContent content, CancellationToken cancellation)
    {
        await using var context = Store.CreateDbContext();
        var owner = Store.Vault.PatientKey(content.Actors[0]);
        if (await Live(context).CountAsync(e => e.OwnerKey == owner, cancellation) >= MostOfOneCaller)
            return null;
        var id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        var now = Store.Time.GetUtcNow();
        context.Add(
            new ExportRow
            {
                Id = id,
                OwnerKey = owner,
                State = ExportState.Accepted,
                Content = content.Seal(Store, id),
                Created = now.ToUnixTimeSeconds(),
                Expires = (now + Lifetime).ToUnixTimeSeconds(),
            }
        );
        await context.SaveChangesAsync(cancellation);
        _waiting.Release();
        return id;
    }

    /// <summary>An export of this caller, for this purpose; null for everybody else, and when it has expired.</summary>
    public async Task<(ExportRow Row, ExportContent Content)?> FindAsync(
        LedgerContext context,
        string id,
        string user,
        string purpose,
        CancellationToken cancellation
    )
    {
        var owner = Store.Vault.PatientKey(user);
        var row = await Live(context).AsNoTracking().SingleOrDefaultAsync(e => e.Id == id, cancellation);
        return row?.OwnerKey == owner && ExportContent.Open(Store, row) is { } content && content.Purpose == purpose
            ? (row, content)
            : null;
    }

    /// <summary>The files of a completed export, in their order.</summary>
    public async Task<IReadOnlyList<(int Number, ExportFile File)>> FilesAsync(
        LedgerContext context,
        string id,
        CancellationToken cancellation
    )
    {
        var files = new List<(int, ExportFile)>();
        var rows = context.Set<ExportFileRow>().AsNoTracking().Where(f => f.ExportId == id).OrderBy(f => f.Number);
        await foreach (var row in rows.AsAsyncEnumerable().WithCancellation(cancellation))
            files.Add((row.Number, ExportFile.Open(Store, row) ?? throw Damaged()));
        return files;
    }

    /// <summary>One file of an export; null when it has none of that number.</summary>
    public async Task<ExportFile?> FileAsync(
        LedgerContext context,
        string id,
        int number,
        CancellationToken cancellation
    )
    {
        var row = await context
            .Set<ExportFileRow>()
            .AsNoTracking()
            .SingleOrDefaultAsync(f => f.ExportId == id && f.Number == number, cancellation);
        return row is null ? null : ExportFile.Open(Store, row) ?? throw Damaged();
    }

    /// <summary>Ends an export: it is not there any more, nor are its files. One that runs notices.</summary>
    public static async Task CancelAsync(LedgerContext context, string id, CancellationToken cancellation) =>
        await context.Set<ExportRow>().Where(e => e.Id == id).ExecuteDeleteAsync(cancellation);

    /// <summary>Runs what waits, one after the other, and lets go of what has expired.</summary>
    /// <exception cref="ChainUnavailableException">The chain is out of reach: what waits goes on waiting.</exception>
    public async Task RunAsync(CancellationToken cancellation)
    {
        await using var context = Store.CreateDbContext();
        var now = Store.Time.GetUtcNow().ToUnixTimeSeconds();
        await context.Set<ExportRow>().Where(e => e.Expires <= now).ExecuteDeleteAsync(cancellation);
        while (
            await Live(context)
                .AsNoTracking()
                .Where(e => e.State == ExportState.Accepted)
                .OrderBy(e => e.Created)
                .FirstOrDefaultAsync(cancellation)
                is { } row
        )
        {
            try
            {
                var content = ExportContent.Open(Store, row) ?? throw Damaged();
                await new ExportRun(ledger, row.Id, content).RunAsync(cancellation);
            }
            catch (Exception failure) when (failure is not (OperationCanceledException or ChainUnavailableException))
            {
                await FailAsync(row.Id, cancellation);
                throw;
            }
        }
    }

    private async Task FailAsync(string id, CancellationToken cancellation)
    {
        await using var context = Store.CreateDbContext();
        await context
            .Set<ExportRow>()
            .Where(e => e.Id == id)
            .ExecuteUpdateAsync(set => set.SetProperty(e => e.State, ExportState.Failed), cancellation);
    }

    private IQueryable<ExportRow> Live(LedgerContext context)
    {
        var now = Store.Time.GetUtcNow().ToUnixTimeSeconds();
        return context.Set<ExportRow>().Where(e => e.Expires > now);
    }

    private static InvalidDataException Damaged() => new("The row of an export's file is damaged.");
}
