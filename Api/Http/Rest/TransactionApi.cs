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

    private sealed class Step(BundleEntry entry, int index) : IDisposable
    {
        public BundleEntry Entry { get; } = entry;

        public int Index { get; } = index;

        public string Type { get; set; } = "";

        public string Id { get; set; } = "";

        public PreparedRecord? Record { get; set; }

        public ReadableRecord? Current { get; set; }

        public RecordChange? Change { get; set; }

        public string Reference => $"{Type}/{Id}";

        public ScopePermissions Permission =>
            Entry.Method switch
            {
                "POST" => ScopePermissions.Create,
                "DELETE" => ScopePermissions.Delete,
                _ => ScopePermissions.Update,
            };

        public void Dispose() => Current?.Dispose();
    }

    /// <summary>Runs the entries.</summary>
    public static async Task<IResult> RunAsync(FhirExchange exchange, IReadOnlyList<BundleEntry> entries)
    {
        if (!exchange.MayWrite || (!exchange.MayRead && entries.Any(e => e.Method == "GET")))
            return Outcomes.Forbidden;
        var steps = entries.Select((entry, i) => new Step(entry, i)).Where(s => s.Entry.Method != "GET").ToList();
        try
        {
            var problem =
                Address(steps)
                ?? Scoped(exchange, steps)
                ?? Prepare(steps, References(steps))
                ?? await PlanAsync(exchange, steps);
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
            if (results.Count > 0 && WriteApi.ProblemOf(results[^1]) is { } refused)
            {
                var at = steps.Where(s => s.Change is not null).ElementAt(results.Count - 1).Index;
                return (refused with { Text = $"entry[{at}]: {refused.Text}" }).ToResult();
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
    private static Outcome? Address(List<Step> steps)
    {
        var targets = new HashSet<string>(StringComparer.Ordinal);
        foreach (var step in steps)
        {
            Outcome Wrong(string text) => Outcomes.Table.BadRequest($"entry[{step.Index}]: {text}");
            if (step.Entry.IsConditional)
                return Outcomes.Table.NotSupported with
                {
                    Text = $"entry[{step.Index}]: conditional writes are not built yet.",
                };
            var parts = step.Entry.Path.Split('/');
            if (!ResourceParser.ResourceTypes.Contains(parts[0]))
                return Wrong("FHIR R4 has no such resource type.");
            step.Type = parts[0];
            switch (step.Entry.Method)
            {
                case "POST" when parts.Length == 1 && step.Entry.Resource is not null:
                    step.Id = RecordChanges.NewId();
                    break;
                case "PUT" when parts.Length == 2 && LiteralReference.IsId(parts[1]) && step.Entry.Resource is not null:
                case "DELETE" when parts.Length == 2 && LiteralReference.IsId(parts[1]):
                    step.Id = parts[1];
                    break;
                case "PATCH":
                    return Outcomes.Table.NotSupported;
                default:
                    return Wrong("the method does not go with the URL or the resource.");
            }
            if (!targets.Add(step.Reference))
                return Wrong("a resource is written twice.");
            if (step.Type == "Consent")
                return Outcomes.Table.Rule($"entry[{step.Index}]: a Consent is written alone, not in a transaction.");
        }
        return null;
    }

    // Each entry needs its own scope, before anything is looked up; what is read is checked where it is read.
    private static Outcome? Scoped(FhirExchange exchange, List<Step> steps)
    {
        var wrong = steps.Find(s => !exchange.Caller.Scopes.Allow(s.Type, s.Permission));
        return wrong is null
            ? null
            : Outcomes.Table.OutsideScope with
            {
                Text = $"entry[{wrong.Index}]: {Outcomes.Table.OutsideScope.Text}",
            };
    }

    private static Dictionary<string, string> References(List<Step> steps)
    {
        var references = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var step in steps.Where(s => s.Entry.FullUrl is not null && s.Entry.Method != "DELETE"))
            references.TryAdd(step.Entry.FullUrl!, step.Reference);
        return references;
    }

    private static Outcome? Prepare(List<Step> steps, Dictionary<string, string> references)
    {
        var problems = new Outcome?[steps.Count];
        Parallel.For(
            0,
            steps.Count,
            i =>
            {
                var step = steps[i];
                if (step.Entry.Method == "DELETE")
                    return;
                var isOwnId = step.Entry.Method == "PUT";
                (step.Record, problems[i]) = ResourceInput.Prepare(
                    step.Entry.Resource,
                    step.Type,
                    step.Id,
                    isOwnId,
                    references
                );
                if (Dangling(step.Record))
                    problems[i] = Outcomes.Table.Rule("a reference names an entry that is not there.");
            }
        );
        for (var i = 0; i < steps.Count; i++)
        {
            if (problems[i] is { } problem)
                return problem with { Text = $"entry[{steps[i].Index}]: {problem.Text}" };
        }
        return null;
    }

    private static bool Dangling(PreparedRecord? record) =>
        record?.Description.Facts.RefersTo?.Any(r => r.StartsWith(Urn, StringComparison.Ordinal)) == true;

    // What is changed or deleted has to be there for this caller.
    private static async Task<Outcome?> PlanAsync(FhirExchange exchange, List<Step> steps)
    {
        foreach (var step in steps)
        {
            if (step.Entry.Method == "POST" || (step.Entry.Method == "PUT" && exchange.IsTrustedWriter))
            {
                step.Change = new RecordChange(step.Record!, WriteReason.Change, Expected: 0);
                continue;
            }
            if (exchange.IsTrustedWriter)
                return Outcomes.Table.Forbidden;
            step.Current = await new RecordAccess(exchange.Ledger).ReadAsync(
                exchange.Asking("access", step.Permission),
                step.Reference,
                null,
                "transaction",
                exchange.Aborted
            );
            if (step.Current is null)
                return Outcomes.Table.NotFound;
            if (step.Entry.Condition("If-Match") is { } tag && FhirBody.VersionOf(tag) != step.Current.Version)
                return Outcomes.Table.VersionConflict;
            if (!exchange.MayChange(step.Type))
                return Outcomes.Table.NotWritable;
            if (step.Entry.Method == "PUT")
                step.Change = new RecordChange(
                    step.Record!,
                    WriteReason.Change,
                    step.Current.Version,
                    step.Current.PatientKeys
                );
            else if (!step.Current.IsDeleted)
                step.Change = new RecordChange(
                    PreparedRecord.Deletion(step.Current.Facts),
                    WriteReason.Deletion,
                    step.Current.Version,
                    step.Current.PatientKeys
                );
        }
        return null;
    }

    private static async Task<IResult> AnswerAsync(
        FhirExchange exchange,
        IReadOnlyList<BundleEntry> entries,
        List<Step> steps,
        IReadOnlyList<ChangeResult> results
    )
    {
        var answers = new InnerAnswer?[entries.Count];
        var wantsBody = WriteApi.Preference(exchange.Http.Request) == "representation";
        var next = 0;
        foreach (var step in steps)
            answers[step.Index] = Answer(step, step.Change is null ? null : results[next++], wantsBody);
        for (var i = 0; i < entries.Count; i++)
            answers[i] ??= await BundleApi.SendAsync(exchange, entries[i]);
        return FhirBody.Of(
            exchange,
            BundleApi.Response("transaction-response", [.. answers.Select(a => a!)], exchange.BaseUrl)
        );
    }

    private static InnerAnswer Answer(Step step, ChangeResult? result, bool wantsBody)
    {
        IHeaderDictionary headers = new HeaderDictionary();
        if (result is not { } written || step.Entry.Method == "DELETE")
            return new InnerAnswer(StatusCodes.Status204NoContent, headers, []);
        headers.Location = $"{step.Reference}/_history/{written.Version}";
        headers.ETag = FhirBody.ETag(written.Version);
        headers.LastModified = ReadableRecord.Instant(written.Written);
        var body = wantsBody
            ? ReadableRecord.ToBody(
                step.Record!.Content,
                step.Reference,
                written.Version,
                written.Written,
                step.Record.Description.Facts.Labels
            )
            : [];
        return new InnerAnswer(
            written.Outcome == WriteOutcome.Created ? StatusCodes.Status201Created : StatusCodes.Status200OK,
            headers,
            body
        );
    }
}
