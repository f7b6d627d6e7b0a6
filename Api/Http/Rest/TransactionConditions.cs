using MedLedger.Api.Records;

namespace MedLedger.Api.Http.Rest;

/// <summary>
/// What the conditions of a transaction's entries name, found before anything is written (FHIR R4, http.html section
/// 3.1.0.11.2).
/// </summary>
internal static class TransactionConditions
{
    private const int Most = 500;

    /// <summary>Resolves conditional creates, updates and deletes.</summary>
    public static async Task<Outcome?> ResolveAsync(FhirExchange exchange, IReadOnlyList<TransactionStep> steps)
    {
        if (steps.Count(s => s.Criteria is not null) > Most)
            return Outcomes.Table.TooCostly($"A transaction has at most {Most} conditional entries.");
        var makers = new Dictionary<(string Type, string Criteria), TransactionStep>();
        foreach (var step in steps.Where(s => s.Criteria is not null))
        {
            var (match, problem) = await ConditionalApi.FindAsync(exchange, step.Type, step.Criteria!);
            var isKept = false;
            try
            {
                problem ??= Take(exchange, step, match, out isKept) ?? Share(step, match, makers);
            }
            finally
            {
                if (!isKept)
                    match?.Dispose();
            }
            if (problem is not null)
                return step.At(problem);
        }
        return null;
    }

    // What two entries make under one condition they make once: the condition of the second finds it.
    private static Outcome? Share(
        TransactionStep step,
        ReadableRecord? match,
        Dictionary<(string Type, string Criteria), TransactionStep> makers
    )
    {
        var makes = match is null && (step.Entry.Method == "POST" || step.IsNew);
        if (!makes || makers.TryAdd((step.Type, step.Criteria!), step))
            return null;
        if (step.Entry.Method != "POST")
            return TransactionApi.Twice;
        step.Maker = makers[(step.Type, step.Criteria!)];
        step.Id = step.Maker.Id;
        return null;
    }

    private static Outcome? Take(FhirExchange exchange, TransactionStep step, ReadableRecord? match, out bool isKept)
    {
        isKept = false;
        switch (step.Entry.Method)
        {
            case "POST":
                step.Id = match?.Id ?? RecordChanges.NewId();
                step.Existing = match;
                isKept = match is not null;
                return null;
            case "PUT":
                var given = ResourceInput.Identity(step.Entry.Json)?.Id;
                var (id, problem) = ConditionalApi.Target(exchange, step.Type, given, match?.Id);
                step.IsNew = id is null;
                step.Id = id ?? RecordChanges.NewId();
                return problem;
            default:
                step.Id = match?.Id ?? "";
                return match is null ? Outcomes.Table.NotFound : null;
        }
    }
}
