using MedLedger.Api.Fhir;
using MedLedger.Api.Identity;
using MedLedger.Api.Records;

namespace MedLedger.Api.Http.Rest;

/// <summary>
/// A transaction: everything is written in one database transaction or nothing is, references between its entries are
/// resolved, and what it reads it reads afterwards.
/// </summary>
internal static class TransactionApi
{
    private const string Urn = "urn:";
    private const string Done = "The resource was written.";

    /// <summary>Runs the entries.</summary>
    public static async Task<IResult> RunAsync(FhirExchange exchange, IReadOnlyList<BundleEntry> entries)
    {
        if (!exchange.MayWrite || (!exchange.MayRead && entries.Any(e => e.Method == "GET")))
            return Outcomes.Forbidden;
        var steps = entries
            .Select((entry, i) => new TransactionStep(entry, i))
            .Where(s => s.Entry.Method != "GET")
            .ToList();
        try
        {
            if ((Address(steps) ?? Scoped(exchange, steps)) is { } wrong)
                return wrong.ToResult();
            using var turn = await exchange.TurnAsync(
                steps.Where(s => s.Criteria is not null && (s.Entry.Method is "POST" or "PUT")).Select(s => s.Type)
            );
            var problem =
                await TransactionConditions.ResolveAsync(exchange, steps)
                ?? Once(steps)
                ?? await PrepareAsync(exchange, steps)
                ?? await TransactionPlan.MakeAsync(exchange, steps, References(steps));
            if (problem is not null)
                return problem.ToResult();
            var changes = steps
                .Where(s => s.Change is not null)
                .Select(s => s.Change! with { Scopes = exchange.Caller.Within(s.Permission) })
                .ToList();
            IReadOnlyList<ChangeResult> results =
                changes.Count == 0
                    ? []
                    : await new RecordChanges(exchange.Ledger).ApplyAsync(
                        changes,
                        exchange.Asking("collect", ScopePermissions.Create),
                        exchange.IsTrustedWriter,
                        exchange.Aborted
                    );
            if (results.Count > 0)
            {
                var last = steps.Where(s => s.Change is not null).ElementAt(results.Count - 1);
                var hasIfNoneMatch = last.Entry.Condition("If-None-Match") is not null;
                if (WriteApi.ProblemOf(results[^1], last.Change!, hasIfNoneMatch) is { } refused)
                    return last.At(refused).ToResult();
            }
            return await AnswerAsync(exchange, entries, steps, results);
        }
        finally
        {
            foreach (var step in steps)
                step.Dispose();
        }
    }

    // What each entry writes, before anything is looked up.
    private static Outcome? Address(List<TransactionStep> steps)
    {
        foreach (var step in steps)
        {
            Outcome Wrong(string text) => step.At(Outcomes.Table.BadRequest(text));
            var parts = step.Entry.Path.Split('/');
            if (!ResourceParser.ResourceTypes.Contains(parts[0]))
                return Wrong("FHIR R4 has no such resource type.");
            step.Type = parts[0];
            var (query, hasResource) = (step.Entry.Query, step.Entry.HasResource);
            switch (step.Entry.Method)
            {
                case "POST" when parts.Length == 1 && query is null && hasResource:
                    step.Criteria = step.Entry.Condition("If-None-Exist");
                    step.Id = step.Criteria is null ? RecordChanges.NewId() : "";
                    break;
                case "PUT" when parts.Length == 1 && query is not null && hasResource:
                case "DELETE" when parts.Length == 1 && query is not null:
                case "PATCH" when parts.Length == 1 && query is not null && hasResource:
                    step.Criteria = query;
                    break;
                case "PUT" when parts.Length == 2 && query is null && LiteralReference.IsId(parts[1]) && hasResource:
                case "DELETE" when parts.Length == 2 && query is null && LiteralReference.IsId(parts[1]):
                case "PATCH" when parts.Length == 2 && query is null && LiteralReference.IsId(parts[1]) && hasResource:
                    step.Id = parts[1];
                    break;
                default:
                    return Wrong("the method does not go with the URL or the resource.");
            }
            if (step.Entry.Method == "PATCH" && TransactionPlan.ReadPatch(step) is { } unreadable)
                return step.At(unreadable);
            if (step.Type == "Consent")
                return step.At(Outcomes.Table.Rule("a Consent is written alone, not in a transaction."));
        }
        return null;
    }

    /// <summary>Two entries write the same resource.</summary>
    public static Outcome Twice { get; } = Outcomes.Table.BadRequest("a resource is written twice.");

    private static Outcome? Once(List<TransactionStep> steps)
    {
        var targets = new HashSet<string>(StringComparer.Ordinal);
        var twice = steps.Find(s => s.Existing is null && s.Maker is null && !targets.Add(s.Reference));
        if (twice is not null)
            return twice.At(Twice);
        // FHIR R4, bundle.html, bdl-7: what a reference to such a name means could not be told.
        var references = References(steps);
        var unclear = steps.Find(s => IsNamed(s) && references[s.Entry.FullUrl!] != s.Reference);
        return unclear?.At(Outcomes.Table.BadRequest("its fullUrl is that of another entry."));
    }

    private static bool IsNamed(TransactionStep step) => step.Entry is { FullUrl.Length: > 0, Method: not "DELETE" };

