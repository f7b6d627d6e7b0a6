using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace MedLedger.Tests;

/// <summary>A <see cref="FaultyEndpoint"/> with an address, for programs that connect by themselves.</summary>
public sealed class FaultyServer : IDisposable
{
    private readonly HttpListener _listener = new();
    private readonly HttpClient _forward;

    /// <summary>Listens on the loopback interface until it is disposed of.</summary>
    public FaultyServer(Uri node)
    {
        Faults = new FaultyEndpoint(node);
        _forward = new HttpClient(Faults);
        Endpoint = new Uri($"http://127.0.0.1:{FreePort().ToString(CultureInfo.InvariantCulture)}/");
        _listener.Prefixes.Add(Endpoint.ToString());
        _listener.Start();
        _ = ServeAsync();
    }

    /// <summary>What it does wrong.</summary>
    public FaultyEndpoint Faults { get; }

    /// <summary>Where it listens.</summary>
    public Uri Endpoint { get; }

    public void Dispose()
    {
        _listener.Close();
        _forward.Dispose();
        Faults.Dispose();
    }

    private async Task ServeAsync()
    {
        while (_listener.IsListening)
            try
            {
                _ = AnswerAsync(await _listener.GetContextAsync());
            }
            catch (Exception closed) when (closed is HttpListenerException or ObjectDisposedException)
            {
                return;
            }
    }

    private async Task AnswerAsync(HttpListenerContext context)
    {
        try
        {
            using var body = new MemoryStream();
            await context.Request.InputStream.CopyToAsync(body);
            using var content = new ByteArrayContent(body.ToArray());
            using var answer = await _forward.PostAsync(Faults.Node, content);
            context.Response.StatusCode = (int)answer.StatusCode;
            await answer.Content.CopyToAsync(context.Response.OutputStream);
            context.Response.Close();
        }
        catch (Exception problem)
            when (problem is HttpRequestException or HttpListenerException or ObjectDisposedException or IOException)
        {
            context.Response.Abort();
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
