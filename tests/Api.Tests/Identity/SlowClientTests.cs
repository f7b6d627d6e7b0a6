using System.Net;
using System.Net.Sockets;
using System.Text;

namespace MedLedger.Api.Tests.Identity;

/// <summary>Clients that send a byte now and then to hold a connection: they are cut off, and others are served meanwhile.</summary>
[Trait("threat", "outsider on the network")]
public sealed class SlowClientTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private static readonly string[] Beginnings =
    [
        "GET /whoami",
        "GET /whoami HTTP/1.1\r\nHost: a\r\nX-Slow: ",
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n[",
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nffff\r\n[",
        "POST /account/login HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 60000\r\n\r\nname=",
    ];

    [Fact]
    public async Task A_trickle_is_cut_off_and_others_are_served()
    {
        await using var server = await IdentityServer.StartAsync();
        var address = server.Http.BaseAddress!;
        var slow = Beginnings.SelectMany(beginning => Enumerable.Repeat(beginning, 10));
        var all = Task.WhenAll(slow.Select(beginning => TrickleAsync(address, beginning)));
        var served = 0;
        while (await Task.WhenAny(all, Task.Delay(200)) != all)
        {
            using var answer = await server.GetAsync("/whoami", null);
            Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
            served++;
        }
        Assert.All(await all, cut => Assert.True(cut));
        Assert.InRange(served, 1, int.MaxValue);
    }

    /// <summary>Sends a blank twice a second until the server closes; false when it never does.</summary>
    private static async Task<bool> TrickleAsync(Uri server, string beginning)
    {
        using var deadline = new CancellationTokenSource(Patience);
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync(server.Host, server.Port, deadline.Token);
            await using var stream = client.GetStream();
            var buffer = new byte[4096];
            var reading = ReadToEndAsync(stream, buffer, deadline.Token);
            await stream.WriteAsync(Encoding.ASCII.GetBytes(beginning), deadline.Token);
            while (await Task.WhenAny(reading, Task.Delay(500, deadline.Token)) != reading)
                await stream.WriteAsync(" "u8.ToArray(), deadline.Token);
            await reading;
            return true;
        }
        catch (Exception closed) when (closed is IOException or SocketException)
        {
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private static async Task ReadToEndAsync(NetworkStream stream, byte[] buffer, CancellationToken cancel)
    {
        while (await stream.ReadAsync(buffer, cancel) > 0)
        {
            // Only the end matters.
        }
    }
}
