using System.Globalization;
using MedLedger.Api.Fhir;
using MedLedger.Api.Identity;
using MedLedger.Api.Jobs;
using MedLedger.Api.Records;
using MedLedger.Consent.Access;

namespace MedLedger.Api.Http.Rest;

/// <summary>One FHIR request with who sends it: what every handler works on.</summary>
internal sealed class FhirExchange(HttpContext http, Caller caller, OpenLedger ledger)
{
    private const string Base = "/fhir";

    public HttpContext Http { get; } = http;

    public Caller Caller { get; } = caller;

    public OpenLedger Ledger { get; } = ledger;

    public CancellationToken Aborted => Http.RequestAborted;

    /// <summary>The resource type in the URL.</summary>
    public string Type => (string?)Http.Request.RouteValues["type"] ?? "";

    /// <summary>The id in the URL.</summary>
    public string Id => (string?)Http.Request.RouteValues["id"] ?? "";

    /// <summary>The type after a compartment in the URL; empty when there is none.</summary>
    public string Inner => (string?)Http.Request.RouteValues["inner"] ?? "";

    /// <summary><c>Type/id</c> in the URL.</summary>
    public string Reference => $"{Type}/{Id}";

    /// <summary>What a condition found takes the place of an id in the URL.</summary>
    public void Name(string id) => Http.Request.RouteValues["id"] = id;

    /// <summary>Whether type and id in the URL can be those of a resource.</summary>
    public bool HasReference => ResourceParser.ResourceTypes.Contains(Type) && LiteralReference.IsId(Id);

    /// <summary>
    /// Whether the role reads content at all. Whoever does not is refused before anything is looked up, so that the answer
    /// is the same whatever is stored.
    /// </summary>
    public bool MayRead => Caller.User.Role is Role.Clinician or Role.Patient or Role.RelatedPerson;

    /// <summary>Whether the role writes content at all.</summary>
    public bool MayWrite => Caller.User.Role is Role.Ingest or Role.Clinician or Role.Patient;

    /// <summary>A service that writes for every patient, without being asked what they consent to, and reads nothing.</summary>
    public bool IsTrustedWriter => Caller.User.Role == Role.Ingest;

    /// <summary>Whether the role changes what is there: patients change their Consents, not what others wrote about them.</summary>
    public bool MayChange(string type) =>
        Caller.User.Role switch
        {
            Role.Clinician => type != "Consent",
            Role.Patient => type == "Consent",
            _ => false,
        };

    /// <summary>Where the FHIR API stands, as the client sees it, without a slash at the end.</summary>
    public string BaseUrl => $"{Http.Request.Scheme}://{Http.Request.Host}{Base}";

    /// <summary>
    /// The answer when the caller's searches have opened too much already, before anything is looked up; null when one more
    /// may begin.
    /// </summary>
    public Outcome? Spent()
    {
        var wait = Budget.Wait(Caller.User.Id);
        if (wait == TimeSpan.Zero)
            return null;
        var seconds = (long)Math.Ceiling(wait.TotalSeconds);
        Http.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        return Outcomes.Table.Spent;
    }

    /// <summary>Charges the caller for a search: for itself, and for what it opened.</summary>
    public void Charge(int opened) => Budget.Charge(Caller.User.Id, 1 + opened);

    /// <summary>Waits until this request may create what its conditions do not find; what is returned ends the turn.</summary>
    /// <param name="types">The types that the conditions are about; none for no condition.</param>
    public Task<IDisposable> TurnAsync(IEnumerable<string> types) =>
        Http.RequestServices.GetRequiredService<ConditionTurns>().WaitAsync(types, Aborted);

    private SearchBudget Budget => Http.RequestServices.GetRequiredService<SearchBudget>();

    /// <summary>The question to the gate: this caller, their purpose, within their scopes, now.</summary>
    /// <param name="action">A consent action: access, collect, correct ...</param>
    /// <param name="permission">What the scopes have to allow for each record that is opened or written.</param>
    public AccessRequest Asking(string action, ScopePermissions permission) =>
        new()
        {
            Patient = "",
            Actors = Caller.Actors,
            Purpose = Caller.Purpose,
            Action = action,
            Time = Requests.Moment(Ledger.Store.Time.GetUtcNow()),
            Scopes = Caller.Within(permission),
        };
}
