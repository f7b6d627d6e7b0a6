using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using MedLedger.Api.Toolchain;

namespace MedLedger.Api.Node;

/// <summary>
/// One run of the local node's program. It ends with us, however we end: a watcher beside it reads a pipe that only we
/// hold open, and kills the program when the pipe closes.
/// </summary>
internal sealed class NodeProcess : IDisposable
{
    // exec keeps the process id; the subshell kills only while its parent is still that process
    internal const string Watched = """
        exec 3<&0 </dev/null
        p=$$
        (
          exec >/dev/null 2>&1
          cat <&3
          if [ -r /proc/self/stat ]; then read -r _ _ _ q _ </proc/self/stat; else q=$p; fi
          [ "$q" = "$p" ] && kill -9 "$p"
        ) &
        exec 3<&-
        exec "$0" "$@"
        """;

    private readonly Process _process;
    private readonly string _pidFile;
    private readonly StringBuilder _said = new();

    private NodeProcess(Process process, int port, string pidFile)
    {
        _process = process;
        _pidFile = pidFile;
        Endpoint = new Uri($"http://127.0.0.1:{port.ToString(CultureInfo.InvariantCulture)}/");
        Ended = process.WaitForExitAsync();
        process.OutputDataReceived += Keep;
        process.ErrorDataReceived += Keep;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>Where it listens, once it does.</summary>
    public Uri Endpoint { get; }

    /// <summary>Its process id.</summary>
    public int Id => _process.Id;

    /// <summary>Ends when the process does.</summary>
    public Task Ended { get; }

    /// <summary>The beginning of what it printed, for messages.</summary>
    public string Said
    {
        get
        {
            lock (_said)
                return _said.ToString();
        }
    }

    /// <summary>Starts the program on a free port of the loopback interface.</summary>
    /// <param name="program">What to start.</param>
    /// <param name="arguments">Its arguments for a port.</param>
    /// <param name="folder">For the file with its process id, and its scratch files.</param>
    public static NodeProcess Start(ChainNodeProgram program, Func<int, IEnumerable<string>> arguments, string folder)
    {
        var scratch = Path.Combine(folder, "scratch");
        if (Directory.Exists(scratch))
            Directory.Delete(scratch, recursive: true);
        Directory.CreateDirectory(scratch);

        var port = FreePort();
        string[] line = [program.File, .. program.LeadingArguments, .. arguments(port)];
        var start = OperatingSystem.IsWindows()
            ? new ProcessStartInfo(line[0], line[1..])
            : new ProcessStartInfo("/bin/sh", ["-c", Watched, .. line]);
        start.UseShellExecute = false;
        start.RedirectStandardInput = true;
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        start.Environment["HOME"] = scratch; // anvil keeps temporary state under the home folder
        try
        {
            var process = Process.Start(start)!;
            var pidFile = Path.Combine(folder, "node.pid");
            File.WriteAllText(pidFile, $"{process.Id} {process.StartTime.Ticks}");
            return new NodeProcess(process, port, pidFile);
        }
        catch (Win32Exception problem)
        {
            throw new MachineException(
                "The local chain node cannot be started.",
                "Run 'medledger doctor --install'.",
                problem
            );
        }
    }

    /// <summary>Whether the node that was noted in this folder still runs: id and start time are those.</summary>
    public static bool IsRunning(string folder)
    {
        var pidFile = Path.Combine(folder, "node.pid");
        if (!File.Exists(pidFile))
            return false;
        var noted = File.ReadAllText(pidFile).Split(' ');
        if (noted.Length != 2 || !int.TryParse(noted[0], CultureInfo.InvariantCulture, out var id))
            return false;
        try
        {
            using var process = Process.GetProcessById(id);
            return process.StartTime.Ticks.ToString(CultureInfo.InvariantCulture) == noted[1];
        }
        catch (Exception gone) when (gone is ArgumentException or InvalidOperationException or Win32Exception)
        {
            return false;
        }
    }

    /// <summary>Ends what an earlier run in this folder left, and only that: id and start time must be those that were noted.</summary>
    public static void EndLeftover(string folder)
    {
        var pidFile = Path.Combine(folder, "node.pid");
        if (!File.Exists(pidFile))
            return;
        var noted = File.ReadAllText(pidFile).Split(' ');
        if (noted.Length == 2 && int.TryParse(noted[0], CultureInfo.InvariantCulture, out var id))
            try
            {
                using var left = Process.GetProcessById(id);
                var started = left.StartTime.Ticks.ToString(CultureInfo.InvariantCulture);
                if (started == noted[1])
                    left.Kill(entireProcessTree: true);
            }
            catch (Exception gone) when (gone is ArgumentException or InvalidOperationException or Win32Exception)
            {
                // it ended by itself, as it should
            }
        File.Delete(pidFile);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        try
        {
            _process.Kill();
            _process.StandardInput.Close(); // the watcher's turn to end
            _process.WaitForExit(TimeSpan.FromSeconds(5));
        }
        catch (Exception gone) when (gone is InvalidOperationException or IOException or Win32Exception)
        {
            // it had ended
        }
        _process.Dispose();
        File.Delete(_pidFile);
    }

    private void Keep(object sender, DataReceivedEventArgs line)
    {
        lock (_said)
            if (_said.Length < 4_000 && line.Data is { } text)
                _said.AppendLine(text);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
