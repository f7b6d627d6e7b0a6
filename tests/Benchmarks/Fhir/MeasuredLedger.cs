using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using MedLedger.Tests;

namespace MedLedger.Benchmarks.Fhir;

/// <summary><c>serve --samples</c> on a new data folder, with tokens of its users.</summary>
internal sealed class MeasuredLedger : IAsyncDisposable
{
    private readonly string _folder;
    private readonly string[] _place;
    private int _users;

    private MeasuredLedger(MeasuredProcess process, string folder)
    {
        Process = process;
        _folder = folder;
        _place = Place(folder);
    }

    /// <summary>The server.</summary>
    public MeasuredProcess Process { get; }

    /// <summary>A token of a service that may create for every patient.</summary>
    public string Ingest { get; private set; } = "";

    /// <summary>A token of a clinician whom sample patients have given consent.</summary>
    public string Clinician { get; private set; } = "";

    /// <summary>What that consent lets the clinician read.</summary>
    public IReadOnlyList<string> Permitted { get; private set; } = [];

    /// <summary>Bytes of the database with its log.</summary>
    public long DatabaseBytes =>
        Directory.EnumerateFiles(Path.Combine(_folder, "data"), "medledger.db*").Sum(f => new FileInfo(f).Length);

    /// <summary>Starts it in a folder.</summary>
    public static async Task<MeasuredLedger> StartAsync(string folder)
    {
        // One caller makes all of the load, more than one caller may: what a minute's searches may open is not measured.
        var settings = Path.Combine(folder, "settings.json");
        await File.WriteAllTextAsync(settings, """{"search-cost":"2147483647"}""");
        string[] line = ["serve", "--samples", "--settings", settings, .. Place(folder)];
        var process = await MeasuredProcess.StartAsync(BuiltProgram.Path, line, "/health/ready");
        var ledger = new MeasuredLedger(process, folder);
        try
        {
            ledger.Ingest = await ledger.TokenAsync("ingest1", "TREAT");
            ledger.Clinician = await ledger.TokenAsync("clinician1", "TREAT");
            ledger.Permitted = await ledger.FindAsync("Observation");
            await process.QuietAsync();
            return ledger;
        }
        catch
        {
            process.Dispose();
            throw;
        }
    }

    /// <summary>A token of a new account of a patient, with which they read what is theirs.</summary>
    public async Task<string> PatientTokenAsync(string patient)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"reader{++_users}");
        string[] add = ["user", "add", name, "--role", "Patient", "--reference", patient];
        await MeasuredProcess.RunAsync(BuiltProgram.Path, [.. add, .. _place]);
        return await TokenAsync(name, "PATRQT");
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        Process.Dispose();
        return ValueTask.CompletedTask;
    }

    private static string[] Place(string folder) =>
        ["--data", Path.Combine(folder, "data"), "--key-file", Path.Combine(folder, "keys", "master.key")];

    private Task<string> TokenAsync(string user, string purpose) =>
        MeasuredProcess.RunAsync(BuiltProgram.Path, ["token", "--user", user, "--purpose", purpose, .. _place]);

    private async Task<IReadOnlyList<string>> FindAsync(string type)
    {
        using var http = new HttpClient();
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Clinician);
        using var json = JsonDocument.Parse(
            await http.GetByteArrayAsync(new Uri(Process.Address, $"/fhir/{type}?_count=100"))
        );
        return
        [
            .. json
                .RootElement.GetProperty("entry")
                .EnumerateArray()
                .Select(entry => entry.GetProperty("resource"))
                .Select(r => $"{r.GetProperty("resourceType").GetString()}/{r.GetProperty("id").GetString()}"),
        ];
    }
}
