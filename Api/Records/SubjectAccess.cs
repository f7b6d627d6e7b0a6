using System.Text.Json;
using MedLedger.Api.Jobs;
using MedLedger.Api.Persistence;
using MedLedger.Consent.Access;
using MedLedger.Consent.Directives;
using MedLedger.Consent.Log;
using MedLedger.Consent.Receipts;
using Microsoft.EntityFrameworkCore;

namespace MedLedger.Api.Records;

/// <summary>
/// Everything that article 15 of the GDPR gives a patient, in one JSON file: purposes, categories, recipients, storage
/// period, source, the logic of automated analysis, rights, in plain words beside the machine's; and the data themselves,
/// each record through the gate.
/// </summary>
internal sealed class SubjectAccess(Store store, RecordGate gate, AuditTrail audit)
{
    private const int Step = 500;

    /// <summary>Writes the file, once the log has it; null when there is no such patient.</summary>
    /// <param name="patient"><c>Patient/id</c>.</param>
    /// <param name="agent">Who asks, as the log names them.</param>
    /// <param name="request">The same, as the gate is asked.</param>
    /// <param name="output">Where it goes.</param>
    /// <param name="cancellation">Ends the reading.</param>
    public async Task<ExportReport?> WriteAsync(
        string patient,
        string agent,
        AccessRequest request,
        Stream output,
        CancellationToken cancellation
    )
    {
        var export = new PatientExport(store, gate, audit);
        if (!await export.BeginAsync(patient, agent, request.Purpose, "subject-access", cancellation))
            return null;
        var log = await ReadLogAsync(patient, cancellation);
        var grants = await GrantsAsync(patient, cancellation);
        var writer = new Utf8JsonWriter(output, new JsonWriterOptions { Indented = false });
        await using var _ = writer.ConfigureAwait(false);
        writer.WriteStartObject();
        writer.WriteString("format", "medledger/subject-access/1");
        writer.WriteString("patient", patient);
        writer.WriteString("made", store.Time.GetUtcNow());
        writer.WriteString("controller", SubjectAccessText.Controller(store.Settings));
        Write("inPlainWords", SubjectAccessText.InPlainWords(log.Disclosures.Count, log.Sources.Count, grants.Count));
        Write("purposes", Purposes(log.Disclosures));
        Write("recipients", Recipients(log.Disclosures));
        writer.WriteString("storagePeriod", SubjectAccessText.StoragePeriod(store.Settings));
        Write("source", log.Sources.Values.OrderBy(source => source.Who, StringComparer.Ordinal));
        Write("automatedAnalysis", new { logic = SubjectAccessText.Logic, analyses = log.Analyses });
        Write("rights", SubjectAccessText.Rights);
        Write("consents", grants);
        Write("disclosures", log.Disclosures.Select(DisclosureJson.Of));

        var categories = new SortedDictionary<string, Category>(StringComparer.Ordinal);
        writer.WritePropertyName("data");
        var report = await export.WriteAsync(patient, request, writer, Count, cancellation);
        Write(
            "categories",
            categories.Select(pair => new
            {
                type = pair.Key,
                records = pair.Value.Records,
                sensitivity = pair.Value.Labels.Order(StringComparer.Ordinal),
            })
        );
        Write(
            "complete",
            new
            {
                records = report.Records,
                withheldForOthers = report.Withheld,
                unreadable = report.Unreadable,
            }
        );
        writer.WriteEndObject();
        return report;

        void Write(string name, object value)
        {
            writer.WritePropertyName(name);
            JsonSerializer.Serialize(writer, value, JsonSerializerOptions.Web);
        }

        void Count(ResourceFacts facts)
        {
            if (!categories.TryGetValue(facts.Type, out var category))
                categories.Add(facts.Type, category = new Category());
            category.Records++;
            foreach (var label in facts.Labels)
                category.Labels.Add(PlainWords.Label(label.Code));
        }
    }

    private async Task<LogPart> ReadLogAsync(string patient, CancellationToken cancellation)
    {
        var part = new LogPart();
        await foreach (var (index, entry, details) in PatientLog.ReadAsync(store, patient, Step, cancellation))
        {
            if (Disclosures.Of(index, entry, details) is { } disclosure)
                part.Disclosures.Add(disclosure);
            if (entry.Action is AuditAction.Written or AuditAction.ConsentChanged)
                part.AddSource(details);
            if (entry.Action is AuditAction.AnalysisRequested or AuditAction.AnalysisDelivered)
                part.Analyses.Add(
                    new
                    {
                        time = details.Time,
                        what = entry.Action == AuditAction.AnalysisRequested ? "asked for" : "delivered",
                        permitted = entry.Decision != AuditDecision.Refused,
                        by = details.Agent,
                        purpose = details.Purpose,
                    }
                );
        }
        return part;
    }

    // What was agreed, as it was put on the chain; a grant that has ended has no words left.
    private async Task<IReadOnlyList<object>> GrantsAsync(string patient, CancellationToken cancellation)
    {
        var patientKey = store.Vault.PatientKey(patient);
        await using var context = store.CreateDbContext();
        var rows = await context
            .Set<GrantRow>()
            .AsNoTracking()
            .Where(g => g.PatientKey == patientKey && !g.IsRevocationSigned)
            .ToListAsync(cancellation);
        return
        [
            .. rows.Select(row => row.Open(store.Vault)?.Grant)
                .OfType<Consent.Grants.Grant>()
                .Select(grant => new { grantee = grant.Grantee, inWords = GrantInWords.Describe(grant) }),
        ];
    }

    private static IEnumerable<object> Purposes(IEnumerable<AccountedDisclosure> all) =>
        all.GroupBy(d => d.Purpose ?? "", StringComparer.Ordinal)
            .OrderBy(g => g.Key, StringComparer.Ordinal)
            .Select(g => new
            {
                code = g.Key.Length == 0 ? null : g.Key,
                inWords = g.Key.Length == 0 ? "not stated" : PlainWords.Purpose(g.Key),
                times = g.Count(),
            });

    private static IEnumerable<object> Recipients(IEnumerable<AccountedDisclosure> all) =>
        all.GroupBy(d => d.Recipient, StringComparer.Ordinal)
            .OrderBy(g => g.Key, StringComparer.Ordinal)
            .Select(g => new
            {
                who = g.Key,
                times = g.Count(),
                first = g.Min(d => d.When),
                last = g.Max(d => d.When),
                purposes = g.Select(d => d.Purpose).Distinct(StringComparer.Ordinal),
            });

    private sealed class Category
    {
        public int Records { get; set; }

        public HashSet<string> Labels { get; } = new(StringComparer.Ordinal);
    }

    private sealed record Source(string Who, DateTimeOffset First, DateTimeOffset Last, int Times);

    private sealed class LogPart
    {
        public List<AccountedDisclosure> Disclosures { get; } = [];

        public List<object> Analyses { get; } = [];

        public Dictionary<string, Source> Sources { get; } = new(StringComparer.Ordinal);

        public void AddSource(AuditDetails details) =>
            Sources[details.Agent] = Sources.TryGetValue(details.Agent, out var known)
                ? known with
                {
                    Last = details.Time,
                    Times = known.Times + 1,
                }
                : new Source(details.Agent, details.Time, details.Time, 1);
    }
}
