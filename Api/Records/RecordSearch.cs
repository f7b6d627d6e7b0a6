using System.Text.Json;
using MedLedger.Api.Fhir;
using MedLedger.Api.Jobs;
using MedLedger.Api.Persistence;
using MedLedger.Consent.Access;
using MedLedger.Consent.Vault;
using Microsoft.EntityFrameworkCore;

namespace MedLedger.Api.Records;

/// <summary>What a search asks of the store: a type, criteria, and what the server itself knows of a record.</summary>
internal sealed record RecordQuery(string Type, IReadOnlyList<SearchCriterion> Criteria)
{
    /// <summary>In the place of a type: records of every type.</summary>
    public const string AnyType = "*";

    /// <summary><c>Type/id</c> in whose compartment the record is; null for any.</summary>
    public string? Compartment
    {
        get;
        init
        {
            field = value;
            Linked = SearchCompartment.Find(value);
        }
    }

    /// <summary>The same, where it is no patient's.</summary>
    public SearchCompartment? Linked { get; private init; }

    /// <summary>Ids, one of which the record has; null for any.</summary>
    public IReadOnlyList<string>? Ids { get; init; }

    /// <summary><c>_lastUpdated</c>: of each group one has to match.</summary>
    public IReadOnlyList<IReadOnlyList<SearchDate>> LastUpdated { get; init; } = [];
}

/// <summary>A search that would open too much.</summary>
internal sealed class TooCostlyException(string message) : Exception(message);

/// <summary>
/// Finds records: blind tokens narrow the candidates in the compartments that the caller may have something in, the gate
/// decides on each candidate, and what it permits is opened and compared in clear. What is not permitted is not counted.
/// </summary>
internal sealed class RecordSearch(OpenLedger ledger, AccessRequest request, AccessLog log)
{
    /// <summary>At most so many patients are looked through for one search.</summary>
    public const int MaxPatients = 500;

    /// <summary>At most so many records are opened for one search.</summary>
    public const int MaxOpened = 20_000;

    // $0: what grants, emergencies and delegations call the caller; $1: what their own compartments are called; $2: now.
    // A patient may be named more than once.
    private const string GrantedTo = """
        SELECT g.PatientKey FROM json_each($0) k CROSS JOIN grants g ON g.GranteeKey = k.value
        WHERE NOT g.IsRevocationSigned
        UNION ALL SELECT e.PatientKey FROM json_each($0) k CROSS JOIN emergencies e ON e.DeclarerKey = k.value
        WHERE e.Ends > $2
        UNION ALL SELECT d.PatientKey FROM json_each($0) k CROSS JOIN delegations d ON d.DelegateKey = k.value
        UNION ALL SELECT p.PatientKey FROM json_each($1) k CROSS JOIN patients p ON p.PatientKey = k.value
        """;

    private readonly Store _store = ledger.Store;
    private int _opened;

    // The caller's own compartments, once it is known that no other patient's are searched: less is asked of them then.
    private IReadOnlyDictionary<string, string>? _own;

    /// <summary>The records that match and that the caller may see; the caller disposes them.</summary>
    public async Task<IReadOnlyList<ReadableRecord>> FindAsync(
        LedgerContext context,
        RecordQuery query,
        CancellationToken cancellation
    )
    {
        var found = query.Ids is null
            ? await OpenCandidatesAsync(context, query, cancellation)
            : await OpenReferencesAsync(context, [.. query.Ids.Select(id => $"{query.Type}/{id}")], cancellation);
        var matching = new List<ReadableRecord>();
        foreach (var record in found)
        {
            if (Matches(record, query))
                matching.Add(record);
            else
                record.Dispose();
        }
        return matching;
    }

    private async Task<IReadOnlyList<ReadableRecord>> OpenCandidatesAsync(
        LedgerContext context,
        RecordQuery query,
        CancellationToken cancellation
    )
    {
        var (candidates, standIns) = Candidates(context, query);
        Count(candidates.Count);
        var others = standIns.Keys;
        return await OpenAsync(
            context,
            [.. candidates, .. others],
            others.ToHashSet(StringComparer.Ordinal),
            areAllDecided: false,
            cancellation
        );
    }

    /// <summary>Opens what is permitted of the records with these references.</summary>
    public async Task<IReadOnlyList<ReadableRecord>> OpenReferencesAsync(
        LedgerContext context,
        IReadOnlyList<string> references,
        CancellationToken cancellation
    )
    {
        List<string> keys = [.. references.Select(_store.Vault.RecordKey).Distinct(StringComparer.Ordinal)];
        Count(keys.Count);
        var compartments = Compartments(context);
        var named = await NamedRecords.FindAsync(context, keys, compartments, log, cancellation);
        return await OpenAsync(context, [.. named.Present, .. named.StandIns], named.StandIns, true, cancellation);
    }

