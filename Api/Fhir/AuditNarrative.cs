using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using MedLedger.Consent.Access;
using MedLedger.Consent.Directives;
using MedLedger.Consent.Log;

namespace MedLedger.Api.Fhir;

/// <summary>An entry of the log in one sentence that a patient understands: an AuditEvent's <c>text</c>.</summary>
internal static class AuditNarrative
{
    private const int MostNamed = 5;

    /// <summary>The Narrative (FHIR R4, narrative.html): generated, one paragraph, everything escaped.</summary>
    public static JsonObject Of(LoggedEvent logged)
    {
        var sentence = WebUtility.HtmlEncode(Sentence(logged));
        return new JsonObject
        {
            ["status"] = "generated",
            ["div"] = $"<div xmlns=\"http://www.w3.org/1999/xhtml\"><p>{sentence}</p></div>",
        };
    }

    private static string Sentence(LoggedEvent logged)
    {
        var (entry, details) = (logged.Entry, logged.Details);
        var time = details?.Time ?? DateTimeOffset.FromUnixTimeSeconds(entry.Time);
        var when = time.UtcDateTime.ToString("d MMMM yyyy, HH:mm", CultureInfo.InvariantCulture) + " UTC";
        var isRefused = entry.Decision == AuditDecision.Refused;
        var who = details?.Agent ?? "Somebody who is not named any more";
        var what = isRefused ? "tried to " + Verb(entry.Action).Infinitive : Verb(entry.Action).Past;
        var purpose = details?.Purpose is { } code ? ", for " + PlainWords.Purpose(code) : "";
        var why = isRefused ? " It was refused: " + Reason(entry.Reason) + "." : "";
        var basis = entry.Basis == PermitBasis.BreakGlass ? " This was an emergency access." : "";
        return $"{when}: {who} {what}{Records(logged)}{Told(logged)}{purpose}.{why}{basis}";
    }

    private static string Told(LoggedEvent logged)
    {
        if (logged is not { HasNote: true, Details.Disclosure: { } told })
            return "";
        var day = told.When.UtcDateTime.ToString("d MMMM yyyy", CultureInfo.InvariantCulture);
        var basis = told.Consent is null ? "" : $", by {told.Consent}";
        return $": {told.Source} gave {told.Recipient} {told.What} on {day}{basis}";
    }

    private static string Records(LoggedEvent logged)
    {
        var named = logged.Entities.Select(Name).OfType<string>().ToList();
        if (named.Count == 0)
            return "";
        var more = named.Count > MostNamed ? $" and {named.Count - MostNamed} more" : "";
        return ": " + string.Join(", ", named.Take(MostNamed)) + more;
    }

    private static string? Name(JsonObject what) =>
        (string?)what["reference"] ?? (string?)what["display"] ?? (string?)what["type"];

    private static (string Past, string Infinitive) Verb(AuditAction action) =>
        action switch
        {
            AuditAction.Enrolled => ("enrolled a patient", "enroll a patient"),
            AuditAction.Written => ("wrote", "write"),
            AuditAction.Read => ("read", "read"),
            AuditAction.Searched => ("searched", "search"),
            AuditAction.Exported => ("exported the patient's data", "export the patient's data"),
            AuditAction.ConsentChanged => ("changed a consent", "change a consent"),
            AuditAction.Granted => ("put a grant on the chain", "put a grant on the chain"),
            AuditAction.Revoked => ("ended a grant", "end a grant"),
            AuditAction.AnalysisRequested => ("asked for an analysis", "have records analysed"),
            AuditAction.AnalysisPublished => ("published the proof of an analysis", "publish the proof of an analysis"),
            AuditAction.AnalysisDelivered => ("was given an analysis", "be given an analysis"),
            AuditAction.AnalysisAborted => ("had an analysis that ended without a result", "end an analysis"),
            AuditAction.BreakGlass => ("declared an emergency, or ended one", "declare an emergency"),
            AuditAction.EmergencyReviewed => ("reviewed an emergency access", "review an emergency access"),
            AuditAction.Relabelled => ("changed how sensitive records are", "change how sensitive records are"),
            AuditAction.ErasureStarted => ("began to erase a patient", "erase a patient"),
            AuditAction.Erased => ("erased a patient", "erase a patient"),
            AuditAction.ModelChanged => ("approved or withdrew a model", "approve or withdraw a model"),
            AuditAction.Anchored => ("put a head of this log on the chain", "put a head of this log on the chain"),
            AuditAction.Continued => ("went on with an older log", "go on with an older log"),
            AuditAction.LoggedIn => ("logged in", "log in"),
            AuditAction.LoggedOut => ("logged out", "log out"),
            AuditAction.TokenRequested => ("got a token for an application", "get a token for an application"),
            AuditAction.KeysChanged => ("changed keys", "change keys"),
            AuditAction.BackedUp => ("made a backup", "make a backup"),
            AuditAction.Restored => ("restored a backup", "restore a backup"),
            AuditAction.AccountChanged => ("changed an account", "change an account"),
            AuditAction.Disclosed => ("told of a disclosure", "tell of a disclosure"),
            _ => throw new ArgumentOutOfRangeException(nameof(action), action, "An action without words."),
        };

    private static string Reason(DenyReason? reason) =>
        reason switch
        {
            DenyReason.NoConsent => "no consent permits it",
            DenyReason.Forbidden => "a consent forbids it",
            DenyReason.NoGrant => "no grant on the chain covers it",
            DenyReason.Revoked => "the consent was taken back",
            DenyReason.OutsideValidity => "the consent does not hold at this time",
            DenyReason.UsesExhausted => "the consent was used as often as it may be",
            DenyReason.IncompleteRequest => "the request did not say what it was for",
            DenyReason.ChainUnavailable => "the chain could not be read",
            DenyReason.KeysUnavailable => "the patient's keys are gone or cannot be had",
            DenyReason.OutsideScope => "the application was not allowed to ask for it",
            DenyReason.NotAuthenticated => "who asked did not prove who they are",
            _ => throw new ArgumentOutOfRangeException(nameof(reason), reason, "A reason without words."),
        };
}
