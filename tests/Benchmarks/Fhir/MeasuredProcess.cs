using System.Diagnostics;
using System.Net.Sockets;
using System.Text;

namespace MedLedger.Benchmarks.Fhir;

/// <summary>A server in a process of its own on 127.0.0.1, with what it costs.</summary>
internal sealed class MeasuredProcess : IDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(10);
    private readonly Process _process;
    private readonly StringBuilder _said = new();

    private MeasuredProcess(Process process, Uri address)
    {
        _process = process;
        Address = address;
        process.OutputDataReceived += Hear;
        process.ErrorDataReceived += Hear;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>Where it listens.</summary>
    public Uri Address { get; }

    /// <summary>Processor time so far.</summary>
    public TimeSpan Processor
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    /// <summary>The most memory that it ever held, in bytes.</summary>
    public long PeakMemory
    {
        get
        {
            _process.Refresh();
            return _process.PeakWorkingSet64;
        }
    }

    /// <summary>What it said so far.</summary>
    public string Said
    {
        get
        {
            lock (_said)
                return _said.ToString();
        }
    }

    /// <summary>Starts <c>dotnet ASSEMBLY ARGS... --urls ADDRESS</c> and waits until it answers.</summary>
    /// <param name="assembly">The program.</param>
    /// <param name="args">Its arguments without the address.</param>
    /// <param name="readyPath">A path that answers 200 when it is ready.</param>
    public static async Task<MeasuredProcess> StartAsync(string assembly, string[] args, string readyPath)
    {
        var address = new Uri($"http://127.0.0.1:{FreePort()}");
        var start = new ProcessStartInfo("dotnet", [assembly, .. args, "--urls", address.OriginalString])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var server = new MeasuredProcess(Process.Start(start)!, address);
        try
        {
            await server.WaitAsync(new Uri(address, readyPath));
            return server;
        }
        catch
        {
            server.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Waits until it does nothing of its own any more: after it is ready the program prepares its prover, which is not
    /// what is measured.
    /// </summary>
    public async Task QuietAsync()
    {
        var waited = Stopwatch.StartNew();
        TimeSpan before;
        do
        {
            before = Processor;
            await Task.Delay(TimeSpan.FromSeconds(1));
        } while (Processor - before > TimeSpan.FromMilliseconds(50) && waited.Elapsed < StartLimit);
    }

    /// <summary>Runs <c>dotnet ASSEMBLY ARGS...</c> to its end; answers the last line of its output.</summary>
    public static async Task<string> RunAsync(string assembly, params string[] args)
    {
        var start = new ProcessStartInfo("dotnet", [assembly, .. args])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0
            ? output.TrimEnd().Split('\n')[^1].Trim()
            : throw new InvalidOperationException($"{args[0]} ended with {process.ExitCode}: {await error}");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_process.HasExited)
        {
            // Asked first, so that it ends its own chain node.
            using var kill = Process.Start("kill", ["-INT", $"{_process.Id}"]);
            if (!_process.WaitForExit(TimeSpan.FromSeconds(20)))
                _process.Kill(entireProcessTree: true);
        }
        _process.Dispose();
    }

    private async Task WaitAsync(Uri ready)
    {
        using var http = new HttpClient();
        var started = Stopwatch.StartNew();
        while (started.Elapsed < StartLimit)
        {
            if (_process.HasExited)
                throw new InvalidOperationException($"The server ended: {Said}");
            try
            {
                using var answer = await http.GetAsync(ready);
                if (answer.IsSuccessStatusCode)
                    return;
            }
            catch (HttpRequestException)
            {
                // Not there yet.
            }
            await Task.Delay(100);
        }
        throw new TimeoutException($"The server was not ready in {StartLimit.TotalSeconds} s: {Said}");
    }

    private void Hear(object sender, DataReceivedEventArgs line)
    {
        lock (_said)
            _said.AppendLine(line.Data);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        return ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;
    }
}
