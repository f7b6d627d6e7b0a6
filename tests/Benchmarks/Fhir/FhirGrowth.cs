using System.Globalization;
using System.Security.Cryptography;

namespace MedLedger.Benchmarks.Fhir;

/// <summary>What writing and reading cost while the store grows: one line at each doubling.</summary>
internal sealed class FhirGrowth(MeasuredLedger ledger, IReadOnlyList<TransactionBundle> bundles, TextWriter output)
{
    private const int First = 10_000;
    private static readonly TimeSpan Longest = TimeSpan.FromHours(2);
    private static readonly TimeSpan Reading = TimeSpan.FromSeconds(3);

    /// <summary>Grows to about so many resources.</summary>
    public async Task RunAsync(int resources)
    {
        await output.WriteLineAsync(
            "| resources | written/s | server CPU us/resource | read p50 ms | read CPU us | search CPU us | memory MB | database MB |\n"
                + "|---|---|---|---|---|---|---|---|"
        );
        var (total, next) = (0, -1);
        for (var target = Math.Min(First, resources); ; target = Math.Min(resources, target * 2))
        {
            var patient = "";
            IReadOnlyList<string> references = [];
            LoadRequest? Write(int client)
            {
                if (Volatile.Read(ref total) >= target)
                    return null;
                var bundle = bundles[Interlocked.Increment(ref next) % bundles.Count];
                Interlocked.Add(ref total, bundle.Resources);
                return LoadRequest.Post(
                    ledger.Process.Address,
                    "/fhir",
                    bundle.Body,
                    ledger.Ingest,
                    bundle.Resources
                ) with
                {
                    Answered = body =>
                    {
                        var locations = TransactionBundle.Locations(body);
                        (references, patient) = (locations, locations.First(IsPatient));
                    },
                };
            }
            var written = await Load.RunAsync("write", ledger.Process, 4, Write, Longest);
            var token = await ledger.PatientTokenAsync(patient);
            var own = references.Where(r => r.StartsWith("Observation/", StringComparison.Ordinal)).ToList();
            LoadRequest Read(int client) =>
                LoadRequest.Get(
                    ledger.Process.Address,
                    "/fhir/" + own[RandomNumberGenerator.GetInt32(own.Count)],
                    token
                );
            LoadRequest Search(int client) =>
                LoadRequest.Get(
                    ledger.Process.Address,
                    $"/fhir/Observation?patient={patient}&code=http://loinc.org%7C8302-2",
                    token
                );
            var read = await Load.RunAsync("read", ledger.Process, 4, Read, Reading);
            var searched = await Load.RunAsync("search", ledger.Process, 4, Search, Reading);
            await output.WriteLineAsync(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"| {total:N0} | {written.Resources / written.Wall.TotalSeconds:N0} | {written.ServerMicrosecondsPerResource:N0} | {read.Milliseconds[read.Milliseconds.Count / 2]:N2} | {read.ServerMicrosecondsPerResource:N0} | {searched.ServerMicrosecondsPerResource:N0} | {ledger.Process.PeakMemory >> 20} | {ledger.DatabaseBytes >> 20} |"
                )
            );
            await output.FlushAsync();
            if (target == resources)
                return;
        }
    }

    private static bool IsPatient(string reference) => reference.StartsWith("Patient/", StringComparison.Ordinal);
}
