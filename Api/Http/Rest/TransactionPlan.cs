using MedLedger.Api.Fhir;
using MedLedger.Api.Records;

namespace MedLedger.Api.Http.Rest;

/// <summary>What a transaction changes: what is changed or deleted has to be there for this caller.</summary>
internal static class TransactionPlan
{
    /// <summary>Reads the patch of an entry.</summary>
    public static Outcome? ReadPatch(TransactionStep step)
    {
        var (body, mediaType) = ResourcePatch.OfEntry(step.Entry.Resource!);
        step.Patch = PatchApi.Read(body, mediaType, out var problem);
        return problem;
    }

    /// <summary>Makes the change of each step; the problem of the first that cannot be made.</summary>
    public static async Task<Outcome?> MakeAsync(
        FhirExchange exchange,
        IReadOnlyList<TransactionStep> steps,
        IReadOnlyDictionary<string, string> references
    )
    {
        foreach (var step in steps.Where(s => s.Existing is null && s.Maker is null))
        {
            if (step.Entry.Method == "POST" || step.IsNew || (step.Entry.Method == "PUT" && exchange.IsTrustedWriter))
            {
                // What is new has no version that could match.
                if (step.Entry.Method == "PUT" && step.Entry.Condition("If-Match") is not null)
                    return step.At(Outcomes.Table.VersionConflict);
                step.Change = new RecordChange(step.Record!, WriteReason.Change, Expected: 0);
                continue;
            }
            if (exchange.IsTrustedWriter)
                return Outcomes.Table.Forbidden;
            step.Current = await WriteApi.ReadAsync(exchange, step.Reference, "transaction", step.Permission);
            if (step.Current is null)
                return Outcomes.Table.NotFound;
            if (await ChangeAsync(exchange, step, step.Current, references) is { } problem)
                return step.At(problem);
        }
        return null;
    }

    private static async Task<Outcome?> ChangeAsync(
        FhirExchange exchange,
        TransactionStep step,
        ReadableRecord current,
        IReadOnlyDictionary<string, string> references
    )
    {
        if (step.Entry.Condition("If-Match") is { } tag && !WriteApi.Matches(tag, current))
            return Outcomes.Table.VersionConflict;
        if (
            step.Entry.Condition("If-None-Match") is { } other
            && !current.IsDeleted
            && WriteApi.Matches(other, current)
        )
            return Outcomes.Table.Exists;
        if (step.Entry.Method == "DELETE")
        {
            if (!exchange.MayChange(step.Type))
                return Outcomes.Table.NotWritable;
            if (!current.IsDeleted)
                step.Change = new RecordChange(
                    PreparedRecord.Deletion(current.Facts),
                    WriteReason.Deletion,
                    current.Version,
                    current.PatientKeys
                );
            return null;
        }
        if (step.Patch is not null && await PatchAsync(exchange, step, current, references) is { } problem)
            return problem;
        step.Change = new RecordChange(step.Record!, WriteReason.Change, current.Version, current.PatientKeys);
        return WriteApi.RefuseChange(exchange, step.Record!, current);
    }

    private static async Task<Outcome?> PatchAsync(
        FhirExchange exchange,
        TransactionStep step,
        ReadableRecord current,
        IReadOnlyDictionary<string, string> references
    )
    {
        var (body, problem) = PatchApi.Patched(step.Patch!, current);
        if (body is null)
            return problem;
        (step.Record, problem) = await ResourceInput.PrepareAsync(
            exchange,
            body,
            step.Type,
            step.Id,
            isOwnId: true,
            references
        );
        return problem is null && TransactionApi.Dangling(step.Record) ? Outcomes.Table.Dangling : problem;
    }
}
