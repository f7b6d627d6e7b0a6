using MedLedger.Api.Cli;
using MedLedger.Api.Jobs;
using MedLedger.Api.Records;

namespace MedLedger.Api.Samples;

/// <summary>The sample patients with the organizations they name, taken into a store.</summary>
internal static class SampleImport
{
    /// <summary>Imports all sample Bundles; what is there already stays unchanged.</summary>
    public static async Task<ImportReport> RunAsync(
        OpenLedger ledger,
        IProgress<Progressed> progress,
        CancellationToken cancellation
    )
    {
        var files = SampleFiles.Patients.Prepend(SampleFiles.Organizations);
        return await ledger.Importer.ImportAsync(
            [.. files.Select(name => ImportFile.Of(name, SampleFiles.Read(name)))],
            progress,
            cancellation
        );
    }

    /// <summary>
    /// Stores the samples' Consents with their grants, each for its own patient. A Consent that is there already, active
    /// or revoked, stays as it is.
    /// </summary>
    public static async Task GrantAsync(OpenLedger ledger, Action<string> say, CancellationToken cancellation)
    {
        var story = new DemoStory(ledger, say);
        var stored = await story.PatientsAsync(cancellation); // a sample patient may have been erased
        foreach (var patient in SampleFiles.Patients.Select(SampleFiles.PatientOf))
        {
            if (!stored.Contains(patient, StringComparer.Ordinal))
                continue;
            var known = await ConsentStore.ListAsync(ledger.Store, ledger.Gate, patient, cancellation);
            if (known.Count == 0 && SampleFiles.ReadConsentOf(patient) is { } consent)
                await story.GrantAsync(patient, consent, cancellation);
        }
    }
}
