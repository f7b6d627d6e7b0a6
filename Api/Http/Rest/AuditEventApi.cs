using System.Globalization;
using System.Text.Json.Nodes;
using MedLedger.Api.Fhir;
using MedLedger.Api.Identity;
using MedLedger.Api.Jobs;
using MedLedger.Api.Persistence;
using MedLedger.Consent.Delegations;
using MedLedger.Consent.Log;
using Microsoft.EntityFrameworkCore;

namespace MedLedger.Api.Http.Rest;

/// <summary>
/// AuditEvents made of the entries of the log: patients (and who acts for them) read all that concern them, compliance
/// reads all, without content: records and patients are opaque keys there. Each reading is logged itself, first.
/// </summary>
internal static class AuditEventApi
{
    private const int DefaultCount = 50;
    private const int MaxCount = 500;

    /// <summary>The handler, when the request is for the log and its caller reads the log this way; null otherwise.</summary>
    public static Func<FhirExchange, Task<IResult>>? Find(FhirRoute route, FhirExchange exchange)
    {
        if (
            exchange.Type != "AuditEvent"
            || exchange.Caller.User.Role is not (Role.Patient or Role.RelatedPerson or Role.Compliance)
        )
            return null;
        return route switch
        {
            { Code: "search-type", Method: "GET" } => SearchAsync,
            { Code: "read" } when IndexOf(exchange.Id) is not null => ReadAsync,
            _ => null,
        };
    }