    /// <summary>Opens what is permitted of records in their newest versions, by their storage keys; deleted ones only when told to.</summary>
    public Task<IReadOnlyList<ReadableRecord>> OpenAsync(
        LedgerContext context,
        IReadOnlyList<string> keys,
        CancellationToken cancellation,
        bool deleted = false
    )
    {
        Count(keys.Count);
        return OpenAsync(context, keys, new HashSet<string>(StringComparer.Ordinal), true, cancellation, deleted);
    }

    // What stands in for records that are not there, or not to be seen, is decided on and not opened: all of them after
    // the records of a part, or as many as closed records leave in the end.
    private async Task<IReadOnlyList<ReadableRecord>> OpenAsync(
        LedgerContext context,
        IReadOnlyList<string> keys,
        IReadOnlySet<string> standIns,
        bool areAllDecided,
        CancellationToken cancellation,
        bool deleted = false
    )
    {
        var (readable, closed, others) = (
            new List<ReadableRecord>(),
            new List<StoredRecord>(),
            new List<StoredRecord>()
        );
        ChainView? view = null;
        var known = new Dictionary<string, PatientState>(StringComparer.Ordinal);
        async Task LoadStatesAsync(IEnumerable<string> patients)
        {
            var missing = patients.Where(key => !known.ContainsKey(key)).ToHashSet(StringComparer.Ordinal);
            // Of what is the caller's own, or nobody's, no consent decides, and so no grant on the chain.
            if (missing.Any(key => _own?.ContainsKey(key) != true && key != _store.Vault.OrganizationKey))
                view ??= await ledger.Chain.RecentViewAsync(cancellation);
            foreach (var (key, state) in await ledger.States.LoadAsync(context, missing, cancellation, _own))
                known[key] = state;
        }
        var opener = new RecordOpener(_store.Vault, ledger.Gate);
        void Decide(IEnumerable<StoredRecord> records) => opener.Decide(records, request, known, view);
        void Refuse(StoredRecord record, DenyReason reason)
        {
            closed.Add(record);
            log.Refused(record, reason);
        }
        foreach (var chunk in keys.Chunk(200))
        {
            var stored = await RecordReader.LoadAsync(context, chunk, cancellation, deleted).ToListAsync(cancellation);
            others.AddRange(stored.Where(s => standIns.Contains(s.Record.RecordKey)));
            if (areAllDecided)
                await LoadStatesAsync(others.SelectMany(PatientsOf));
            stored.RemoveAll(s => standIns.Contains(s.Record.RecordKey));
            await LoadStatesAsync(stored.SelectMany(PatientsOf));
            var byKey = stored.ToDictionary(s => s.Record.RecordKey, StringComparer.Ordinal);
            foreach (var opened in opener.Open(stored, request, known, view, Refuse))
            {
                readable.Add(new ReadableRecord(byKey[opened.RecordKey], opened));
                log.Permitted(opened);
            }
        }
        if (areAllDecided)
        {
            Decide(others);
            return readable;
        }
        var seen = readable.SelectMany(record => record.PatientKeys).ToHashSet(StringComparer.Ordinal);
        await StandIns.FinishAsync(others, seen, closed, LoadStatesAsync, Decide);
        return readable;
    }

    private static IEnumerable<string> PatientsOf(StoredRecord stored) =>
        stored.Record.Compartments.Select(compartment => compartment.PatientKey);

    /// <summary>
    /// The compartments in which the caller may have something: their own, those whose grants name them, those
    /// of whom they act for, those for which they declared an emergency, and the organization's.
    /// </summary>
    public IReadOnlyList<string> Compartments(LedgerContext context, int most = MaxPatients)
    {
        var all = new SortedSet<string>(StringComparer.Ordinal);
        EachGranted(context, key => !all.Add(key) || all.Count <= most);
        List<string> granted = [.. all];
        // A token for one patient looks through that one alone; the gate would refuse the others.
        if (request.Scopes?.Count > 0 && request.Scopes.All(s => s.Patient is not null))
        {
            var named = request.Scopes.Select(s => _store.Vault.PatientKey(s.Patient!)).ToList();
            granted = [.. granted.Where(g => named.Contains(g, StringComparer.Ordinal))];
        }
        if (granted.Count > most)
            throw new TooCostlyException($"More than {most} patients would be looked through; name one.");
        var own = ledger.States.OwnOf(request);
        _own = granted.TrueForAll(own.ContainsKey) ? own : null;
        return [.. granted, _store.Vault.OrganizationKey];
    }

    /// <summary>Whether the caller may have something in a patient's compartment.</summary>
    public bool MayHave(LedgerContext context, string patientKey)
    {
        var isGranted = false;
        EachGranted(context, key => !(isGranted = isGranted || key == patientKey));
        return isGranted
            && request.Scopes?.Any(s => s.Patient is null || _store.Vault.PatientKey(s.Patient) == patientKey) != false;
    }

