using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using MedLedger.Api.Cli;
using MedLedger.Api.Tests.Cli;

namespace MedLedger.Api.Tests.Http.Fhir;

/// <summary>What a server answered.</summary>
internal sealed record FhirAnswer(
    HttpStatusCode Status,
    string Body,
    HttpResponseHeaders Headers,
    HttpContentHeaders Content
)
{
    public JsonElement Json => JsonDocument.Parse(Body).RootElement;

    /// <summary>The code of the first issue of an OperationOutcome; null for another resource.</summary>
    public string? Issue =>
        Body.Length > 0 && Json.GetProperty("resourceType").GetString() == "OperationOutcome"
            ? Json.GetProperty("issue")[0].GetProperty("code").GetString()
            : null;

    /// <summary><c>Type/id</c> of the entries with this search mode; deletions in a history have no resource.</summary>
    public IReadOnlyList<string> Found(string mode = "match") =>
        Json.TryGetProperty("entry", out var entries)
            ?
            [
                .. entries
                    .EnumerateArray()
                    .Where(e => !e.TryGetProperty("search", out var s) || s.GetProperty("mode").GetString() == mode)
                    .Where(e => e.TryGetProperty("resource", out _))
                    .Select(e => e.GetProperty("resource"))
                    .Select(r => $"{r.GetProperty("resourceType").GetString()}/{r.GetProperty("id").GetString()}"),
            ]
            : [];

    /// <summary>The link of a Bundle.</summary>
    public string? Link(string relation) =>
        Json.TryGetProperty("link", out var links)
            ? links
                .EnumerateArray()
                .Where(l => l.GetProperty("relation").GetString() == relation)
                .Select(l => l.GetProperty("url").GetString())
                .FirstOrDefault()
            : null;
}

