using System.Collections.Concurrent;

namespace MedLedger.Api.Http.Rest;

/// <summary>
/// Turns of requests that create what is not there yet: from the search to the write nobody else's condition on the same
/// type is looked at, so that of several at once one creates and the others find it. Writes without a condition need no
/// turn: whatever comes between search and write is as if it came after.
/// </summary>
internal sealed class ConditionTurns
{
    private readonly ConcurrentDictionary<string, SemaphoreSlim> _types = new(StringComparer.Ordinal);

    /// <summary>Waits for the turn; what is returned ends it.</summary>
    /// <param name="types">Resource types.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public async Task<IDisposable> WaitAsync(IEnumerable<string> types, CancellationToken cancellation)
    {
        var turn = new Turn();
        try
        {
            // In one order, so that two who need the same types never wait for each other.
            foreach (var type in types.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal))
            {
                var semaphore = _types.GetOrAdd(type, _ => new SemaphoreSlim(1));
                await semaphore.WaitAsync(cancellation);
                turn.Taken.Add(semaphore);
            }
            return turn;
        }
        catch
        {
            turn.Dispose();
            throw;
        }
    }

    private sealed class Turn : IDisposable
    {
        public List<SemaphoreSlim> Taken { get; } = [];

        public void Dispose()
        {
            foreach (var semaphore in Taken)
                semaphore.Release();
            Taken.Clear();
        }
    }
}
