using System.Globalization;
using MedLedger.Api.Identity;
using MedLedger.Api.Jobs;
using MedLedger.Api.Records;

namespace MedLedger.Api.Http;

/// <summary>
/// What the law lets a patient ask for: the accounting of disclosures (45 CFR 164.528) and access to all that is known of
/// them (GDPR, article 15).
/// </summary>
internal static class RightsApi
{
    /// <summary>Maps the routes.</summary>
    public static void MapRights(this WebApplication app, OpenLedger ledger)
    {
        app.MapForPatient(ledger, "/disclosures", "AuditEvent", ScopePermissions.Search, DisclosuresAsync);
        app.MapForPatient(
            ledger,
            "/subject-access",
            "*",
            ScopePermissions.Read | ScopePermissions.Search,
            SubjectAccessAsync
        );
    }

    private static async Task<IResult> DisclosuresAsync(
        Caller caller,
        string patient,
        HttpRequest http,
        OpenLedger ledger,
        CancellationToken cancellation
    )
    {
        var now = ledger.Store.Time.GetUtcNow();
        if (
            !TryMoment(http.Query["from"], now.AddYears(-Disclosures.Years), out var from)
            || !TryMoment(http.Query["until"], now, out var until)
        )
            return Outcomes.Unprocessable("from and until are dates, or moments with their zone");
        await ledger.Audit.AppendAsync([Acting.Searched(ledger, caller, patient, "disclosures", null)], cancellation);
        var all = new List<AccountedDisclosure>();
        await foreach (var one in ledger.Disclosures.AccountAsync(patient, from, until, cancellation))
            all.Add(one);
        return Results.Ok(DisclosureJson.Of(patient, from, until, now, all));
    }

    private static async Task<IResult> SubjectAccessAsync(
        Caller caller,
        string patient,
        HttpRequest http,
        OpenLedger ledger,
        CancellationToken cancellation
    )
    {
        var access = new SubjectAccess(ledger.Store, ledger.Gate, ledger.Audit);
        // In memory, and sent when it is whole: nothing unsealed touches a disk, and a file that ends early is none.
        using var file = new MemoryStream();
        var request = Requests.BySubject(patient, ledger.Store.Time.GetUtcNow()) with
        {
            Actors = caller.Actors,
            Purpose = caller.Purpose,
            Scopes = caller.Within(ScopePermissions.Read),
        };
        if (await access.WriteAsync(patient, caller.User.Reference, request, file, cancellation) is null)
            return Outcomes.NotFound;
        return Results.File(file.ToArray(), "application/json", "subject-access.json");
    }

    private static bool TryMoment(string? text, DateTimeOffset otherwise, out DateTimeOffset moment)
    {
        moment = otherwise;
        return string.IsNullOrEmpty(text)
            || DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out moment);
    }
}