    private void EachGranted(LedgerContext context, Func<string, bool> look) =>
        Query.Each(
            context,
            GrantedTo,
            row => look(row.GetString(0)),
            Query.List(request.Actors.Select(_store.Vault.RecordKey)),
            Query.List(request.Actors.Select(_store.Vault.PatientKey)),
            _store.Time.GetUtcNow().ToUnixTimeSeconds()
        );

    // What the criteria's tokens name, and others that may stand in.
    private (IReadOnlyCollection<string> Keys, StandIns Others) Candidates(LedgerContext context, RecordQuery query)
    {
        var compartments = Compartments(context);
        var linked = query.Linked;
        var own = linked is null ? null : _store.Vault.RecordKey(linked.Reference);
        var keys = new SortedSet<string>(StringComparer.Ordinal);
        var others = new StandIns();
        foreach (var compartment in Narrow(compartments, query))
        {
            using var index = _store.Vault.OpenIndex(compartment);
            if (index is null)
                continue;
            // Terms are of one type.
            var wanted =
                query.Type == RecordQuery.AnyType
                    ? []
                    : query
                        .Criteria.Where(c => c.Terms is not null)
                        .Select(c =>
                            c.Terms!.Select(term => BlindTokens.Of(index, query.Type, c.Definition.Code, term))
                                .ToArray()
                        )
                        .Prepend([BlindTokens.Of(index, "", "_type", query.Type)])
                        .ToList();
            var links = linked is null ? null : Links(index, linked, query.Type).ToArray();
            var isPatient = compartment != _store.Vault.OrganizationKey;
            CompartmentTokens
                .Of(context, compartment)
                .Each(
                    (key, tokens) =>
                    {
                        var isIn = links is null || key == own || BlindTokens.HasAny(tokens, links);
                        if (isIn && BlindTokens.HasAll(tokens, wanted))
                            keys.Add(key);
                        else if (isPatient && others.Takes(compartment))
                            others.Offer(key, compartment);
                    }
                );
        }
        others.Withdraw(keys);
        return (keys, others);
    }

    // The tokens of what names the resource of a compartment, by any parameter and in any type that may be in it.
    private static IEnumerable<byte[]> Links(PatientIndex index, SearchCompartment linked, string type) =>
        from one in type == RecordQuery.AnyType ? linked.Contents : [type]
        from criterion in linked.Of(one)
        from term in criterion.Terms!
        select BlindTokens.Of(index, one, criterion.Definition.Code, term);

    // A compartment, and a criterion that names patients, leave theirs.
    private IEnumerable<string> Narrow(IReadOnlyList<string> compartments, RecordQuery query)
    {
        if (query is { Compartment: { } only, Linked: null })
            compartments = [.. compartments.Intersect([_store.Vault.PatientKey(only)], StringComparer.Ordinal)];
        var named = query
            .Criteria.Where(c => c.Terms?.Count > 0)
            .Select(c => c.Terms!)
            .FirstOrDefault(terms => terms.All(t => t.StartsWith("Patient/", StringComparison.Ordinal)));
        return named is null
            ? compartments
            : compartments.Intersect(named.Select(_store.Vault.PatientKey), StringComparer.Ordinal);
    }

    private void Count(int records)
    {
        _opened += records;
        if (_opened > MaxOpened)
            throw new TooCostlyException($"More than {MaxOpened} records would be compared; name a patient or a code.");
    }

    private static bool Matches(ReadableRecord record, RecordQuery query)
    {
        if (record.Type != query.Type && query.Type != RecordQuery.AnyType)
            return false;
        var written = new FhirRange(record.Written.UtcTicks, record.Written.UtcTicks + TimeSpan.TicksPerMillisecond);
        if (!query.LastUpdated.All(any => any.Any(one => one.Matches(written))))
            return false;
        if (query.Criteria.Count == 0 && query.Compartment is null)
            return true;
        // Labels that the rules derived stand beside the content; the body has them all.
        var hasLabels = query.Criteria.Any(c => c.Definition.Code == "_security");
        using var document = JsonDocument.Parse(hasLabels ? record.ToBody() : record.Content);
        return (query.Compartment is null || IsIn(record, document.RootElement, query))
            && query.Criteria.All(c => c.Matches(document.RootElement));
    }

    // FHIR R4, CompartmentDefinition: the resource itself, and what names it; a patient by the paths of each type.
    private static bool IsIn(ReadableRecord record, JsonElement resource, RecordQuery query) =>
        record.Reference == query.Compartment
        || (
            query.Linked is { } linked
                ? linked.Of(record.Type).Any(criterion => criterion.Matches(resource))
                : ResourcePaths
                    .Of(record.Type)
                    .Patient.SelectMany(path => ResourcePaths.Follow(resource, [.. path, "reference"]))
                    .Any(value =>
                        value.ValueKind == JsonValueKind.String
                        && LiteralReference.ToTypeAndId(value.GetString()!) == query.Compartment
                    )
        );
}
