using MedLedger.Api.Fhir;
using MedLedger.Api.Identity;
using MedLedger.Api.Jobs;
using MedLedger.Consent.Delegations;

namespace MedLedger.Api.Http;

/// <summary>A delegation to record: <c>parent</c>, <c>guardian</c> or <c>attorney</c>; <c>consent</c>, <c>revoke</c>, <c>read</c>.</summary>
internal sealed record DelegationBody(
    string? Person,
    string? Patient,
    string? Power,
    IReadOnlyList<string>? Acts,
    DateTimeOffset? From,
    DateTimeOffset? Until,
    string? Evidence
);

/// <summary>
/// Who acts for whom, over HTTP. The operator records powers whose evidence was seen; patients of age appoint an attorney
/// themselves. Patients see who acts for them, and who acts sees for whom.
/// </summary>
internal static class DelegationApi
{
    private const int LongestEvidence = 256;

    /// <summary>Maps the routes.</summary>
    public static void MapDelegations(this WebApplication app, OpenLedger ledger)
    {
        app.MapPost(
            "/delegations",
            (DelegationBody body, HttpRequest http, CancellationToken ct) => RecordAsync(body, http, ledger, ct)
        );
        app.MapGet("/delegations", (HttpRequest http, CancellationToken ct) => ListAsync(http, ledger, ct));
        app.MapDelete("/delegations", (HttpRequest http, CancellationToken ct) => EndAsync(http, ledger, ct));
    }

    private static async Task<IResult> RecordAsync(
        DelegationBody body,
        HttpRequest http,
        OpenLedger ledger,
        CancellationToken cancellation
    )
    {
        if (LedgerApi.CallerOf(http) is not { } caller)
            return Outcomes.Login;
        if (!caller.Scopes.Allow("Consent", ScopePermissions.Create))
            return Outcomes.Forbidden;
        if (Read(body, ledger, out var delegation) is { } problem)
            return Outcomes.Unprocessable(problem);
        var isOwn =
            caller.User.Role == Role.Patient
            && delegation!.Patient == caller.User.Reference
            && delegation.Power == Power.Attorney;
        if (caller.User.Role != Role.Operator && !isOwn)
            return Outcomes.Forbidden;
        return await ledger.Delegations.RecordAsync(delegation!, caller.User.Reference, cancellation) is { } refused
            ? Outcomes.Unprocessable(refused)
            : Results.Json(ToJson(delegation!), statusCode: StatusCodes.Status201Created);
    }

    private static async Task<IResult> ListAsync(HttpRequest http, OpenLedger ledger, CancellationToken cancellation)
    {
        if (LedgerApi.CallerOf(http) is not { } caller)
            return Outcomes.Login;
        if (
            !caller.Is(Role.Patient, "Consent", ScopePermissions.Search)
            && !caller.Is(Role.RelatedPerson, "Consent", ScopePermissions.Search)
        )
            return Outcomes.Forbidden;
        var who = caller.User.Reference;
        if (caller.User.Role == Role.RelatedPerson)
        {
            var mine = await ledger.Delegations.OfDelegateAsync(who, cancellation);
            return Results.Ok(mine.Select(ToJson));
        }
        await ledger.Audit.AppendAsync([Acting.Searched(ledger, caller, who, "delegations", null)], cancellation);
        return Results.Ok((await ledger.Delegations.OfPatientAsync(who, cancellation)).Select(ToJson));
    }

    // Patients end what they appointed, who acts gives it back, the operator follows a court; all else is not there.
    private static async Task<IResult> EndAsync(HttpRequest http, OpenLedger ledger, CancellationToken cancellation)
    {
        if (LedgerApi.CallerOf(http) is not { } caller)
            return Outcomes.Login;
        string? person = http.Query["person"];
        string? patient = http.Query["patient"];
        if (person is null || patient is null)
            return Outcomes.Unprocessable("person=RelatedPerson/id and patient=Patient/id are needed");
        var who = caller.User.Reference;
        Func<Delegation, bool>? may = caller.User.Role switch
        {
            Role.Patient => one => one.Patient == who && one.Power == Power.Attorney,
            Role.RelatedPerson => one => one.Delegate == who,
            Role.Operator => _ => true,
            _ => null,
        };
        if (may is null)
            return Outcomes.Forbidden;
        return await ledger.Delegations.EndAsync(person, patient, who, may, cancellation)
            ? Results.NoContent()
            : Outcomes.NotFound;
    }

    private static string? Read(DelegationBody body, OpenLedger ledger, out Delegation? delegation)
    {
        delegation = null;
        if (!IsReference(body.Person, "RelatedPerson") || !IsReference(body.Patient, "Patient"))
            return "person is RelatedPerson/id, patient is Patient/id";
        if (!TryName<Power>(body.Power, out var power))
            return "power is parent, guardian or attorney";
        var acts = new List<DelegatedAct>();
        foreach (var name in (body.Acts ?? []).Distinct(StringComparer.Ordinal))
        {
            if (!TryName<DelegatedAct>(name, out var act))
                return "acts are consent, revoke, read";
            acts.Add(act);
        }
        if (body.Evidence is not { Length: > 0 and <= LongestEvidence } || !ResourceValidator.IsText(body.Evidence))
            return "evidence is the document that shows the power, as a reference or a URI";
        var from = body.From ?? ledger.Store.Time.GetUtcNow();
        if (body.Until <= from)
            return "until is after from";
        delegation = new Delegation
        {
            Delegate = body.Person!,
            Patient = body.Patient!,
            Power = power,
            Acts = acts,
            From = from,
            Until = body.Until,
            Evidence = body.Evidence,
        };
        return null;
    }

    // By name alone: Enum.TryParse takes numbers and lists too.
    private static bool TryName<T>(string? name, out T value)
        where T : struct, Enum
    {
        value = Enum.GetValues<T>().FirstOrDefault(one => Camel(one) == name);
        return name is not null && Camel(value) == name;
    }

    private static bool IsReference(string? text, string type) =>
        text?.Split('/') is [var stated, var id] && stated == type && LiteralReference.IsId(id);

    private static string Camel<T>(T value)
        where T : struct, Enum => System.Text.Json.JsonNamingPolicy.CamelCase.ConvertName(value.ToString());

    private static object ToJson(Delegation one) =>
        new
        {
            person = one.Delegate,
            patient = one.Patient,
            power = Camel(one.Power),
            acts = one.Acts.Select(Camel),
            from = one.From,
            until = one.Until,
            evidence = one.Evidence,
        };
}
