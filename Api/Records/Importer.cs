using System.Text.Json;
using MedLedger.Api.Jobs;
using MedLedger.Api.Persistence;
using MedLedger.Consent.Log;
using MedLedger.Consent.Vault;
using Microsoft.EntityFrameworkCore;

namespace MedLedger.Api.Records;

/// <summary>A file or an entry that was not taken. The reason names no value of the resource.</summary>
internal sealed record Rejection(string File, string Position, string Reason);

/// <summary>What an import did.</summary>
internal sealed class ImportReport
{
    /// <summary>At most this many rejections are listed; all are counted.</summary>
    public const int MaxListed = 1_000;

    public int Files { get; set; }

    public int Created { get; set; }

    public int Updated { get; set; }

    public int Unchanged { get; set; }

    public int Rejected { get; private set; }

    public List<Rejection> Rejections { get; } = [];

    /// <summary>Accepted entries.</summary>
    public int Records => Created + Updated + Unchanged;

    /// <summary>Counts a rejection.</summary>
    public void Reject(string file, string position, string reason)
    {
        Rejected++;
        if (Rejections.Count < MaxListed)
            Rejections.Add(new Rejection(file, position, reason));
    }
}

/// <summary>
/// Reads files into the store, in batches of one write transaction each: what is committed stays, so that an import that
/// was stopped is finished by running it again. Patients are taken first, then what belongs to them by their compartment,
/// then what belongs to them only through another record.
/// </summary>
internal sealed class Importer(Store store, AuditTrail audit, SensitivityRules rules)
{
    private const int BatchRecords = 256;
    private const int BatchBytes = 4 << 20;

    private enum Pass
    {
        Patients,
        Owned,
        ThroughOthers,
    }

    /// <summary>Imports files; every file and entry is accepted or rejected with a reason.</summary>
    public Task<ImportReport> ImportAsync(
        IReadOnlyList<string> files,
        IProgress<Cli.Progressed> progress,
        CancellationToken cancellation
    ) => ImportAsync([.. files.Select(ImportFile.At)], progress, cancellation);

    /// <inheritdoc cref="ImportAsync(IReadOnlyList{string}, IProgress{Cli.Progressed}, CancellationToken)"/>
    public async Task<ImportReport> ImportAsync(
        IReadOnlyList<ImportFile> files,
        IProgress<Cli.Progressed> progress,
        CancellationToken cancellation
    )
    {
        var run = new Run(files, progress);
        var sources = files.Select(file => Scan(run, file)).OfType<Source>().ToList();
        run.Passes = 2;
        foreach (var source in sources.Where(s => s.HasPatients))
            await ReadAsync(run, source, Pass.Patients, cancellation);
        foreach (var source in sources)
            await ReadAsync(run, source, Pass.Owned, cancellation);
        foreach (var source in sources.Where(s => s.HasIndirect))
            await ReadAsync(run, source, Pass.ThroughOthers, cancellation);
        run.Report.Files = files.Count;
        return run.Report;
    }

    // The first reading: is it a source at all, has it patients, which full URL is which Type/id.
    private static Source? Scan(Run run, ImportFile file)
    {
        var source = new Source(file);
        try
        {
            foreach (var entry in ImportSource.Read(file))
            {
                if (entry.Problem is not null || EntryIdentity.TryRead(entry) is not var (type, id))
                    continue;
                source.HasPatients |= type == "Patient";
                if (entry.FullUrl is { } url && url.StartsWith("urn:", StringComparison.Ordinal))
                    source.References.TryAdd(url, $"{type}/{id}");
            }
            return source;
        }
        catch (SourceException refused)
        {
            run.Report.Reject(file.Name, "file", refused.Message);
            return null;
        }
    }

    private async Task ReadAsync(Run run, Source source, Pass pass, CancellationToken cancellation)
    {
        var batch = new List<SourceEntry>();
        var bytes = 0;
        foreach (var entry in ImportSource.Read(source.File))
        {
            cancellation.ThrowIfCancellationRequested();
            var isPatient = EntryIdentity.TryRead(entry)?.Type == "Patient";
            if (isPatient != (pass == Pass.Patients))
                continue;
            batch.Add(entry);
            bytes += entry.Json.Length;
            if (batch.Count >= BatchRecords || bytes >= BatchBytes)
            {
                await WriteAsync(run, source, pass, batch, cancellation);
                run.Advance(bytes);
                batch.Clear();
                bytes = 0;
            }
        }
        if (batch.Count > 0)
            await WriteAsync(run, source, pass, batch, cancellation);
        run.Advance(bytes);
    }

