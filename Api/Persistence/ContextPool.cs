using System.Collections.Concurrent;
using Microsoft.EntityFrameworkCore;

namespace MedLedger.Api.Persistence;

/// <summary>
/// Contexts of one database that keep their connection open and their statements prepared between uses: to open a
/// connection and to prepare what is asked for costs more than to ask. A context that is disposed comes back here, with
/// nothing tracked. For several threads.
/// </summary>
internal sealed class ContextPool(DbContextOptions<LedgerContext> options, Records.RecordRoots roots) : IDisposable
{
    private static readonly int MostIdle = 4 * Environment.ProcessorCount;
    private readonly ConcurrentBag<LedgerContext> _idle = [];
    private volatile bool _isOver;

    /// <summary>A context, the caller's until it is disposed.</summary>
    public LedgerContext Rent() =>
        _idle.TryTake(out var idle) ? idle.Lend(this) : new LedgerContext(options) { Roots = roots }.Lend(this);

    /// <summary>Takes a context back; false when it is not kept.</summary>
    public bool TryKeep(LedgerContext context)
    {
        if (_isOver || _idle.Count >= MostIdle || !context.TryReset())
            return false;
        _idle.Add(context);
        // Over meanwhile: nobody else empties it any more.
        if (_isOver)
            Dispose();
        return true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _isOver = true;
        while (_idle.TryTake(out var idle))
            idle.End();
    }
}
