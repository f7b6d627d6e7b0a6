using System.Text.Json;
using System.Text.Json.Nodes;
using MedLedger.Api.Identity;
using MedLedger.Api.Records;
using MedLedger.Consent.Access;
using MedLedger.Consent.Delegations;
using MedLedger.Consent.Log;

namespace MedLedger.Api.Http.Rest;

/// <summary>
/// <c>$meta</c>, <c>$meta-add</c> and <c>$meta-delete</c> (FHIR R4, resource-operations.html): patients see why a record has
/// which security label (extensions of DS4P), raise labels, and take back what they raised. What the rules say, or what came
/// with the record, stays.
/// </summary>
internal static class MetaApi
{
    private const string Meta = "meta";
    private const string Definitions = "http://hl7.org/fhir/OperationDefinition/Resource-";
    private const string Ds4p = "http://hl7.org/fhir/uv/security-label-ds4p/StructureDefinition/";
    private const string Rules = "urn:medledger:sensitivity-rules";

    /// <summary>Their routes.</summary>
    public static IReadOnlyList<FhirRoute> Routes { get; } =
    [
        Route("GET", "$meta", "meta", ScopePermissions.Read, ReadAsync),
        Route("POST", "$meta-add", "meta-add", ScopePermissions.Read, exchange => ChangeAsync(exchange, isAdded: true)),
        Route(
            "POST",
            "$meta-delete",
            "meta-delete",
            ScopePermissions.Read,
            exchange => ChangeAsync(exchange, isAdded: false)
        ),
    ];

    private static FhirRoute Route(
        string method,
        string operation,
        string code,
        ScopePermissions needs,
        Func<FhirExchange, Task<IResult>> handle
    ) =>
        new(method, "/{type}/{id}/" + operation, code, FhirLevel.Operation, needs, handle)
        {
            Definition = Definitions + code,
        };

    private static async Task<IResult> ReadAsync(FhirExchange exchange)
    {
        if (!exchange.MayRead)
            return Outcomes.Forbidden;
        using var record = await FindAsync(exchange, "meta");
        return record is null ? Outcomes.NotFound : Answer(exchange, record);
    }

    private static async Task<IResult> ChangeAsync(FhirExchange exchange, bool isAdded)
    {
        // A label says who may see a record, as a Consent does.
        if (!Acting.Manages(exchange.Caller, "Consent", ScopePermissions.Update))
            return Outcomes.Forbidden;
        var (input, problem) = await OperationInput.ReadAsync(exchange, [Meta], sole: null);
        if (input is null)
            return problem!.ToResult();
        if (Labels(input) is not { Count: > 0 } labels)
            return Outcomes.Table.Invalid("labels are given as meta.security, and nothing else of meta").ToResult();
        if (!labels.All(SensitivityRules.BuiltIn.MayRaise))
            return Outcomes
                .Table.Invalid("a sensitivity that the rules know, or the confidentiality R or V")
                .ToResult();
        using (var record = await FindAsync(exchange, isAdded ? "meta-add" : "meta-delete"))
        {
            if (record is null)
                return Outcomes.NotFound;
            if (await PatientAsync(exchange, record) is not { } patient)
                return Outcomes.Table.NotWritable.ToResult();
            var codes = labels.Select(label => label.Code).ToHashSet(StringComparer.Ordinal);
            var like = new Jobs.AuditEvent
            {
                Action = AuditAction.Relabelled,
                Decision = AuditDecision.Permitted,
                Basis = PermitBasis.Subject,
                PatientKey = exchange.Ledger.Store.Vault.PatientKey(patient),
                Agent = exchange.Caller.User.Reference,
                Patient = patient,
                Purpose = exchange.Caller.Purpose,
                Interaction = isAdded ? "meta-add" : "meta-delete",
            };
            var job = new LabelJob(exchange.Ledger.Store, exchange.Ledger.Audit);
            if (!await job.RaiseAsync(exchange.Reference, Change, like, exchange.Aborted))
                return Outcomes.Table.Failure.ToResult();

            IReadOnlyList<LabelGround> Change(IReadOnlyList<LabelGround> raised) =>
                isAdded
                    ?
                    [
                        .. raised,
                        .. codes
                            .Except(raised.Select(g => g.Code), StringComparer.Ordinal)
                            .Select(c => new LabelGround(c, LabelGround.Patient)),
                    ]
                    : [.. raised.Where(ground => !codes.Contains(ground.Code))];
        }
        using var changed = await FindAsync(exchange, "meta");
        return changed is null ? Outcomes.NotFound : Answer(exchange, changed);
    }

