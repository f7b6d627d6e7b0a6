using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace MedLedger.Api.Tests.Http.Fuzz;

/// <summary>What came back: the status, the headers as they were sent, the body without its chunks.</summary>
internal sealed record RawAnswer(int Status, string Head, byte[] Body)
{
    /// <summary>The body as text.</summary>
    public string Text => Encoding.UTF8.GetString(Body);

    /// <summary>Whether a header was sent.</summary>
    public bool Has(string header) => Head.Contains("\r\n" + header, StringComparison.OrdinalIgnoreCase);
}

/// <summary>HTTP/1.1 over a socket of its own, byte for byte as it is given: no client tidies up what is sent.</summary>
internal static class RawHttp
{
    /// <summary>Sends a request that asks for the connection to be closed; null when it was closed without an answer.</summary>
    /// <param name="server">Host and port.</param>
    /// <param name="request">The bytes.</param>
    /// <param name="isCut">Whether less is sent than announced: then the sending side is closed, as of a client that went away.</param>
    /// <param name="limit">For the whole exchange.</param>
    /// <exception cref="TimeoutException">The server did not answer in time.</exception>
    public static async Task<RawAnswer?> SendAsync(Uri server, ReadOnlyMemory<byte> request, bool isCut, TimeSpan limit)
    {
        using var deadline = new CancellationTokenSource(limit);
        using var client = new TcpClient();
        using var received = new MemoryStream();
        try
        {
            await client.ConnectAsync(server.Host, server.Port, deadline.Token);
            await using var stream = client.GetStream();
            var reading = stream.CopyToAsync(received, deadline.Token);
            await WriteAsync(stream, request, isCut, deadline.Token);
            await reading;
        }
        catch (OperationCanceledException late)
        {
            throw new TimeoutException("The server did not answer.", late);
        }
        catch (IOException)
        {
            // Closed while something was still being sent: what it said before stands.
        }
        return Parse(received.ToArray());
    }

    private static async Task WriteAsync(
        NetworkStream stream,
        ReadOnlyMemory<byte> request,
        bool isCut,
        CancellationToken cancel
    )
    {
        try
        {
            await stream.WriteAsync(request, cancel);
            if (isCut)
                stream.Socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception closed) when (closed is IOException or SocketException)
        {
            // A request that is refused early is not read to its end.
        }
    }

    private static RawAnswer? Parse(byte[] received)
    {
        // An interim answer (100 Continue) comes before the answer.
        while (true)
        {
            var end = received.AsSpan().IndexOf("\r\n\r\n"u8);
            if (end < 0)
                return null;
            var head = Encoding.Latin1.GetString(received, 0, end);
            var status = int.Parse(head.AsSpan(9, 3), CultureInfo.InvariantCulture);
            var rest = received[(end + 4)..];
            if (status >= 200)
            {
                var isChunked = head.Contains("\r\nTransfer-Encoding: chunked", StringComparison.OrdinalIgnoreCase);
                return new RawAnswer(status, head, isChunked ? Unchunk(rest) : rest);
            }
            received = rest;
        }
    }

    private static byte[] Unchunk(byte[] chunked)
    {
        using var body = new MemoryStream();
        for (var at = 0; ; )
        {
            var line = chunked.AsSpan(at).IndexOf("\r\n"u8);
            if (line < 0)
                return body.ToArray();
            var size = int.Parse(
                Encoding.ASCII.GetString(chunked, at, line),
                NumberStyles.HexNumber,
                CultureInfo.InvariantCulture
            );
            if (size == 0)
                return body.ToArray();
            body.Write(chunked, at + line + 2, size);
            at += line + 2 + size + 2;
        }
    }
}
