using MedLedger.Api.Cli;
using MedLedger.Api.Fhir;
using MedLedger.Api.Persistence;
using MedLedger.Api.Records;
using MedLedger.Consent.Access;
using MedLedger.Consent.Vault;
using MedLedger.Crypto.Fields;
using Microsoft.EntityFrameworkCore;

namespace MedLedger.Api.Integrity;

/// <summary>
/// Opens every version of every record, and holds it against its leaves, its tags, and what it is found by. Nothing of
/// the content leaves <see cref="RecordCheck"/>.
/// </summary>
internal sealed class RecordsCheck(
    Store store,
    LedgerContext context,
    CompartmentCheck compartments,
    Action<Finding> found
)
{
    private const int Page = 100;

    /// <summary>Versions that were opened, or tried to.</summary>
    public long Records { get; private set; }

    public async Task RunAsync(IProgress<Progressed> progress, CancellationToken cancellation)
    {
        var total = Math.Max(1, await context.Records.LongCountAsync(cancellation));
        for (var after = ""; ; )
        {
            var keys = await context
                .Records.Where(r => string.Compare(r.RecordKey, after) > 0)
                .Select(r => r.RecordKey)
                .Distinct()
                .Order()
                .Take(Page)
                .ToListAsync(cancellation);
            if (keys.Count == 0)
                break;
            after = keys[^1];
            var page = await RecordPage.LoadAsync(context, keys, cancellation);
            using var check = new RecordCheck(store.Vault);
            foreach (var versions in page.Records.GroupBy(r => r.RecordKey, StringComparer.Ordinal))
            {
                var newest = versions.Max(r => r.Version);
                foreach (var record in versions)
                    Check(check, page, record, record.Version == newest);
            }
            progress.Report(new(Math.Min(1, (double)Records / total), Records, "records"));
        }
        await MissingAsync(cancellation);
    }

    private void Check(RecordCheck check, RecordPage page, RecordRow record, bool isNewest)
    {
        Records++;
        var id = $"{record.RecordKey}/{record.Version}";
        if (record.Compartments.Exists(c => compartments.Erased.Contains(c.PatientKey)))
            return;
        if (TryCheck(check, page, record, isNewest) is not { } one)
        {
            found(new("record", id, isNewest ? "does not open, or not to its leaf" : "does not open"));
            return;
        }
        if (!one.HasOwnKey)
            found(new("record", id, "is stored under the key of another one"));
        if (!one.HasOwnTags)
            found(new("record", id, "a content tag is not the one of its content"));
        if (record.IsDeleted && !one.IsDeletion)
            found(new("record", id, "is marked as deleted, and has content"));
        if (isNewest)
            Index(page, record, one, id);
    }

    private void Index(RecordPage page, RecordRow record, CheckedRecord one, string id)
    {
        var tokens = page.Tokens[record.RecordKey].ToHashSet(StringComparer.Ordinal);
        if (record.IsDeleted)
        {
            if (tokens.Count > 0 || page.Search[record.RecordKey].Any())
                found(new("index", id, "a deleted record can still be found"));
            return;
        }
        if (!one.TypeTokens.Values.Any(tokens.Contains))
            found(new("index", id, "the token of its type is missing"));
        foreach (var (patientKey, terms) in one.Tokens)
        {
            var row = page.Search[record.RecordKey].FirstOrDefault(s => s.PatientKey == patientKey);
            if (row is null || !row.Tokens.AsSpan().SequenceEqual(SearchRows.Join(terms)))
                found(new("index", id, "its search tokens are not those of its content"));
        }
    }

    private CheckedRecord? TryCheck(RecordCheck check, RecordPage page, RecordRow record, bool isNewest)
    {
        var leaves = new Dictionary<string, Fr>(StringComparer.Ordinal);
        foreach (var compartment in record.Compartments)
        {
            if (compartments.LeavesOf(compartment.PatientKey)?.Leaf(record.RecordKey) is { } leaf)
                leaves.Add(compartment.PatientKey, leaf);
        }
        try
        {
            return check.Check(
                record.ToSealed(),
                page.KeysOf(record),
                isNewest ? leaves : null,
                static (resource, type) => SearchTerms.Of(resource, type)
            );
        }
        catch (Exception e) when (e is ArgumentException or FormatException or System.Text.Json.JsonException)
        {
            return null; // a row that is not even of the right form
        }
    }

    private async Task MissingAsync(CancellationToken cancellation)
    {
        var search = await context
            .Search.Where(s =>
                !context.Compartments.Any(c => c.RecordKey == s.RecordKey && c.PatientKey == s.PatientKey)
            )
            .Select(s => s.RecordKey)
            .Distinct()
            .ToListAsync(cancellation);
        var tokens = await context
            .Tokens.Where(t => !context.Records.Any(r => r.RecordKey == t.RecordKey))
            .Select(t => t.RecordKey)
            .Distinct()
            .ToListAsync(cancellation);
        foreach (var key in search.Union(tokens, StringComparer.Ordinal))
            found(new("index", key, "names a record that is not there"));
        var leaves = await context
            .Leaves.Where(l =>
                !context.Compartments.Any(c =>
                    c.RecordKey == l.RecordKey && c.PatientKey == l.PatientKey && c.Version == l.Version
                )
            )
            .Select(l => new { l.PatientKey, l.RecordKey })
            .Distinct()
            .ToListAsync(cancellation);
        foreach (var leaf in leaves.Where(l => !compartments.Erased.Contains(l.PatientKey)))
            found(new("record", leaf.RecordKey, "has a leaf, and is not there"));
    }
}
