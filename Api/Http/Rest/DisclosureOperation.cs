using MedLedger.Api.Fhir;
using MedLedger.Api.Identity;
using MedLedger.Api.Records;

namespace MedLedger.Api.Http.Rest;

/// <summary>
/// <c>AuditEvent/$recordDisclosure</c> (HL7 Scalable Consent Management 1.0.0-ballot): somebody tells that data of a patient
/// left by another way than this server. It is sealed and logged, and the patient sees it.
/// </summary>
internal static class DisclosureOperation
{
    private const string Disclosure = "disclosure";
    private const string Consent = "consent";
    private static readonly TimeSpan ClockTolerance = TimeSpan.FromMinutes(5);

    /// <summary>The route.</summary>
    public static IReadOnlyList<FhirRoute> Routes { get; } =
    [
        new(
            "POST",
            "/AuditEvent/$recordDisclosure",
            "recordDisclosure",
            FhirLevel.Operation,
            ScopePermissions.Create,
            RecordAsync
        )
        {
            Definition = "http://hl7.org/fhir/us/consent-management/OperationDefinition/record-disclosure",
        },
    ];

    private static async Task<IResult> RecordAsync(FhirExchange exchange)
    {
        if (exchange.Caller.User.Role is not (Role.Clinician or Role.Ingest))
            return Outcomes.Forbidden;
        var (input, problem) = await OperationInput.ReadAsync(exchange, [Disclosure, Consent], Disclosure);
        if (input is null)
            return problem!.ToResult();
        if (input.Resources(Disclosure) is not [var given] || input.Count(Disclosure) != 1)
            return Outcomes.Table.Invalid("one AuditEvent is told, in the parameter disclosure").ToResult();
        if (
            input.Count(Consent) > 0
            && input.Reference(Consent)?.StartsWith("Consent/", StringComparison.Ordinal) != true
        )
            return Outcomes.Table.Invalid("the parameter consent refers to one Consent").ToResult();
        if (DisclosedEvent.TryRead(given, input.Reference(Consent), out var told, out var missing) is not { } patient)
            return Outcomes.Table.Invalid(missing!).ToResult();
        if (told!.Disclosure.When > exchange.Ledger.Store.Time.GetUtcNow() + ClockTolerance)
            return Outcomes.Table.Invalid("when: it lies in the future").ToResult();
        // Whoever may not see the patient learns nothing here, not even whether there is one.
        if (exchange.Caller.User.Role == Role.Clinician && !await SeesAsync(exchange, patient))
            return Outcomes.NotFound;
        var index = await exchange.Ledger.Disclosures.RecordAsync(
            patient,
            told.Disclosure,
            told.Purpose,
            exchange.Caller.User.Reference,
            exchange.Aborted
        );
        if (index is null)
            return Outcomes.Unprocessable("of a patient who is not known here, or was erased");
        exchange.Http.Response.Headers.Location =
            $"{exchange.BaseUrl}/AuditEvent/{AuditEventResource.IdOf(index.Value)}";
        return (
            Outcomes.Table.Fine("The disclosure is recorded; the patient sees it.") with
            {
                Status = StatusCodes.Status201Created,
            }
        ).ToResult();
    }

    private static async Task<bool> SeesAsync(FhirExchange exchange, string patient)
    {
        using var seen = await new RecordAccess(exchange.Ledger).ReadAsync(
            exchange.Asking("access", ScopePermissions.Read),
            patient,
            null,
            "recordDisclosure",
            exchange.Aborted
        );
        return seen is { IsDeleted: false };
    }
}
