using System.Globalization;
using System.Text.Json;
using MedLedger.Api.Persistence;
using MedLedger.Consent.Access;
using MedLedger.Consent.Vault;

namespace MedLedger.Api.Records;

/// <summary>A patient's date of birth, for what depends on age.</summary>
internal static class BirthDate
{
    /// <summary>
    /// Opens the Patient resource as the patient reads it, for the date alone; null when it is not there or has no day: a
    /// date without its day tells no age.
    /// </summary>
    public static async Task<DateOnly?> ReadAsync(
        LedgerContext context,
        RecordVault vault,
        RecordGate gate,
        PatientState state,
        CancellationToken cancellation
    )
    {
        if (state.Patient is not { } patient)
            return null;
        var stored = await RecordReader
            .LoadAsync(context, [vault.RecordKey(patient)], cancellation)
            .FirstOrDefaultAsync(cancellation);
        if (stored is null)
            return null;
        var states = new Dictionary<string, PatientState>(StringComparer.Ordinal) { [state.PatientKey] = state };
        var request = Requests.BySubject(patient, gate.Now);
        var opener = new RecordOpener(vault, gate);
        using var opened = opener.Open([stored], request, states, chain: null, (_, _) => { }).FirstOrDefault();
        if (opened is null)
            return null;
        using var json = JsonDocument.Parse(opened.Content());
        return
            json.RootElement.TryGetProperty("birthDate", out var date)
            && date.ValueKind == JsonValueKind.String
            && DateOnly.TryParseExact(
                date.GetString(),
                "yyyy-MM-dd",
                CultureInfo.InvariantCulture,
                default,
                out var birth
            )
            ? birth
            : null;
    }
}
