using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace MedLedger.Api.Tests.Http.Fhir;

/// <summary>
/// Counts the database's commands, whoever wrote their SQL, and the openings of sealed things in this process, from its
/// initialization on: a context that is in use asks once a second whether anybody counts.
/// </summary>
public sealed class Counters
    : IObserver<DiagnosticListener>,
        IObserver<KeyValuePair<string, object?>>,
        IAsyncLifetime,
        IDisposable
{
    private static readonly TimeSpan UntilAsked = TimeSpan.FromSeconds(1.5);
    private readonly MeterListener _listener = new();
    private readonly List<IDisposable> _subscriptions = [];
    private long _opened;
    private long _queries;

    public Counters()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Name is "medledger.sealing.opened" or "medledger.database.queries")
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>(
            (instrument, value, _, _) =>
                Interlocked.Add(ref instrument.Name == "medledger.sealing.opened" ? ref _opened : ref _queries, value)
        );
        _listener.Start();
        _subscriptions.Add(DiagnosticListener.AllListeners.Subscribe(this));
    }

    /// <summary>Openings and database commands so far.</summary>
    public (long Opened, long Queries) Now => (Interlocked.Read(ref _opened), Interlocked.Read(ref _queries));

    public Task InitializeAsync() => Task.Delay(UntilAsked);

    Task IAsyncLifetime.DisposeAsync() => Task.CompletedTask;

    /// <summary>Opened and Queries since an earlier look.</summary>
    public (long Opened, long Queries) Since((long Opened, long Queries) before) =>
        (Now.Opened - before.Opened, Now.Queries - before.Queries);

    public void OnNext(DiagnosticListener value)
    {
        if (value.Name == DbLoggerCategory.Name)
            _subscriptions.Add(value.Subscribe(this));
    }

    public void OnNext(KeyValuePair<string, object?> value)
    {
        if (value.Key == RelationalEventId.CommandExecuted.Name)
            Interlocked.Increment(ref _queries);
    }

    public void OnError(Exception error) { }

    public void OnCompleted() { }

    public void Dispose()
    {
        _listener.Dispose();
        foreach (var subscription in _subscriptions)
            subscription.Dispose();
    }
}
