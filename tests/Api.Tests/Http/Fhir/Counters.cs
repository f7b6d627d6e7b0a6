using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace MedLedger.Api.Tests.Http.Fhir;

/// <summary>Counts the database's commands and the openings of sealed things in this process while it lives.</summary>
internal sealed class Counters : IObserver<DiagnosticListener>, IObserver<KeyValuePair<string, object?>>, IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly List<IDisposable> _subscriptions = [];
    private long _opened;
    private long _queries;

    public Counters()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Name == "medledger.sealing.opened")
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((_, value, _, _) => Interlocked.Add(ref _opened, value));
        _listener.Start();
        _subscriptions.Add(DiagnosticListener.AllListeners.Subscribe(this));
    }

    /// <summary>Openings and database commands so far.</summary>
    public (long Opened, long Queries) Now => (Interlocked.Read(ref _opened), Interlocked.Read(ref _queries));

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