    // Each entry needs its own scope, before anything is looked up; what is read is checked where it is read.
    private static Outcome? Scoped(FhirExchange exchange, List<TransactionStep> steps)
    {
        var wrong = steps.Find(s => !exchange.Caller.Scopes.Allow(s.Type, s.Permission));
        return wrong?.At(Outcomes.Table.OutsideScope);
    }

    private static Dictionary<string, string> References(List<TransactionStep> steps)
    {
        var references = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var step in steps.Where(IsNamed))
            references.TryAdd(step.Entry.FullUrl!, step.Reference);
        return references;
    }

    // Conditional references are known once the resources are read; those that have some are prepared once more.
    private static async Task<Outcome?> PrepareAsync(FhirExchange exchange, List<TransactionStep> steps)
    {
        var references = References(steps);
        if (Prepare(steps, references) is { } problem)
            return problem;
        var conditional = steps.Where(s => ConditionalReferences.Of(s.Record).Any()).ToList();
        if (conditional.Count == 0)
            return null;
        var (names, unresolved) = await ConditionalReferences.ResolveAsync(
            exchange,
            conditional.SelectMany(s => ConditionalReferences.Of(s.Record))
        );
        if (unresolved is not null)
            return unresolved;
        foreach (var (reference, name) in names!)
            references.TryAdd(reference, name);
        return Prepare(conditional, references);
    }

    private static Outcome? Prepare(List<TransactionStep> steps, Dictionary<string, string> references)
    {
        var problems = new Outcome?[steps.Count];
        Parallel.For(
            0,
            steps.Count,
            i =>
            {
                var step = steps[i];
                if (step.Entry.Method is "DELETE" or "PATCH")
                    return;
                var isOwnId = step.Entry.Method == "PUT" && step.Criteria is null;
                (step.Record, problems[i]) = ResourceInput.Prepare(
                    step.Entry.Json,
                    step.Type,
                    step.Id,
                    isOwnId,
                    references
                );
                if (Dangling(step.Record))
                    problems[i] = Outcomes.Table.Dangling;
            }
        );
        for (var i = 0; i < steps.Count; i++)
        {
            if (problems[i] is { } problem)
                return steps[i].At(problem);
        }
        return null;
    }

    /// <summary>Whether a resource names an entry of the Bundle that is not there.</summary>
    public static bool Dangling(PreparedRecord? record) =>
        record?.Description.Facts.RefersTo?.Any(r => r.StartsWith(Urn, StringComparison.Ordinal)) == true;

    private static async Task<IResult> AnswerAsync(
        FhirExchange exchange,
        IReadOnlyList<BundleEntry> entries,
        List<TransactionStep> steps,
        IReadOnlyList<ChangeResult> results
    )
    {
        var answers = new InnerAnswer?[entries.Count];
        var preference = WriteApi.Preference(exchange.Http.Request);
        var next = 0;
        foreach (var step in steps)
        {
            step.Result = step.Change is null ? null : results[next++];
            answers[step.Index] = Answer(exchange, step, preference);
        }
        for (var i = 0; i < entries.Count; i++)
            answers[i] ??= await BundleApi.SendAsync(exchange, entries[i]);
        return FhirBody.Of(
            exchange,
            BundleApi.Response("transaction-response", [.. answers.Select(a => a!)], exchange.BaseUrl)
        );
    }

    private static InnerAnswer Answer(FhirExchange exchange, TransactionStep step, string? preference)
    {
        IHeaderDictionary headers = new HeaderDictionary();
        var (status, version, time) =
            step.Existing is { } found ? (StatusCodes.Status200OK, found.Version, found.Written)
            : step.Maker?.Result is { } made ? (StatusCodes.Status200OK, made.Version, made.Written)
            : step.Result is not { } written
                ? (StatusCodes.Status204NoContent, step.Current!.Version, step.Current.Written)
            : (StatusOf(step, written), written.Version, written.Written);
        headers.ETag = FhirBody.ETag(version);
        headers.LastModified = ReadableRecord.Instant(time);
        if (status == StatusCodes.Status204NoContent)
            return new InnerAnswer(status, headers, []);
        headers.Location = $"{step.Reference}/_history/{version}";
        return preference switch
        {
            "representation" => new InnerAnswer(status, headers, Body(exchange, step, version, time)),
            "OperationOutcome" => new InnerAnswer(status, headers, Outcomes.Table.Fine(Done).ToBody(), IsOutcome: true),
            _ => new InnerAnswer(status, headers, []),
        };
    }

    private static int StatusOf(TransactionStep step, ChangeResult written) =>
        step.Entry.Method == "DELETE" ? StatusCodes.Status204NoContent
        : written.Outcome == WriteOutcome.Created ? StatusCodes.Status201Created
        : StatusCodes.Status200OK;

    // What is there already is read only by who reads.
    private static byte[] Body(FhirExchange exchange, TransactionStep step, int version, DateTimeOffset time) =>
        step.Existing is { } found
            ? exchange.MayRead
                ? found.ToBody()
                : []
            : ResourceBody.Of(
                (step.Maker ?? step).Record!.Content.Span,
                step.Reference,
                version,
                time,
                (step.Maker ?? step).Record!.Description.Facts.Labels
            );
}
