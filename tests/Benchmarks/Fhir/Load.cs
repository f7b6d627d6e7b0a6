using System.Diagnostics;
using System.Globalization;

namespace MedLedger.Benchmarks.Fhir;

/// <summary>One request that a client sends.</summary>
/// <param name="Make">Makes the message; it is sent once.</param>
/// <param name="Resources">What it writes or reads.</param>
internal sealed record LoadRequest(Func<HttpRequestMessage> Make, int Resources = 1)
{
    /// <summary>Told the body of the answer, outside the time that counts.</summary>
    public Action<byte[]>? Answered { get; init; }

    public static LoadRequest Get(Uri server, string path, string token) =>
        new(() => Authorized(new HttpRequestMessage(HttpMethod.Get, new Uri(server, path)), token));

    public static LoadRequest Post(Uri server, string path, byte[] body, string token, int resources) =>
        new(
            () =>
            {
                var message = new HttpRequestMessage(HttpMethod.Post, new Uri(server, path))
                {
                    Content = new ByteArrayContent(body),
                };
                message.Content.Headers.ContentType = new("application/fhir+json");
                return Authorized(message, token);
            },
            resources
        );

    private static HttpRequestMessage Authorized(HttpRequestMessage message, string token)
    {
        message.Headers.Authorization = new("Bearer", token);
        return message;
    }
}

/// <summary>What some requests came to.</summary>
internal sealed record LoadResult(
    string Name,
    int Clients,
    int Requests,
    int Resources,
    TimeSpan Wall,
    TimeSpan ServerProcessor,
    TimeSpan DriverProcessor,
    IReadOnlyList<double> Milliseconds
)
{
    public const string Header =
        "| what | clients | requests/s | resources/s | p50 ms | p95 ms | p99 ms | server CPU us/request | us/resource | driver CPU us/request |\n"
        + "|---|---|---|---|---|---|---|---|---|---|";

    public double ServerMicrosecondsPerResource => ServerProcessor.TotalMicroseconds / Resources;

    public override string ToString() =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"| {Name} | {Clients} | {Requests / Wall.TotalSeconds:N0} | {Resources / Wall.TotalSeconds:N0} | {At(50):N2} | {At(95):N2} | {At(99):N2} | {ServerProcessor.TotalMicroseconds / Requests:N0} | {ServerMicrosecondsPerResource:N0} | {DriverProcessor.TotalMicroseconds / Requests:N0} |"
        );

    private double At(int percent) =>
        Milliseconds[Math.Min(Milliseconds.Count - 1, (Milliseconds.Count * percent) / 100)];
}

/// <summary>Sends requests with some clients, each one after the other on a connection of its own.</summary>
internal static class Load
{
    /// <summary>Until there are no more requests, or the time is over.</summary>
    /// <param name="name">What it is.</param>
    /// <param name="server">Whose processor time counts.</param>
    /// <param name="clients">How many at once.</param>
    /// <param name="next">The next request of a client, from 0; null at the end.</param>
    /// <param name="limit">The longest time.</param>
    /// <exception cref="InvalidOperationException">An answer that is no success.</exception>
    public static async Task<LoadResult> RunAsync(
        string name,
        MeasuredProcess server,
        int clients,
        Func<int, LoadRequest?> next,
        TimeSpan limit
    )
    {
        using var own = Process.GetCurrentProcess();
        var (serverBefore, driverBefore) = (server.Processor, own.TotalProcessorTime);
        var clock = Stopwatch.StartNew();
        var runs = Enumerable.Range(0, clients).Select(client => Task.Run(() => ClientAsync(client, next, limit)));
        var done = await Task.WhenAll(runs);
        var wall = clock.Elapsed;
        own.Refresh();
        var times = done.SelectMany(d => d.Times).Order().ToList();
        if (times.Count == 0)
            throw new InvalidOperationException($"{name}: no request was sent.");
        return new LoadResult(
            name,
            clients,
            times.Count,
            done.Sum(d => d.Resources),
            wall,
            server.Processor - serverBefore,
            own.TotalProcessorTime - driverBefore,
            times
        );
    }

    private static async Task<(List<double> Times, int Resources)> ClientAsync(
        int client,
        Func<int, LoadRequest?> next,
        TimeSpan limit
    )
    {
        using var http = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = 1, UseProxy = false });
        http.Timeout = TimeSpan.FromMinutes(5);
        var (times, resources) = (new List<double>(), 0);
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed < limit && next(client) is { } request)
        {
            using var message = request.Make();
            var began = Stopwatch.GetTimestamp();
            using var answer = await http.SendAsync(message);
            var body = await answer.Content.ReadAsByteArrayAsync();
            times.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
            if (!answer.IsSuccessStatusCode)
            {
                throw new InvalidOperationException(
                    $"{message.Method} {message.RequestUri}: {(int)answer.StatusCode} {System.Text.Encoding.UTF8.GetString(body)}"
                );
            }
            resources += request.Resources;
            request.Answered?.Invoke(body);
        }
        return (times, resources);
    }
}
