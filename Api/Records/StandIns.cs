using MedLedger.Consent.Vault;

namespace MedLedger.Api.Records;

/// <summary>
/// Other records that stand in, in a search by criteria, for what the caller may not see among those that the criteria
/// name: where fewer stay closed, so many others are decided on, of so many patients, that up to <see cref="Most"/> cost
/// what none cost. They are of the compartments that are searched in any case, and are not opened.
/// </summary>
internal sealed class StandIns
{
    /// <summary>So many closed records cost nothing that others in their place would not.</summary>
    public const int Most = 8;

    private readonly List<string> _first = [];
    private readonly List<string> _more = [];
    private readonly HashSet<string> _compartments = new(StringComparer.Ordinal);

    /// <summary>Storage keys: of as many compartments as there are, as far as the number goes.</summary>
    public IReadOnlyList<string> Keys => [.. _first.Concat(_more).Take(Most)];

    /// <summary>Whether another record of this compartment is wanted.</summary>
    public bool Takes(string compartment) =>
        _more.Count < Most || (_first.Count < Most && !_compartments.Contains(compartment));

    /// <summary>A record of a compartment that the criteria do not name; another one of them may name it.</summary>
    public void Offer(string recordKey, string compartment)
    {
        if (_first.Count < Most && _compartments.Add(compartment))
            _first.Add(recordKey);
        else if (_more.Count < Most)
            _more.Add(recordKey);
    }

    /// <summary>What the criteria name after all.</summary>
    public void Withdraw(IReadOnlySet<string> named)
    {
        _first.RemoveAll(named.Contains);
        _more.RemoveAll(named.Contains);
    }

    /// <summary>
    /// Decides on as many as the closed records leave. The patients whose states are loaded for it are as many as if none
    /// had been closed: those of the stand-ins that no opened record is of, less those of closed ones.
    /// </summary>
    /// <param name="rows">The rows of <see cref="Keys"/>.</param>
    /// <param name="opened">Patients of the records that were opened.</param>
    /// <param name="closed">The records that stay closed.</param>
    /// <param name="load">Loads states, in addition to those that are known.</param>
    /// <param name="decide">Asks the gate about each, for the time that it takes.</param>
    public static async Task FinishAsync(
        IReadOnlyList<StoredRecord> rows,
        IReadOnlySet<string> opened,
        IReadOnlyList<StoredRecord> closed,
        Func<IReadOnlyList<string>, Task> load,
        Action<IEnumerable<StoredRecord>> decide
    )
    {
        var fresh = rows.SelectMany(PatientsOf).Except(opened, StringComparer.Ordinal).ToList();
        var refused = closed
            .SelectMany(PatientsOf)
            .Except(opened, StringComparer.Ordinal)
            .ToHashSet(StringComparer.Ordinal);
        var wanted = fresh.Where(patient => !refused.Contains(patient)).Take(Math.Max(0, fresh.Count - refused.Count));
        var loaded = wanted.ToHashSet(StringComparer.Ordinal);
        await load([.. loaded]);
        var left = Math.Max(0, Math.Min(rows.Count, Most) - closed.Count);
        decide(rows.OrderByDescending(row => PatientsOf(row).Any(loaded.Contains)).Take(left));
    }

    private static IEnumerable<string> PatientsOf(StoredRecord record) =>
        record.Record.Compartments.Select(compartment => compartment.PatientKey);
}
