using MedLedger.Consent.Directives;
using MedLedger.Crypto.Fields;

namespace MedLedger.Consent.Access;

/// <summary>
/// The Consents of patients as rules, for seconds after they were opened and held against their leaves: to open and to read
/// them costs more than to decide. A leaf commits to the content, so what is kept holds exactly as long as the patient's
/// Consents have the same leaves; one that was given, changed or ended since has others, and all are read again. Forgotten
/// when nobody asked for <see cref="Idle"/>, and with the patient. Safe for several threads.
/// </summary>
internal sealed class DirectiveCache(TimeProvider time)
{
    private const int Most = 1024;
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(30);
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);
    private long _swept = time.GetTimestamp();

    /// <summary>The rules of a patient whose Consents have exactly these leaves now; null when they are not here.</summary>
    public IReadOnlyList<ConsentDirective>? Find(string patientKey, IReadOnlyDictionary<string, Fr> leaves)
    {
        lock (_gate)
        {
            Sweep();
            if (!_entries.TryGetValue(patientKey, out var entry) || !entry.IsOf(leaves))
                return null;
            entry.Used = time.GetTimestamp();
            return entry.Directives;
        }
    }

    /// <summary>Keeps the rules that Consents with these leaves came to.</summary>
    public void Keep(
        string patientKey,
        IReadOnlyDictionary<string, Fr> leaves,
        IReadOnlyList<ConsentDirective> directives
    )
    {
        lock (_gate)
        {
            if (_entries.Count >= Most)
                _entries.Clear();
            _entries[patientKey] = new Entry(leaves, directives) { Used = time.GetTimestamp() };
        }
    }

    /// <summary>Forgets a patient.</summary>
    public void Forget(string patientKey)
    {
        lock (_gate)
            _entries.Remove(patientKey);
    }

    private void Sweep()
    {
        if (time.GetElapsedTime(_swept) < Idle / 2)
            return;
        _swept = time.GetTimestamp();
        foreach (var (key, _) in _entries.Where(one => time.GetElapsedTime(one.Value.Used) > Idle).ToList())
            _entries.Remove(key);
    }

    private sealed class Entry(IReadOnlyDictionary<string, Fr> leaves, IReadOnlyList<ConsentDirective> directives)
    {
        public IReadOnlyList<ConsentDirective> Directives => directives;

        public long Used { get; set; }

        public bool IsOf(IReadOnlyDictionary<string, Fr> others) =>
            leaves.Count == others.Count
            && others.All(one => leaves.TryGetValue(one.Key, out var leaf) && leaf == one.Value);
    }
}
