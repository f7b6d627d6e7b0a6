using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;

namespace MedLedger.Consent.Chain.Rpc;

/// <summary>How long and how often a request is tried.</summary>
public sealed record JsonRpcOptions
{
    /// <summary>Longest time for one attempt.</summary>
    public TimeSpan AttemptTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Longest time for all attempts together; then <see cref="ChainUnavailableException"/>.</summary>
    public TimeSpan Deadline { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>First pause between attempts; it doubles, with jitter, up to <see cref="LongestPause"/>.</summary>
    public TimeSpan FirstPause { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Longest pause, also when the server asks for a longer one (Retry-After).</summary>
    public TimeSpan LongestPause { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Largest answer that is read, in bytes.</summary>
    public long LargestResponse { get; init; } = 128L << 20;
}

/// <summary>The node answered with an error.</summary>
public sealed class JsonRpcException(string method, int code, string message, JsonElement? data)
    : Exception($"{method}: {message} ({code.ToString(CultureInfo.InvariantCulture)})")
{
    /// <summary>The method that was called.</summary>
    public string Method { get; } = method;

    /// <summary>Code of the error object. Nodes differ; decide by state, not by code.</summary>
    public int Code { get; } = code;

    /// <summary>Message of the error object, worded differently by every node.</summary>
    public string NodeMessage { get; } = message;

    /// <summary>Data of the error object; its form differs too.</summary>
    public JsonElement? ErrorData { get; } = data;
}

/// <summary>The chain could not be asked in time. Nothing is known of its state: deny, keep what waits, try later.</summary>
public sealed class ChainUnavailableException(string message, Exception? cause = null) : Exception(message, cause);

/// <summary>
/// JSON-RPC 2.0 over HTTP. Requests are tried again when the transport fails or the server asks to slow down, with
/// growing, jittered pauses and a deadline over all; other errors are the caller's. Safe for concurrent use.
/// </summary>
public sealed class JsonRpcClient : IDisposable
{
    private readonly HttpClient _http;
    private readonly TimeProvider _clock;
    private readonly JsonRpcOptions _options;
    private readonly string _shown;
    private long _lastId;

    /// <summary>Prepares a connection; nothing is sent.</summary>
    /// <param name="endpoint">http or https. User information in it becomes basic authentication.</param>
    /// <param name="clock">For pauses and deadlines.</param>
    /// <param name="options">Limits.</param>
    /// <param name="handler">Carries the requests; a connection of its own when null.</param>
    /// <exception cref="ArgumentException">Not an absolute http or https address.</exception>
    public JsonRpcClient(
        Uri endpoint,
        TimeProvider clock,
        JsonRpcOptions? options = null,
        HttpMessageHandler? handler = null
    )
    {
        if (!endpoint.IsAbsoluteUri || endpoint.Scheme is not ("http" or "https"))
            throw new ArgumentException("A chain endpoint is an absolute http or https address.", nameof(endpoint));
        _clock = clock;
        _options = options ?? new JsonRpcOptions();
        // path and query often hold an access key: never shown
        _shown = $"{endpoint.Scheme}://{endpoint.Host}:{endpoint.Port.ToString(CultureInfo.InvariantCulture)}";
        handler ??= new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.All,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        };
        _http = new HttpClient(handler)
        {
            BaseAddress = new UriBuilder(endpoint) { UserName = "", Password = "" }.Uri,
            Timeout = Timeout.InfiniteTimeSpan,
            MaxResponseContentBufferSize = _options.LargestResponse,
        };
        if (endpoint.UserInfo.Length > 0)
            _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue(
                "Basic",
                Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(Uri.UnescapeDataString(endpoint.UserInfo)))
            );
    }

    /// <summary>Scheme, host and port, for messages.</summary>
    public string Endpoint => _shown;

    /// <summary>Calls a method and returns its result, which may be JSON null.</summary>
    /// <exception cref="JsonRpcException">The node answered with an error that trying again does not cure.</exception>
    /// <exception cref="ChainUnavailableException">No answer within the deadline.</exception>
    public async Task<JsonElement> CallAsync(
        string method,
        IReadOnlyList<object?> parameters,
        CancellationToken cancellation
    )
    {
        var begun = _clock.GetTimestamp();
        var pause = _options.FirstPause;
        while (true)
        {
            var (result, retryAfter, problem) = await AttemptAsync(method, parameters, cancellation)
                .ConfigureAwait(false);
            if (result is { } answer)
                return answer;
            var wait = Jitter(retryAfter is { } asked && asked > pause ? asked : pause);
            if (_clock.GetElapsedTime(begun) + wait > _options.Deadline)
                throw new ChainUnavailableException($"The chain endpoint {_shown} does not answer {method}.", problem);
            await Task.Delay(wait, _clock, cancellation).ConfigureAwait(false);
            pause = Min(pause * 2, _options.LongestPause);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private async Task<(JsonElement? Result, TimeSpan? RetryAfter, Exception? Problem)> AttemptAsync(
        string method,
        IReadOnlyList<object?> parameters,
        CancellationToken cancellation
    )
    {
        using var limit = new CancellationTokenSource(_options.AttemptTimeout, _clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, limit.Token);
        try
        {
            var request = new
            {
                jsonrpc = "2.0",
                id = Interlocked.Increment(ref _lastId),
                method,
                @params = parameters,
            };
            // a body of known length: some nodes do not read chunked requests
            using var content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(request));
            content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            using var response = await _http.PostAsync((Uri?)null, content, either.Token).ConfigureAwait(false);
            if (response.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden)
                throw new JsonRpcException(method, (int)response.StatusCode, "the endpoint refuses access", null);
            if (response.StatusCode == HttpStatusCode.TooManyRequests || (int)response.StatusCode >= 500)
                return await RefusedAsync(method, response, either.Token).ConfigureAwait(false);
            return (await ReadAsync(method, response, either.Token).ConfigureAwait(false), null, null);
        }
        catch (JsonRpcException problem) when (IsRateLimit(problem))
        {
            return (null, null, problem);
        }
        catch (Exception problem) when (problem is HttpRequestException or IOException or JsonException)
        {
            return (null, null, problem);
        }
        catch (OperationCanceledException problem) when (!cancellation.IsCancellationRequested)
        {
            return (null, null, problem);
        }
    }

    private async Task<(JsonElement?, TimeSpan?, Exception?)> RefusedAsync(
        string method,
        HttpResponseMessage response,
        CancellationToken cancellation
    )
    {
        var problem = new HttpRequestException($"HTTP {(int)response.StatusCode}", null, response.StatusCode);
        if (response.StatusCode == HttpStatusCode.InternalServerError)
            try
            {
                // some nodes send JSON-RPC errors with status 500
                return (await ReadAsync(method, response, cancellation).ConfigureAwait(false), null, null);
            }
            catch (JsonException)
            {
                return (null, null, problem);
            }
        var header = response.Headers.RetryAfter;
        var asked = header?.Delta ?? header?.Date - _clock.GetUtcNow();
        return (null, asked, problem);
    }

    private static async Task<JsonElement> ReadAsync(
        string method,
        HttpResponseMessage response,
        CancellationToken cancellation
    )
    {
        var answer = await response.Content.ReadFromJsonAsync<JsonElement>(cancellation).ConfigureAwait(false);
        if (answer.ValueKind != JsonValueKind.Object)
            throw new JsonException("A JSON-RPC answer is an object.");
        if (answer.TryGetProperty("error", out var error) && error.ValueKind == JsonValueKind.Object)
            throw new JsonRpcException(
                method,
                error.TryGetProperty("code", out var code) && code.TryGetInt32(out var number) ? number : 0,
                error.TryGetProperty("message", out var text) ? text.ToString() : "unknown error",
                error.TryGetProperty("data", out var data) ? data : null
            );
        return answer.TryGetProperty("result", out var result)
            ? result
            : throw new JsonException("A JSON-RPC answer has a result or an error.");
    }

    // -32005 is "limit exceeded" of EIP-1474, but nodes use it for too large log ranges too, which waiting does not cure
    private static bool IsRateLimit(JsonRpcException problem) =>
        problem.Code == 429
        || (
            problem.Method != "eth_getLogs"
            && (
                problem.Code == -32005
                || problem.NodeMessage.Contains("rate limit", StringComparison.OrdinalIgnoreCase)
                || problem.NodeMessage.Contains("too many requests", StringComparison.OrdinalIgnoreCase)
            )
        );

    private TimeSpan Jitter(TimeSpan pause)
    {
        var milliseconds = (int)Min(pause, _options.LongestPause).TotalMilliseconds;
        return TimeSpan.FromMilliseconds(milliseconds + RandomNumberGenerator.GetInt32(milliseconds / 2 + 1));
    }

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;
}
