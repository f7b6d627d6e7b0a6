using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;

namespace MedLedger.Benchmarks.Fhir;

/// <summary>What <c>-- fhir</c> is asked to do.</summary>
internal sealed record FhirSpeedOptions
{
    /// <summary><c>--data</c>: the folder of Synthea Bundles.</summary>
    public string Data { get; init; } = Path.Combine("..", "shared", "data", "synthea-r4");

    /// <summary><c>--records</c>: resources to write in each of the two write runs.</summary>
    public int Records { get; init; } = 7_500;

    /// <summary><c>--requests</c>: requests of each read run, after half as many that do not count.</summary>
    public int Requests { get; init; } = 5_000;

    /// <summary><c>--seconds</c>: a run ends after so long, whatever it has done.</summary>
    public int Seconds { get; init; } = 60;

    /// <summary><c>--folder</c>: where the data folder is made; removed at the end.</summary>
    public string Folder { get; init; } = Path.GetTempPath();

    /// <summary><c>--grow</c>: resources to grow to; 0 for no growth.</summary>
    public int Grow { get; init; }

    /// <summary><c>--no-peer</c>.</summary>
    public bool HasPeer { get; init; } = true;

    /// <summary>Null for arguments that are none.</summary>
    public static FhirSpeedOptions? Read(ReadOnlySpan<string> args)
    {
        var options = new FhirSpeedOptions();
        while (args.Length > 0)
        {
            if (args[0] == "--no-peer")
            {
                options = options with { HasPeer = false };
                args = args[1..];
                continue;
            }
            if (args.Length == 1)
                return null;
            if (args[0] is "--data" or "--folder")
                options = args[0] == "--data" ? options with { Data = args[1] } : options with { Folder = args[1] };
            else if (!int.TryParse(args[1], NumberStyles.None, CultureInfo.InvariantCulture, out var number))
                return null;
            else if (args[0] == "--records" && number > 0)
                options = options with { Records = number };
            else if (args[0] == "--requests" && number > 1)
                options = options with { Requests = number };
            else if (args[0] == "--seconds" && number > 0)
                options = options with { Seconds = number };
            else if (args[0] == "--grow")
                options = options with { Grow = number };
            else
                return null;
            args = args[2..];
        }
        return options;
    }
}

/// <summary>
/// <c>-- fhir</c>: load on <c>serve --samples</c> in a process of its own, over HTTP with tokens, with sealing, gate and
/// committed log, and on a peer without any of them.
/// </summary>
internal sealed class FhirSpeed(FhirSpeedOptions options, TextWriter output)
{
    private const int Readers = 4;
    private const string Usage =
        "usage: -- fhir [--data SYNTHEA] [--records N] [--requests N] [--seconds S] [--folder DIR] [--grow N] [--no-peer]";

    private readonly List<LoadResult> _results = [];
    private readonly Dictionary<string, List<string>> _written = new(StringComparer.Ordinal);

    /// <summary>Runs it; an exit code.</summary>
    public static async Task<int> RunAsync(string[] args, TextWriter output)
    {
        if (args is ["peer", .. var rest])
        {
            await PeerServer.RunAsync(rest);
            return 0;
        }
        if (FhirSpeedOptions.Read(args) is not { } options)
        {
            await output.WriteLineAsync(Usage);
            return 2;
        }
        await new FhirSpeed(options, output).RunAsync();
        return 0;
    }

