using MedLedger.Api.Identity;
using MedLedger.Api.Jobs;
using MedLedger.Consent.Delegations;

namespace MedLedger.Api.Http;

/// <summary>Reads something of a patient for who manages it.</summary>
/// <param name="caller">Who asks.</param>
/// <param name="patient"><c>Patient/id</c>: the caller, or for whom the caller may read.</param>
/// <param name="http">The request.</param>
/// <param name="ledger">What is open.</param>
/// <param name="cancellation">Ends the reading.</param>
internal delegate Task<IResult> PatientReading(
    Caller caller,
    string patient,
    HttpRequest http,
    OpenLedger ledger,
    CancellationToken cancellation
);

/// <summary>Routes on which patients read what is theirs, and who acts for them with <c>?patient=Patient/id</c>.</summary>
internal static class PatientRoute
{
    /// <summary>Maps a GET route.</summary>
    /// <param name="app">The server.</param>
    /// <param name="ledger">What is open.</param>
    /// <param name="path">The route.</param>
    /// <param name="type">The resource type that the token's scopes have to allow.</param>
    /// <param name="permission">What they have to allow of it.</param>
    /// <param name="read">Reads and answers; it logs first.</param>
    public static void MapForPatient(
        this WebApplication app,
        OpenLedger ledger,
        string path,
        string type,
        ScopePermissions permission,
        PatientReading read
    ) =>
        app.MapGet(
            path,
            async (HttpRequest http, CancellationToken ct) =>
            {
                if (LedgerApi.CallerOf(http) is not { } caller)
                    return Outcomes.Login;
                if (!Acting.Manages(caller, type, permission))
                    return Outcomes.Forbidden;
                string? asked = http.Query["patient"];
                var (patient, refused) = await Acting.ForAsync(caller, asked, DelegatedAct.Read, null, ledger, ct);
                return refused ?? await read(caller, patient!, http, ledger, ct);
            }
        );
}
