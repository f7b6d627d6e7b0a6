using System.Collections.Concurrent;

namespace MedLedger.Api.Http;

/// <summary>
/// What searches may open, per caller: a token bucket that is full with the records of one minute. A search begins while
/// there is anything left and pays afterwards for what it opened, if need be ahead of what comes in, so that each one that
/// began ends well. Only what the caller may see is paid for: what is denied and what is not there cost the same.
/// </summary>
/// <param name="time">By which the bucket fills.</param>
/// <param name="perMinute">Records a minute; also what the bucket holds.</param>
internal sealed class SearchBudget(TimeProvider time, int perMinute)
{
    private readonly ConcurrentDictionary<string, Bucket> _buckets = new(StringComparer.Ordinal);

    /// <summary>How long the caller has to wait before the next search; zero when it may begin.</summary>
    public TimeSpan Wait(string caller)
    {
        var bucket = Of(caller);
        lock (bucket)
        {
            var level = Fill(bucket);
            return level >= 1 ? TimeSpan.Zero : TimeSpan.FromMinutes((1 - level) / perMinute);
        }
    }

    /// <summary>Takes what a search opened out of the caller's bucket.</summary>
    public void Charge(string caller, int records)
    {
        var bucket = Of(caller);
        lock (bucket)
            bucket.Level = Fill(bucket) - records;
    }

    private Bucket Of(string caller) =>
        _buckets.GetOrAdd(caller, _ => new Bucket { Level = perMinute, At = time.GetTimestamp() });

    private double Fill(Bucket bucket)
    {
        var now = time.GetTimestamp();
        bucket.Level = Math.Min(
            perMinute,
            bucket.Level + (time.GetElapsedTime(bucket.At, now).TotalMinutes * perMinute)
        );
        bucket.At = now;
        return bucket.Level;
    }

    // One for each account, of which there are as many as somebody made.
    private sealed class Bucket
    {
        public double Level { get; set; }

        public long At { get; set; }
    }
}
