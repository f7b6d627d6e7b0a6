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
        // beside the data, not in it: what is in clear never lies in the data folder
        var folder = Directory.CreateTempSubdirectory("medledger-samples-").FullName;
        try
        {
            var names = SampleFiles.Patients.Prepend(SampleFiles.Organizations).ToList();
            foreach (var name in names)
                await File.WriteAllBytesAsync(Path.Combine(folder, name), SampleFiles.Read(name), cancellation);
            return await ledger.Importer.ImportAsync(
                [.. names.Select(name => Path.Combine(folder, name))],
                progress,
                cancellation
            );
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>
    /// Stores the samples' Consents with their grants, each for its own patient. A Consent that is there already, active
    /// or revoked, stays as it is.
    /// </summary>
    public static async Task GrantAsync(OpenLedger ledger, Action<string> say, CancellationToken cancellation)
    {
        var known = await ConsentStore.ListAsync(ledger.Store, ledger.Gate, cancellation);
        var story = new DemoStory(ledger, say);
        var stored = await story.PatientsAsync(cancellation); // a sample patient may have been erased
        foreach (var patient in SampleFiles.Patients.Select(SampleFiles.PatientOf))
        {
            if (known.Any(c => c.Patient == patient) || !stored.Contains(patient, StringComparer.Ordinal))
                continue;
            if (SampleFiles.ReadConsentOf(patient) is { } consent)
                await story.GrantAsync(patient, consent, cancellation);
        }
    }
}