    private async Task RunAsync()
    {
        var bundles = TransactionBundle.ReadAll(options.Data);
        var folder = Directory.CreateDirectory(
            Path.Combine(
                options.Folder,
                "medledger-load-" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4))
            )
        );
        try
        {
            await DescribeAsync(folder.FullName);
            await using var ledger = await MeasuredLedger.StartAsync(folder.FullName);
            await output.WriteLineAsync(LoadResult.Header);
            await MeasureAsync(ledger, bundles);
            await output.WriteLineAsync(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"server: {ledger.Process.PeakMemory >> 20} MB at most, {ledger.Process.Processor.TotalSeconds:N1} s of processor time, database {ledger.DatabaseBytes >> 20} MB"
                )
            );
            if (options.Grow > 0)
                await new FhirGrowth(ledger, bundles, output).RunAsync(options.Grow);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
        if (options.HasPeer)
            await PeerAsync(bundles);
    }

    // A committed log entry waits for the disk: what the disk takes is part of each figure.
    private async Task DescribeAsync(string folder)
    {
        const int Times = 50;
        var file = Path.Combine(folder, "sync");
        await using var stream = new FileStream(file, FileMode.Create);
        var block = new byte[4096];
        var clock = Stopwatch.StartNew();
        for (var i = 0; i < Times; i++)
        {
            stream.Write(block);
            stream.Flush(flushToDisk: true);
        }
        var load = File.Exists("/proc/loadavg") ? (await File.ReadAllTextAsync("/proc/loadavg")).Split(' ')[0] : "?";
        await output.WriteLineAsync(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{DateTime.UtcNow:u}, {Environment.ProcessorCount} processors, load average {load}, a 4 KiB write to the disk takes {clock.Elapsed.TotalMicroseconds / Times:N0} us"
            )
        );
    }

    private async Task MeasureAsync(MeasuredLedger ledger, IReadOnlyList<TransactionBundle> bundles)
    {
        await WriteAsync("transaction, warm-up", ledger.Process, ledger.Ingest, bundles, 1, bundles.Count * 100);
        await WriteAsync("transaction", ledger.Process, ledger.Ingest, bundles, 1, options.Records);
        await WriteAsync("transaction", ledger.Process, ledger.Ingest, bundles, 4, options.Records);

        // Readers are patients with many records, who read what is theirs.
        var patients = _written.OrderBy(p => Math.Abs(p.Value.Count - 500)).Take(Readers).ToList();
        var tokens = new List<string>();
        foreach (var (patient, _) in patients)
            tokens.Add(await ledger.PatientTokenAsync(patient));
        var at = ledger.Process.Address;
        LoadRequest Read(int client)
        {
            var mine = patients[client % Readers];
            var reference = mine.Value[RandomNumberGenerator.GetInt32(mine.Value.Count)];
            return LoadRequest.Get(at, "/fhir/" + reference, tokens[client % Readers]);
        }
        LoadRequest Granted(int client) =>
            LoadRequest.Get(
                at,
                "/fhir/" + ledger.Permitted[RandomNumberGenerator.GetInt32(ledger.Permitted.Count)],
                ledger.Clinician
            );
        LoadRequest Search(int client) =>
            LoadRequest.Get(
                at,
                $"/fhir/Observation?patient={patients[client % Readers].Key}&code=http://loinc.org%7C8302-2",
                tokens[client % Readers]
            );
        await ReadAsync("read by id, patient", ledger.Process, Read);
        await ReadAsync("read by id, clinician", ledger.Process, Granted);
        await ReadAsync("Observation by patient and code", ledger.Process, Search);

        var (whose, everything) = (patients[0].Key, patients[0].Value.Count);
        var sent = 0;
        LoadRequest? Everything(int client) =>
            Interlocked.Increment(ref sent) > options.Requests / 50
                ? null
                : LoadRequest.Get(at, $"/fhir/{whose}/$everything?_count=1000", tokens[0]) with
                {
                    Resources = everything,
                };
        try
        {
            await ReportAsync(Load.RunAsync("$everything", ledger.Process, 1, Everything, Limit));
        }
        catch (InvalidOperationException refused) when (refused.Message.Contains(": 501 ", StringComparison.Ordinal))
        {
            await output.WriteLineAsync("| $everything | 1 | not built |");
        }
    }

    private TimeSpan Limit => TimeSpan.FromSeconds(options.Seconds);

    private async Task ReadAsync(string name, MeasuredProcess server, Func<int, LoadRequest> make)
    {
        Func<int, LoadRequest?> Some(int requests)
        {
            var left = requests;
            return client => Interlocked.Decrement(ref left) < 0 ? null : make(client);
        }
        await Load.RunAsync(name, server, 4, Some(options.Requests / 2), Limit);
        await ReportAsync(Load.RunAsync(name, server, 1, Some(options.Requests), Limit));
        await ReportAsync(Load.RunAsync(name, server, 16, Some(options.Requests), Limit));
    }

    private async Task WriteAsync(
        string name,
        MeasuredProcess server,
        string token,
        IReadOnlyList<TransactionBundle> bundles,
        int clients,
        int records
    )
    {
        var (sent, next) = (0, -1);
        LoadRequest? Next(int client)
        {
            var bundle = bundles[Interlocked.Increment(ref next) % bundles.Count];
            if (Interlocked.Add(ref sent, bundle.Resources) - bundle.Resources >= records)
                return null;
            return LoadRequest.Post(server.Address, "/fhir", bundle.Body, token, bundle.Resources) with
            {
                Answered = Keep,
            };
        }
        await ReportAsync(Load.RunAsync(name, server, clients, Next, TimeSpan.FromMinutes(10)));
    }

    private void Keep(byte[] response)
    {
        var references = TransactionBundle.Locations(response);
        var patient = references.First(r => r.StartsWith("Patient/", StringComparison.Ordinal));
        lock (_written)
        {
            _written[patient] =
            [
                .. references.Where(r =>
                    !r.StartsWith("Organization/", StringComparison.Ordinal)
                    && !r.StartsWith("Practitioner/", StringComparison.Ordinal)
                ),
            ];
        }
    }

    private async Task ReportAsync(Task<LoadResult> run)
    {
        var result = await run;
        _results.Add(result);
        await output.WriteLineAsync(result.ToString());
        await output.FlushAsync();
    }

    private async Task PeerAsync(IReadOnlyList<TransactionBundle> bundles)
    {
        var own = typeof(FhirSpeed).Assembly.Location;
        using var peer = await MeasuredProcess.StartAsync(own, ["fhir", "peer"], "/ready");
        _written.Clear();
        await WriteAsync("peer: transaction, warm-up", peer, "none", bundles, 1, bundles.Count * 100);
        await WriteAsync("peer: transaction", peer, "none", bundles, 1, options.Records);
        await WriteAsync("peer: transaction", peer, "none", bundles, 4, options.Records);
        var all = _written.Values.SelectMany(references => references).ToList();
        LoadRequest Read(int client) =>
            LoadRequest.Get(peer.Address, "/fhir/" + all[RandomNumberGenerator.GetInt32(all.Count)], "none");
        await ReadAsync("peer: read by id", peer, Read);
        await RatioAsync("transaction", 1, "transaction");
        await RatioAsync("transaction", 4, "transaction");
        await RatioAsync("read by id, patient", 1, "read by id");
        await RatioAsync("read by id, patient", 16, "read by id");
    }

    private async Task RatioAsync(string name, int clients, string peer)
    {
        var own = _results.Last(r => r.Name == name && r.Clients == clients);
        var other = _results.Last(r => r.Name == "peer: " + peer && r.Clients == clients);
        var wall = (own.Resources / own.Wall.TotalSeconds) / (other.Resources / other.Wall.TotalSeconds);
        var cost = own.ServerMicrosecondsPerResource / other.ServerMicrosecondsPerResource;
        await output.WriteLineAsync(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{name}, {clients} clients: {wall:P0} of the peer's rate, {cost:N1} times its processor time a resource"
            )
        );
    }
}
