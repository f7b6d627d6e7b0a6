using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using MedLedger.Api.Tests.Cli;

namespace MedLedger.Api.Tests.Http.Fuzz;

/// <summary>
/// <c>serve --samples</c> in a process of its own, with all that it writes, and a patient of whom only that patient may read:
/// <see cref="Secret"/> stands in the records.
/// </summary>
internal sealed class FuzzedServer : IAsyncDisposable
{
    private static readonly string[] Planted = ["Patient/fuzz-planted", "Observation/fuzz-planted"];

    private readonly TemporaryFolder _folder = new();
    private readonly ConcurrentQueue<string> _lines = new();
    private readonly HttpClient _http = new();
    private readonly Dictionary<string, string> _before = new(StringComparer.Ordinal);
    private Process? _process;
    private string _owner = "";

    public string Secret { get; } = "planted-" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(12));

    /// <summary>Tokens of all kinds of callers but the planted patient.</summary>
    public List<string> Tokens { get; } = [];

    public Uri Address => _http.BaseAddress!;

    /// <summary>What it wrote, line by line.</summary>
    public IReadOnlyCollection<string> Lines => _lines;

    public static async Task<FuzzedServer> StartAsync()
    {
        var server = new FuzzedServer();
        try
        {
            await server.RunAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Null when it is ready and the planted records are what they were, in their first version; else what is wrong.</summary>
    public async Task<string?> FindDamageAsync()
    {
        using var ready = await _http.GetAsync("/health/ready");
        if (ready.StatusCode != HttpStatusCode.OK)
            return $"the server is not ready: {ready.StatusCode}";
        foreach (var planted in Planted)
        {
            if (await ReadAsync(planted) != _before[planted])
                return $"{planted} is not what it was";
            if (await ReadAsync(planted + "/_history/1") != _before[planted])
                return $"{planted} has another first version";
        }
        return null;
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        if (_process is not null)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
            _process.Dispose();
        }
        _folder.Dispose();
    }

    private string[] Store => ["--data", _folder.File("data"), "--key-file", _folder.File("master.key")];

    private async Task RunAsync()
    {
        var listening = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        // Logins are limited by address, and all callers have the same.
        var limits = new Dictionary<string, string?>(StringComparer.Ordinal) { ["MEDLEDGER_LOGIN_RATE"] = "1000000" };
        _process = ChildProgram.StartWith(limits, ["serve", "--samples", "--urls", "http://127.0.0.1:0", .. Store]);
        void Keep(string? line)
        {
            if (line is null)
                return;
            _lines.Enqueue(line);
            if (line.StartsWith("Listening on ", StringComparison.Ordinal))
                listening.TrySetResult(line["Listening on ".Length..].Split(';')[0]);
        }
        _process.OutputDataReceived += (_, e) => Keep(e.Data);
        _process.ErrorDataReceived += (_, e) => Keep(e.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        var ended = _process.WaitForExitAsync();
        if (await Task.WhenAny(listening.Task, ended) == ended)
            throw new InvalidOperationException("The server ended: " + string.Join('\n', _lines));
        _http.BaseAddress = new Uri(await listening.Task);

        string[] user = ["user", "add", "planted", "--role", "Patient", "--reference", Planted[0]];
        var added = await CommandRun.Of([.. user, .. Store]);
        Assert.True(added.ExitCode == 0, added.Error);
        foreach (var (name, purpose) in Callers)
            Tokens.Add(await TokenAsync(name, purpose));
        _owner = await TokenAsync("planted", "PATRQT");
        var ingest = Tokens[0];
        await PutAsync(
            ingest,
            Planted[0],
            $$"""{"resourceType":"Patient","id":"fuzz-planted","name":[{"family":"{{Secret}}"}]}"""
        );
        await PutAsync(
            ingest,
            Planted[1],
            $$"""{"resourceType":"Observation","id":"fuzz-planted","status":"final","code":{"text":"{{Secret}}"},"subject":{"reference":"Patient/fuzz-planted"},"valueString":"{{Secret}}"}"""
        );
        foreach (var planted in Planted)
        {
            _before[planted] = await ReadAsync(planted);
            Assert.Contains(Secret, _before[planted], StringComparison.Ordinal);
        }
    }

    private static readonly (string Name, string Purpose)[] Callers =
    [
        ("ingest1", "TREAT"),
        ("clinician1", "TREAT"),
        ("clinician1", "BTG"),
        ("clinician2", "TREAT"),
        ("patient1", "PATRQT"),
        ("compliance1", "TREAT"),
        ("operator1", "TREAT"),
    ];

    private async Task<string> TokenAsync(string user, string purpose)
    {
        var run = await CommandRun.Of(["token", "--user", user, "--purpose", purpose, "--json", .. Store]);
        Assert.True(run.ExitCode == 0, run.Error);
        return run.Json.GetProperty("token").GetString()!;
    }

    private async Task PutAsync(string token, string reference, string json)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, "/fhir/" + reference);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        request.Content = new StringContent(json, Encoding.UTF8, "application/fhir+json");
        using var answer = await _http.SendAsync(request);
        Assert.True(answer.StatusCode == HttpStatusCode.Created, await answer.Content.ReadAsStringAsync());
    }

    private async Task<string> ReadAsync(string reference)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/fhir/" + reference);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", _owner);
        using var answer = await _http.SendAsync(request);
        return await answer.Content.ReadAsStringAsync();
    }
}
