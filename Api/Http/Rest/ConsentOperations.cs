using System.Text;
using System.Text.Json;
using MedLedger.Api.Fhir;
using MedLedger.Api.Identity;
using MedLedger.Api.Records;

namespace MedLedger.Api.Http.Rest;

/// <summary>
/// <c>$fileConsent</c> and <c>$revokeConsent</c> (HL7 Scalable Consent Management 1.0.0-ballot): what <c>/consents</c>
/// does, by the names that others call it. Documents go in with the Consent, or nothing does.
/// </summary>
internal static class ConsentOperations
{
    private const string Consent = "consent";
    private const string Patient = "patient";
    private const string Document = "document";
    private const string Questionnaire = "questionnaire";
    private const string Definitions = "http://hl7.org/fhir/us/consent-management/OperationDefinition/";

    /// <summary>Their routes.</summary>
    public static IReadOnlyList<FhirRoute> Routes { get; } =
    [
        Route("/Consent/$fileConsent", "fileConsent", "file-consent", ScopePermissions.Create, FileAsync),
        Route("/Consent/$revokeConsent", "revokeConsent", "revoke-consent", ScopePermissions.Delete, RevokeAsync),
        Route("/Consent/{id}/$revokeConsent", "revokeConsent", "revoke-consent", ScopePermissions.Delete, RevokeAsync),
    ];

    private static FhirRoute Route(
        string path,
        string code,
        string definition,
        ScopePermissions needs,
        Func<FhirExchange, Task<IResult>> handle
    ) => new("POST", path, code, FhirLevel.Operation, needs, handle) { Definition = Definitions + definition };

    // The id is the server's, as in create: somebody else's Consent of that id cannot be guessed by trying.
    private static async Task<IResult> FileAsync(FhirExchange exchange)
    {
        if (!Acting.Manages(exchange.Caller, "Consent", ScopePermissions.Create))
            return Outcomes.Forbidden;
        var (input, problem) = await OperationInput.ReadAsync(exchange, [Consent, Document, Questionnaire], Consent);
        if (input is null)
            return problem!.ToResult();
        if (input.Resources(Consent) is not [var given] || input.Count(Consent) != 1)
            return Outcomes.Table.Invalid("one Consent is filed, in the parameter consent").ToResult();
        var (record, invalid) = Prepare(given, ["Consent"]);
        if (record is null)
            return invalid!.ToResult();
        if (ConsentStore.ProblemOf(record) is { } unread)
            return Outcomes.Unprocessable(unread);
        var (documents, refusal) = Documents(input, record.Description.Patients[0]);
        if (refusal is not null)
            return refusal.ToResult();
        var (change, refused) = await Acting.GiveAsync(
            exchange.Caller,
            record,
            documents,
            exchange.Ledger,
            exchange.Aborted
        );
        if (change is null)
            return refused!;
        exchange.Http.Response.Headers.Location = $"{exchange.BaseUrl}/{record.Reference}";
        var text =
            $"{record.Reference} is filed{With(documents)}; {change.Granted.Count} grants were made on the chain, "
            + $"{change.Revoked.Count} ended{(change.IsWaiting ? "; more follows when the chain answers" : "")}.";
        return (Outcomes.Table.Fine(text) with { Status = StatusCodes.Status201Created }).ToResult();
    }

    private static async Task<IResult> RevokeAsync(FhirExchange exchange)
    {
        if (!Acting.Manages(exchange.Caller, "Consent", ScopePermissions.Delete))
            return Outcomes.Forbidden;
        var (input, problem) = await OperationInput.ReadAsync(
            exchange,
            [Consent, Patient, Document, Questionnaire],
            sole: null
        );
        if (input is null)
            return problem!.ToResult();
        var named = input.Reference(Consent);
        var consent = exchange.Id.Length > 0 ? "Consent/" + exchange.Id : named;
        if (consent is null || (named is not null && named != consent))
            return Outcomes.Table.Invalid("the parameter consent refers to one Consent").ToResult();
        if (input.Count(Patient) > 0 && input.Reference(Patient) is null)
            return Outcomes.Table.Invalid("the parameter patient is a literal reference").ToResult();
        var (documents, refusal) = Documents(input, null);
        if (refusal is not null)
            return refusal.ToResult();
        var change = await Acting.EndAsync(
            exchange.Caller,
            consent,
            input.Reference(Patient),
            documents,
            exchange.Ledger,
            exchange.Aborted
        );
        if (change is null)
            return Outcomes.NotFound;
        var text =
            $"{consent} has ended{With(documents)}; {change.Revoked.Count} grants ended on the chain, "
            + $"{change.Granted.Count} were made anew.";
        return Outcomes.Table.Fine(text).ToResult();
    }

    private static (IReadOnlyList<PreparedRecord> Documents, Outcome? Refused) Documents(
        OperationInput input,
        string? patient
    )
    {
        var documents = new List<PreparedRecord>();
        foreach (var given in input.Resources(Document).Concat(input.Resources(Questionnaire)))
        {
            var (record, invalid) = Prepare(given, ["DocumentReference", "QuestionnaireResponse"]);
            if (record is null)
                return ([], invalid);
            if (record.Description.Patients is not [var of] || (patient is not null && of != patient))
                return (
                    [],
                    Outcomes.Table.Rule("a document is about the patient of the Consent, and about nobody else")
                );
            documents.Add(record);
        }
        return documents.Count == input.Count(Document) + input.Count(Questionnaire)
            ? (documents, null)
            : ([], Outcomes.Table.Invalid("a document is a DocumentReference or a QuestionnaireResponse"));
    }

    private static (PreparedRecord? Record, Outcome? Problem) Prepare(JsonElement given, string[] types)
    {
        var type = given.GetProperty("resourceType").GetString()!;
        return types.Contains(type, StringComparer.Ordinal)
            ? ResourceInput.Prepare(
                Encoding.UTF8.GetBytes(given.GetRawText()),
                type,
                RecordChanges.NewId(),
                isOwnId: false
            )
            : (null, Outcomes.Table.Invalid($"a {string.Join(" or a ", types)} is wanted there"));
    }

    private static string With(IReadOnlyList<PreparedRecord> documents) =>
        documents.Count == 0 ? "" : $" with {string.Join(", ", documents.Select(d => d.Reference))}";
}
