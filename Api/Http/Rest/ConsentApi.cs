using MedLedger.Api.Identity;
using MedLedger.Api.Records;

namespace MedLedger.Api.Http.Rest;

/// <summary>Consents are written by the patient alone, one at a time, since they change what is granted on the chain.</summary>
internal static class ConsentApi
{
    /// <summary>Stores a Consent of the caller's, and commits what it grants.</summary>
    public static async Task<IResult> StoreAsync(FhirExchange exchange, PreparedRecord record, int expected)
    {
        if (
            exchange.Caller.User.Role != Role.Patient
            || record.Description.Patients is not [var patient]
            || patient != exchange.Caller.User.Reference
        )
            return Outcomes.Forbidden;
        if (expected == 0 && await IsTakenAsync(exchange, record.Reference))
            return Outcomes.NotFound;
        var (consent, change, refused) = await exchange.Ledger.Consents.AddAsync(record.Content, exchange.Aborted);
        if (consent is null || change is null)
            return Outcomes.Unprocessable(refused ?? "not taken");
        using var stored = await new RecordAccess(exchange.Ledger).ReadAsync(
            exchange.Asking("access", expected == 0 ? ScopePermissions.Create : ScopePermissions.Update),
            record.Reference,
            null,
            "read",
            exchange.Aborted
        );
        if (stored is null)
            return Outcomes.Table.Failure.ToResult();
        var outcome = stored.Version == expected + 1 && expected == 0 ? WriteOutcome.Created : WriteOutcome.Updated;
        return WriteApi.Written(exchange, record, new ChangeResult(outcome, stored.Version, stored.Written));
    }

    /// <summary>Ends a Consent of the caller's: its grants end on the chain, and it stays as an inactive one.</summary>
    public static async Task<IResult> EndAsync(FhirExchange exchange, string consent)
    {
        if (exchange.Caller.User.Role != Role.Patient)
            return Outcomes.Forbidden;
        return await exchange.Ledger.Consents.RevokeAsync(consent, exchange.Aborted) is { } change
            ? (
                Outcomes.Table.Fine(
                    $"The Consent has ended; {change.Revoked.Count} grants ended on the chain, {change.Granted.Count} were made anew."
                )
            ).ToResult()
            : Outcomes.NotFound;
    }

    // An id under which somebody else's Consent stands is not there for this patient, and cannot be taken.
    private static async Task<bool> IsTakenAsync(FhirExchange exchange, string reference)
    {
        var vault = exchange.Ledger.Store.Vault;
        await using var context = exchange.Ledger.Store.CreateDbContext();
        var versions = await RecordReader.VersionsAsync(context, vault.RecordKey(reference), exchange.Aborted);
        return versions.Count > 0;
    }
}