    private async Task WriteAsync(
        Run run,
        Source source,
        Pass pass,
        List<SourceEntry> batch,
        CancellationToken cancellation
    )
    {
        var prepared = batch
            .AsParallel()
            .AsOrdered()
            .WithCancellation(cancellation)
            .Select(entry => Prepare(source, entry))
            .ToList();

        await using var writer = await RecordWriter.BeginAsync(store, cancellation);
        await writer.LoadAsync([.. prepared.Select(p => p.Record?.Reference).OfType<string>()], cancellation);
        var outcomes = new List<(SourceEntry Entry, WriteOutcome Outcome, string? Reason)>();
        foreach (var (entry, record, problem) in prepared)
        {
            if (record is null)
            {
                if (pass != Pass.ThroughOthers)
                    outcomes.Add((entry, WriteOutcome.Rejected, problem));
                continue;
            }
            var patients = RecordOwners.Stated(store.Vault, record);
            var isIndirect = patients.Count == 0 && RecordOwners.MayBeIndirect(record);
            if (isIndirect != (pass == Pass.ThroughOthers))
            {
                source.HasIndirect |= isIndirect;
                continue;
            }
            if (isIndirect)
                patients = await RecordOwners.ThroughOthersAsync(writer, record, cancellation);
            var (outcome, reason) = await writer.WriteAsync(record, patients, cancellation);
            outcomes.Add((entry, outcome, reason));
        }
        var written = outcomes.Count(o => o.Outcome is WriteOutcome.Created or WriteOutcome.Updated);
        var logged = new AuditEvent
        {
            Action = AuditAction.Written,
            PatientKey = store.Vault.OrganizationKey,
            Agent = "import",
            Interaction = "create",
            Note = $"{written} records",
        };
        await writer.CommitAsync(audit, [logged], cancellation);
        foreach (var (entry, outcome, reason) in outcomes)
            run.Count(source.File.Name, entry.Position, outcome, reason);
    }

    private (SourceEntry Entry, PreparedRecord? Record, string? Problem) Prepare(Source source, SourceEntry entry)
    {
        if (entry.Problem is not null)
            return (entry, null, entry.Problem);
        if (entry.Method is not (null or "POST" or "PUT"))
            return (entry, null, "a request other than POST and PUT");
        var newId = entry.FullUrl is { } url && EntryIdentity.IdOf(url) is { } id ? id : null;
        var record = PreparedRecord.TryPrepare(entry.Json, source.References, newId, rules, out var problem);
        return (entry, record, problem);
    }

    private sealed class Source(ImportFile file)
    {
        public ImportFile File { get; } = file;

        public bool HasPatients { get; set; }

        public bool HasIndirect { get; set; }

        public Dictionary<string, string> References { get; } = new(StringComparer.Ordinal);
    }

    private sealed class Run(IReadOnlyList<ImportFile> files, IProgress<Cli.Progressed> progress)
    {
        private readonly long _total = Math.Max(1, files.Sum(file => file.Length));
        private long _read;

        public int Passes { get; set; } = 1;

        public ImportReport Report { get; } = new();

        public void Advance(long bytes)
        {
            _read += bytes;
            progress.Report(new Cli.Progressed(Math.Min(1, (double)_read / _total), Report.Records, "records"));
        }

        public void Count(string file, string position, WriteOutcome outcome, string? reason)
        {
            switch (outcome)
            {
                case WriteOutcome.Created:
                    Report.Created++;
                    break;
                case WriteOutcome.Updated:
                    Report.Updated++;
                    break;
                case WriteOutcome.Unchanged:
                    Report.Unchanged++;
                    break;
                default:
                    Report.Reject(file, position, reason ?? "");
                    break;
            }
        }
    }
}