    private static async Task<IResult> SearchAsync(FhirExchange exchange)
    {
        var query = exchange.Http.Request.Query;
        var (count, before) = (DefaultCount, long.MaxValue);
        foreach (var (name, values) in query)
        {
            var text = values.ToString();
            var isKnown = name switch
            {
                "_format" or "patient" => true,
                "_count" => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out count) && count > 0,
                "_before" => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out before),
                _ => false,
            };
            if (!isKnown)
                return Outcomes
                    .Table.NotSearchable("The log is searched by patient, and paged by _count; not by this.")
                    .ToResult();
        }
        count = Math.Min(count, MaxCount);
        var (reader, refused) = await ReaderAsync(exchange, "search-type");
        if (refused is not null)
            return refused;

        await using var context = exchange.Ledger.Store.CreateDbContext();
        var read = await reader!.LoadAsync(context, before, count + 1, exchange.Aborted);
        var bundle = new BundleWriter("searchset", exchange.BaseUrl);
        bundle.Self(exchange.Http.Request);
        if (read.Count > count)
            bundle.Link("next", Next(exchange, count, read[count - 1].Index));
        foreach (var logged in read.Take(count))
            bundle.AddFound(
                "AuditEvent/" + AuditEventResource.IdOf(logged.Index),
                AuditEventResource.Write(logged, exchange.BaseUrl),
                "match"
            );
        return FhirBody.Of(exchange, bundle.ToBody());
    }

    private static async Task<IResult> ReadAsync(FhirExchange exchange)
    {
        var (reader, refused) = await ReaderAsync(exchange, "read");
        if (refused is not null)
            return refused;
        await using var context = exchange.Ledger.Store.CreateDbContext();
        var index = IndexOf(exchange.Id)!.Value;
        var read = await reader!.LoadAsync(context, index + 1, 1, exchange.Aborted);
        return read is [var logged] && logged.Index == index
            ? FhirBody.Of(exchange, AuditEventResource.Write(logged, exchange.BaseUrl))
            : Outcomes.NotFound;
    }

    private static string Next(FhirExchange exchange, int count, long before)
    {
        var patient = exchange.Http.Request.Query["patient"].ToString();
        var own = patient.Length == 0 ? "" : $"&patient={Uri.EscapeDataString(patient)}";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{exchange.BaseUrl}/AuditEvent?_count={count}&_before={before}{own}"
        );
    }

    // Who reads whose part; logged before anything is shown.
    private static async Task<(Reader? Reader, IResult? Refused)> ReaderAsync(FhirExchange exchange, string interaction)
    {
        var (caller, ledger) = (exchange.Caller, exchange.Ledger);
        string? asked = exchange.Http.Request.Query["patient"];
        if (caller.User.Role == Role.Compliance)
        {
            if (asked is not null)
                return (null, Outcomes.Forbidden);
            var all = new AuditEvent
            {
                Action = AuditAction.Searched,
                PatientKey = ledger.Store.Vault.OrganizationKey,
                Agent = caller.User.Reference,
                Purpose = caller.Purpose,
                Interaction = interaction,
                Entities = ["AuditEvent"],
            };
            await ledger.Audit.AppendAsync([all], exchange.Aborted);
            return (new Reader(ledger, null, null), null);
        }
        if (asked is not null && !asked.Contains('/', StringComparison.Ordinal))
            asked = "Patient/" + asked;
        var (patient, refused) = await Acting.ForAsync(
            caller,
            asked,
            DelegatedAct.Read,
            null,
            ledger,
            exchange.Aborted
        );
        if (refused is not null)
            return (null, refused);
        var own = Acting.Searched(ledger, caller, patient!, interaction, "AuditEvent");
        await ledger.Audit.AppendAsync([own], exchange.Aborted);
        return (new Reader(ledger, patient, ledger.Store.Vault.PatientKey(patient!)), null);
    }

    private static long? IndexOf(string id) =>
        id.StartsWith("log-", StringComparison.Ordinal)
        && long.TryParse(id.AsSpan(4), NumberStyles.None, CultureInfo.InvariantCulture, out var index)
        && index < long.MaxValue
            ? index
            : null;

    /// <summary>The part of the log that somebody reads: a patient's, or all of it with opaque keys.</summary>
    private sealed class Reader(OpenLedger ledger, string? patient, string? patientKey)
    {
        public async Task<IReadOnlyList<LoggedEvent>> LoadAsync(
            LedgerContext context,
            long before,
            int count,
            CancellationToken cancellation
        )
        {
            var details = context.Set<SealedAuditDetails>().AsNoTracking();
            var indices = patientKey is null
                ? context.Set<LogEntryRow>().Where(e => e.Index < before).Select(e => e.Index)
                : details.Where(d => d.PatientKey == patientKey && d.Index < before).Select(d => d.Index);
            var page = await indices.OrderByDescending(i => i).Take(count).ToListAsync(cancellation);
            var entries = await context
                .Set<LogEntryRow>()
                .AsNoTracking()
                .Where(e => page.Contains(e.Index))
                .ToDictionaryAsync(e => e.Index, cancellation);
            var rows = await details.Where(d => page.Contains(d.Index)).ToDictionaryAsync(d => d.Index, cancellation);
            var read = new List<LoggedEvent>(page.Count);
            foreach (var index in page)
            {
                if (!entries.TryGetValue(index, out var row) || !AuditEntry.TryDecode(row.Entry, out var entry))
                    continue;
                var own = rows.GetValueOrDefault(index);
                var opened = own is null ? null : AuditDetails.Open(ledger.Store.Vault, own, entry);
                if (opened is null && patientKey is not null)
                    continue;
                read.Add(Show(index, entry, opened, own?.PatientKey));
            }
            return read;
        }

        private LoggedEvent Show(long index, AuditEntry entry, AuditDetails? details, string? ofPatient)
        {
            if (patient is not null)
                return new(
                    index,
                    entry,
                    details,
                    new JsonObject { ["reference"] = patient },
                    [.. details!.Entities.Select(Named)],
                    HasNote: true
                );
            var isPatients = ofPatient is not null && ofPatient != ledger.Store.Vault.OrganizationKey;
            // A patient who acted is as opaque here as one who is concerned.
            var shown =
                details is not null && details.Agent.StartsWith("Patient/", StringComparison.Ordinal)
                    ? details with
                    {
                        Agent = "a patient",
                    }
                    : details;
            return new(
                index,
                entry,
                shown,
                isPatients ? Opaque("Patient", ofPatient!) : null,
                [.. (details?.Entities ?? []).Select(Hidden)],
                HasNote: false
            );
        }

        private static JsonObject Named(string entity) =>
            LiteralReference.ToTypeAndId(entity) is { } reference
                ? new JsonObject { ["reference"] = reference }
                : new JsonObject { ["display"] = entity };

        // A type alone is no content; an id may be one.
        private JsonObject Hidden(string entity)
        {
            var slash = entity.IndexOf('/', StringComparison.Ordinal);
            if (slash < 0 && ResourceParser.ResourceTypes.Contains(entity))
                return new JsonObject { ["display"] = entity };
            return slash < 0 ? Opaque(null, entity) : Opaque(entity[..slash], ledger.Store.Vault.RecordKey(entity));
        }

        private static JsonObject Opaque(string? type, string key)
        {
            var what = new JsonObject
            {
                ["identifier"] = new JsonObject { ["system"] = "urn:medledger:opaque-key", ["value"] = key },
            };
            if (type is not null && ResourceParser.ResourceTypes.Contains(type))
                what["type"] = type;
            return what;
        }
    }
}
