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
    private static readonly int MostIdle = 8 * Environment.ProcessorCount;
    private readonly ConcurrentStack<LedgerContext> _idle = new();
    private int _count;
    private volatile bool _isOver;

    /// <summary>A context, the caller's until it is disposed.</summary>
    public LedgerContext Rent() =>
        TryTake() is { } idle ? idle.Lend(this) : new LedgerContext(options) { Roots = roots }.Lend(this);

    /// <summary>Takes a context back; false when it is not kept.</summary>
    public bool TryKeep(LedgerContext context)
    {
        if (_isOver || !context.TryReset())
            return false;
        if (Interlocked.Increment(ref _count) > MostIdle)
        {
            Interlocked.Decrement(ref _count);
            return false;
        }
        _idle.Push(context);
        // Over meanwhile: nobody else empties it any more.
        if (_isOver)
            Dispose();
        return true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _isOver = true;
        while (TryTake() is { } idle)
            idle.End();
    }

    // The one that came back last: its pages are the freshest.
    private LedgerContext? TryTake()
    {
        if (!_idle.TryPop(out var idle))
            return null;
        Interlocked.Decrement(ref _count);
        return idle;
    }
}
