using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using MedLedger.Consent.Chain.Rpc;

namespace MedLedger.Tests;

/// <summary>
/// A provider with the habits of real ones in front of a real node: it can refuse, slow down, limit ranges of logs,
/// forget old logs, or be out of reach. What it lets through is answered by the node.
/// </summary>
public sealed class FaultyEndpoint(Uri node) : DelegatingHandler(new SocketsHttpHandler())
{
    private readonly List<string> _calls = [];
    private int _limited;

    /// <summary>Who answers; another one than before is a provider that follows another branch, or lies.</summary>
    public Uri Node { get; set; } = node;

    /// <summary>Requests to answer with 429, or with -32005 and status 200, in turn, before the next one is let through.</summary>
    public int RateLimited
    {
        get => _limited;
        set => _limited = value;
    }

    /// <summary>Most blocks in a range of logs.</summary>
    public ulong? MostBlocks { get; set; }

    /// <summary>Answers every question for logs with none, as a pruned node does.</summary>
    public bool Pruned { get; set; }

    /// <summary>Nothing gets through.</summary>
    public bool Unreachable { get; set; }

    /// <summary>The methods that were called.</summary>
    public IReadOnlyList<string> Calls
    {
        get
        {
            lock (_calls)
                return [.. _calls];
        }
    }

    /// <summary>A client that asks through it, impatient enough for a test.</summary>
    public EthereumClient Client(TimeSpan? deadline = null) =>
        new(
            new JsonRpcClient(
                new Uri("http://provider.example/v1/key"),
                TimeProvider.System,
                new JsonRpcOptions
                {
                    Deadline = deadline ?? TimeSpan.FromSeconds(20),
                    FirstPause = TimeSpan.FromMilliseconds(10),
                },
                this
            )
        );

    protected override async Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request,
        CancellationToken cancellationToken
    )
    {
        var body = JsonNode.Parse(await request.Content!.ReadAsByteArrayAsync(cancellationToken))!;
        var method = (string)body["method"]!;
        lock (_calls)
            _calls.Add(method);
        if (Unreachable)
            throw new HttpRequestException("no route to host");
        var left = Interlocked.Decrement(ref _limited);
        if (left >= 0 && left % 2 == 0 && method != "eth_getLogs")
            return Answer("""{"jsonrpc":"2.0","id":1,"error":{"code":-32005,"message":"limit exceeded"}}""");
        if (left >= 0)
        {
            var slower = new HttpResponseMessage(HttpStatusCode.TooManyRequests);
            slower.Headers.RetryAfter = new(TimeSpan.FromMilliseconds(50));
            return slower;
        }
        if (method == "eth_getLogs")
        {
            if (Pruned)
                return Answer("""{"jsonrpc":"2.0","id":1,"result":[]}""");
            var filter = body["params"]![0]!;
            if (MostBlocks is { } most && filter["fromBlock"] is { } from)
                if (Number(filter["toBlock"]!) - Number(from) >= most)
                    return Answer(
                        """{"jsonrpc":"2.0","id":1,"error":{"code":-32005,"message":"query exceeds max block range"}}"""
                    );
        }
        using var forwarded = new HttpRequestMessage(HttpMethod.Post, Node)
        {
            Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json"),
        };
        return await base.SendAsync(forwarded, cancellationToken);
    }

    private static ulong Number(JsonNode quantity) => Convert.ToUInt64(((string)quantity!)[2..], 16);

    private static HttpResponseMessage Answer(string json) =>
        new(HttpStatusCode.OK) { Content = new StringContent(json, Encoding.UTF8, "application/json") };
}