    // The patient whose record it is, for a patient or who acts for one within a power to consent.
    private static async Task<string?> PatientAsync(FhirExchange exchange, ReadableRecord record)
    {
        var vault = exchange.Ledger.Store.Vault;
        if (exchange.Caller.User.Role == Role.Patient)
            return record.PatientKeys.Contains(vault.PatientKey(exchange.Caller.User.Reference), StringComparer.Ordinal)
                ? exchange.Caller.User.Reference
                : null;
        foreach (
            var one in await exchange.Ledger.Delegations.OfDelegateAsync(
                exchange.Caller.User.Reference,
                exchange.Aborted
            )
        )
        {
            if (!record.PatientKeys.Contains(vault.PatientKey(one.Patient), StringComparer.Ordinal))
                continue;
            var (patient, refused) = await Acting.ForAsync(
                exchange.Caller,
                one.Patient,
                DelegatedAct.Consent,
                null,
                exchange.Ledger,
                exchange.Aborted
            );
            if (refused is null)
                return patient;
        }
        return null;
    }

    private static async Task<ReadableRecord?> FindAsync(FhirExchange exchange, string interaction)
    {
        if (!exchange.HasReference)
            return null;
        var record = await new RecordAccess(exchange.Ledger).ReadAsync(
            exchange.Asking("access", ScopePermissions.Read),
            exchange.Reference,
            null,
            interaction,
            exchange.Aborted
        );
        if (record is not { IsDeleted: true })
            return record;
        record.Dispose();
        return null;
    }

    private static List<Coding>? Labels(OperationInput input)
    {
        if (input.Values(Meta, "valueMeta") is not [var meta] || input.Count(Meta) != 1)
            return null;
        if (meta.EnumerateObject().Any(member => member.Name != "security"))
            return null;
        return meta.TryGetProperty("security", out var security)
            ?
            [
                .. security
                    .EnumerateArray()
                    .Select(one => new Coding(
                        one.TryGetProperty("system", out var system) ? system.GetString() : null,
                        one.TryGetProperty("code", out var code) ? code.GetString() ?? "" : ""
                    )),
            ]
            : null;
    }

    // Why a record has its labels is for the patient; everybody else who reads it sees the labels.
    private static IResult Answer(FhirExchange exchange, ReadableRecord record)
    {
        var hasGrounds = exchange.Caller.User.Role is Role.Patient or Role.RelatedPerson;
        var meta = new JsonObject
        {
            ["versionId"] = record.Version.ToString(System.Globalization.CultureInfo.InvariantCulture),
            ["lastUpdated"] = ReadableRecord.Instant(record.Written),
        };
        var labels = record
            .Facts.Labels.Select(label => Label(label, hasGrounds ? record.Facts.Grounds : []))
            .ToArray<JsonNode>();
        if (labels.Length > 0)
            meta["security"] = new JsonArray(labels);
        var answer = new JsonObject
        {
            ["resourceType"] = "Parameters",
            ["parameter"] = new JsonArray(new JsonObject { ["name"] = "return", ["valueMeta"] = meta }),
        };
        FhirBody.SetVersion(exchange.Http.Response, record.Version, record.Written);
        return FhirBody.Of(exchange, JsonSerializer.SerializeToUtf8Bytes(answer));
    }

    private static JsonObject Label(Coding label, IReadOnlyList<LabelGround> grounds)
    {
        var coding = new JsonObject();
        var extensions = grounds.Where(ground => ground.Code == label.Code).SelectMany(Ground).ToArray();
        if (extensions.Length > 0)
            coding["extension"] = new JsonArray(extensions);
        if (label.System is not null)
            coding["system"] = label.System;
        coding["code"] = label.Code;
        return coding;
    }

    // DS4P: who classified it, and by which policy.
    private static IEnumerable<JsonNode> Ground(LabelGround ground)
    {
        var who = ground.Source switch
        {
            LabelGround.Given => "came with the record",
            LabelGround.Patient => "raised by the patient",
            LabelGround.Derived => "follows from its other labels",
            _ => "a rule of this server",
        };
        yield return new JsonObject
        {
            ["url"] = Ds4p + "extension-sec-label-classifier",
            ["valueReference"] = new JsonObject { ["display"] = who },
        };
        if (ground.Version is null)
            yield break;
        yield return new JsonObject
        {
            ["url"] = Ds4p + "extension-sec-label-basis",
            ["valueCoding"] = new JsonObject
            {
                ["system"] = Rules,
                ["version"] = ground.Version,
                ["code"] = ground.Source,
            },
        };
    }
}
