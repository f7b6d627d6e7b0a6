using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace MedLedger.Api.Tests.Http.Fuzz;

/// <summary>
/// Requests of every kind to every route, from every kind of caller, made from seeds: whatever is asked, the server answers
/// with a refusal or rightly, tells nothing of a patient whom nobody else may see, changes nothing of theirs, and goes on.
/// <c>tests/http-fuzz.sh SEED [COUNT]</c> runs more.
/// </summary>
public sealed class HttpFuzzTests
{
    private const int Usual = 500;
    private static readonly ulong[] Seeds = [1, 2, 3];
    private static readonly TimeSpan Hang = TimeSpan.FromSeconds(60);

    [Fact]
    [Trait("threat", "outsider on the network")]
    public async Task No_request_breaks_the_server_or_gets_what_it_may_not()
    {
        var seed = Environment.GetEnvironmentVariable("MEDLEDGER_HTTP_FUZZ_SEED");
        var count = Environment.GetEnvironmentVariable("MEDLEDGER_HTTP_FUZZ_COUNT");
        ulong[] seeds = seed is null ? Seeds : [ulong.Parse(seed, CultureInfo.InvariantCulture)];
        var each = count is null ? Usual : int.Parse(count, CultureInfo.InvariantCulture);

        await using var server = await FuzzedServer.StartAsync();
        var faults = new ConcurrentQueue<string>();
        var statuses = new ConcurrentDictionary<int, int>();
        await Parallel.ForEachAsync(
            seeds.SelectMany(one => Enumerable.Range(0, each).Select(number => (one, number))),
            new ParallelOptions { MaxDegreeOfParallelism = 4 },
            async (which, _) =>
            {
                var request = FuzzedRequest.Make(which.one, which.number, server.Address.Authority, server.Tokens);
                var fault = await SendAsync(server, request, statuses);
                if (fault is not null)
                    faults.Enqueue($"seed {which.one} number {which.number}: {fault}\n{Shown(request, server.Tokens)}");
            }
        );
        Assert.True(faults.IsEmpty, string.Join("\n\n", faults.Take(20)));
        Assert.Null(await server.FindDamageAsync());
        foreach (var line in server.Lines)
        {
            Assert.DoesNotContain(server.Secret, line, StringComparison.Ordinal);
            Assert.DoesNotContain(FuzzedBody.Canary, line, StringComparison.Ordinal);
            Assert.All(server.Tokens, token => Assert.DoesNotContain(token, line, StringComparison.Ordinal));
            Assert.False(line.StartsWith("fail:", StringComparison.Ordinal), line);
            Assert.False(line.StartsWith("crit:", StringComparison.Ordinal), line);
        }
        // The requests reach past the door: some are answered, some not found, some refused.
        Assert.All([200, 400, 401, 403, 404, 415], status => Assert.Contains(status, statuses.Keys));
    }

    private static async Task<string?> SendAsync(
        FuzzedServer server,
        FuzzedRequest request,
        ConcurrentDictionary<int, int> statuses
    )
    {
        RawAnswer? answer;
        try
        {
            answer = await RawHttp.SendAsync(server.Address, request.Bytes, request.IsCut, Hang);
        }
        catch (TimeoutException hang)
        {
            return hang.Message;
        }
        if (answer is null)
            return request.IsCut ? null : "closed without an answer";
        statuses.AddOrUpdate(answer.Status, 1, (_, n) => n + 1);
        return FaultOf(server, request, answer);
    }

    private static string? FaultOf(FuzzedServer server, FuzzedRequest request, RawAnswer answer)
    {
        var text = answer.Text;
        if (answer.Status >= 500 && answer.Status != 501)
            return $"status {answer.Status}: {text}";
        if (text.Contains(server.Secret, StringComparison.Ordinal) || answer.Has(server.Secret))
            return "the planted secret was told";
        if (answer.Has("X-Injected:"))
            return "a header was injected";
        if (answer.Has("Content-Type: text/html") && text.Contains("<script>", StringComparison.Ordinal))
            return "a script was written into a page";
        if (answer.Status < 400)
            return null;
        var isForm =
            request.Target.StartsWith("/account", StringComparison.Ordinal)
            || request.Target.StartsWith("/connect", StringComparison.Ordinal);
        if (!isForm && text.Contains(FuzzedBody.Canary, StringComparison.Ordinal))
            return $"the refusal repeats a value of the body: {text}";
        if (text.Contains("   at ", StringComparison.Ordinal) || text.Contains("Exception", StringComparison.Ordinal))
            return $"the refusal shows the inside of the server: {text}";
        // Without its headers the answer is Kestrel's: the request was no HTTP.
        return
            answer.Has("X-Content-Type-Options:")
            && request.Target.StartsWith("/fhir", StringComparison.OrdinalIgnoreCase)
            && !request.Target.Contains("..", StringComparison.Ordinal)
            && request.Method != "HEAD"
            && !IsOutcome(answer)
            ? $"status {answer.Status} without an OperationOutcome: {text}"
            : null;
    }

    private static bool IsOutcome(RawAnswer answer)
    {
        if (!answer.Has("Content-Type: application/fhir+json"))
            return false;
        try
        {
            using var json = JsonDocument.Parse(answer.Body);
            return json.RootElement.GetProperty("resourceType").GetString() == "OperationOutcome"
                && json.RootElement.GetProperty("issue")[0].GetProperty("code").GetString() is { Length: > 0 };
        }
        catch (Exception broken) when (broken is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            return false;
        }
    }

    private static string Shown(FuzzedRequest request, IEnumerable<string> tokens)
    {
        var text = Encoding.Latin1.GetString(request.Bytes);
        foreach (var token in tokens)
            text = text.Replace(token, "TOKEN", StringComparison.Ordinal);
        return text.Length > 2000 ? text[..2000] + "..." : text;
    }
}