/// <summary>
/// <c>serve --samples</c> in this process on a port of its own: real HTTP and real tokens, and what it does can be counted.
/// Its tests run one after the other, beside no others.
/// </summary>
public class FhirServer : IAsyncLifetime, IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Dictionary<(string, string), string> _tokens = [];
    private readonly Dictionary<string, Task> _made = new(StringComparer.Ordinal);
    private readonly HttpClient _http = new(new HttpClientHandler { AllowAutoRedirect = false });
    private Task<int> _running = Task.FromResult(0);

    /// <summary>Without a slash at the end.</summary>
    public string BaseUrl { get; private set; } = "";

    /// <summary>The settings file that this server starts with.</summary>
    protected virtual string Settings => "{}";

    public async Task InitializeAsync()
    {
        var settings = _folder.File("settings.json");
        System.IO.File.WriteAllText(settings, Settings);
        var errors = new Lines();
        using var terminal = new StringWriter();
        _running = CommandLine.RunAsync(
            [
                "serve",
                "--samples",
                "--urls",
                "http://127.0.0.1:0",
                "--emergency-roles",
                "PractitionerRole/er",
                "--settings",
                settings,
                .. Store,
            ],
            new Terminal(terminal, errors),
            _stop.Token
        );
        await Task.WhenAny(errors.Listening, _running);
        if (_running.IsCompleted)
            throw new InvalidOperationException($"The server ended with {await _running}: {errors.Text}");
        BaseUrl = await errors.Listening + "/fhir";
    }

    public async Task DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
    }

    public void Dispose()
    {
        _http.Dispose();
        _stop.Dispose();
        _folder.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>An account beside those of the samples.</summary>
    internal async Task AddUserAsync(string name, string role, string reference, params string[] actsFor)
    {
        string[] line = ["user", "add", name, "--role", role, "--reference", reference];
        var run = await CommandRun.Of([.. line, .. actsFor.SelectMany(a => new[] { "--for", a }), .. Store]);
        if (run.ExitCode != 0)
            throw new InvalidOperationException(run.Error);
    }

    /// <summary>A command on the server's folder, beside it.</summary>
    internal Task RunAsync(params string[] args) => OutputAsync(args);

    /// <summary>The same, with the last line that it wrote.</summary>
    internal async Task<string> OutputAsync(params string[] args)
    {
        var run = await CommandRun.Of([.. args, .. Store]);
        return run.ExitCode == 0
            ? run.Output.TrimEnd().Split('\n')[^1]
            : throw new InvalidOperationException(run.Error);
    }

    /// <summary>Brings something about once for all tests.</summary>
    internal Task OnceAsync(string name, Func<Task> make)
    {
        if (!_made.TryGetValue(name, out var made))
            _made.Add(name, made = make());
        return made;
    }

    /// <summary>A path beside <c>/fhir</c>.</summary>
    internal string Beside(string path) => BaseUrl[..^"/fhir".Length] + path;

    internal string File(string name) => _folder.File(name);

    internal async Task<string> TokenAsync(string user, string purpose = "TREAT")
    {
        if (_tokens.TryGetValue((user, purpose), out var known))
            return known;
        var run = await CommandRun.Of(["token", "--user", user, "--purpose", purpose, "--json", .. Store]);
        var token = run.Json.GetProperty("token").GetString()!;
        _tokens.Add((user, purpose), token);
        return token;
    }

    /// <summary>A token with these scopes; <paramref name="patient"/> is the launch context, when there is one.</summary>
    internal async Task<string> ScopedTokenAsync(string user, string scopes, string? patient, string purpose = "TREAT")
    {
        string[] context = patient is null ? [] : ["--patient", patient];
        string[] line = ["token", "--user", user, "--purpose", purpose, "--scope", scopes, .. context, "--json"];
        var run = await CommandRun.Of([.. line, .. Store]);
        return run.ExitCode == 0
            ? run.Json.GetProperty("token").GetString()!
            : throw new InvalidOperationException(run.Error);
    }

    internal Task<FhirAnswer> GetAsync(string user, string path, params (string Name, string Value)[] headers) =>
        SendAsync(user, HttpMethod.Get, path, null, headers);

    /// <param name="user">The caller, or a token; null for nobody.</param>
    /// <param name="method">The method.</param>
    /// <param name="path">Below the base, or a whole URL.</param>
    /// <param name="body">JSON.</param>
    /// <param name="headers">More headers; Content-Type among them is the body's.</param>
    internal async Task<FhirAnswer> SendAsync(
        string? user,
        HttpMethod method,
        string path,
        string? body = null,
        params (string Name, string Value)[] headers
    )
    {
        var url = path.StartsWith("http", StringComparison.Ordinal) ? path : $"{BaseUrl}/{path}".TrimEnd('/');
        using var request = new HttpRequestMessage(method, url);
        if (user?.StartsWith("ey", StringComparison.Ordinal) == true)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", user);
        }
        else if (user is not null)
        {
            var token = await TokenAsync(
                user,
                user.StartsWith("patient", StringComparison.Ordinal) ? "PATRQT" : "TREAT"
            );
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }
        if (body is not null)
        {
            var type = headers.FirstOrDefault(h => h.Name == "Content-Type").Value ?? "application/fhir+json";
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
            request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        }
        foreach (var (name, value) in headers.Where(h => h.Name != "Content-Type"))
            request.Headers.TryAddWithoutValidation(name, value);
        using var response = await _http.SendAsync(request);
        return new FhirAnswer(
            response.StatusCode,
            await response.Content.ReadAsStringAsync(),
            response.Headers,
            response.Content.Headers
        );
    }

    private string[] Store => ["--data", _folder.File("data"), "--key-file", _folder.File("master.key")];

    /// <summary>Collects what the server says, and notices where it listens.</summary>
    private sealed class Lines : StringWriter
    {
        private const string Mark = "Listening on ";
        private readonly TaskCompletionSource<string> _listening = new(
            TaskCreationOptions.RunContinuationsAsynchronously
        );
        private readonly StringBuilder _text = new();

        public Task<string> Listening => _listening.Task;

        public string Text => _text.ToString();

        public override void WriteLine(string? value)
        {
            lock (_text)
                _text.AppendLine(value);
            if (value?.StartsWith(Mark, StringComparison.Ordinal) == true)
                _listening.TrySetResult(value[Mark.Length..].Split(';')[0]);
        }
    }
}

[CollectionDefinition("FHIR server", DisableParallelization = true)]
public sealed class FhirServerGroup : ICollectionFixture<FhirServer>;
