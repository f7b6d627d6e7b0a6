using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using MedLedger.Analytics.Inference;
using Microsoft.Data.Sqlite;

namespace MedLedger.Api.Toolchain;

/// <summary>One thing that was looked at: its name, whether it is as it must be, what was found, and the fix when it is not.</summary>
internal sealed record Finding(string Name, bool Ok, string Found, string? Fix = null);

/// <summary>Looks at everything that the program needs from the machine, without changing it.</summary>
internal static class Diagnosis
{
    private const long NeededDisk = 500L << 20;

    /// <summary>All checks, in the order in which a newcomer needs them.</summary>
    public static async Task<IReadOnlyList<Finding>> RunAsync(CancellationToken cancellation) =>
        [
            DotNet(),
            await NodeAsync(cancellation),
            await NpmAsync(cancellation),
            await ChainNodeAsync(cancellation),
            Native("SQLite", SqliteVersion),
            Native("ONNX Runtime", () => SilentRuntime.Version),
            Native("Wasmtime", WasmtimeVersion),
            Disk(),
            Port(),
        ];

    private static Finding DotNet() =>
        new(
            ".NET",
            Environment.Version.Major >= 10,
            $"{Environment.Version} ({RuntimeInformation.RuntimeIdentifier})",
            "Install the .NET 10 SDK (dotnet.microsoft.com)."
        );

    private static async Task<Finding> NodeAsync(CancellationToken cancellation)
    {
        var version = await NodePackages.NodeVersionAsync(cancellation);
        return new(
            "Node.js",
            version?.Major >= NodePackages.OldestNode,
            version?.ToString() ?? "not found",
            $"Install Node.js {NodePackages.OldestNode} or newer (nodejs.org, or 'apt-get install nodejs npm')."
        );
    }

    private static async Task<Finding> NpmAsync(CancellationToken cancellation)
    {
        var version = await NodePackages.NpmVersionAsync(cancellation);
        return new("npm", version is not null, version ?? "not found", "Install npm (it comes with Node.js).");
    }

    private static async Task<Finding> ChainNodeAsync(CancellationToken cancellation)
    {
        const string install = "Run 'medledger doctor --install' (demo and serve do it too).";
        var program = ChainNodeProgram.Find();
        if (program is null)
            return new("Chain node", false, "not installed", install);
        var run = await ToolProcess.TryRunAsync(
            program.File,
            [.. program.LeadingArguments, "--version"],
            timeout: TimeSpan.FromSeconds(60),
            cancellation: cancellation
        );
        return run is { ExitCode: 0 }
            ? new("Chain node", true, $"{run.Output.Split('\n')[0].Trim()} ({program.File})")
            : new("Chain node", false, "does not start", $"Delete '{ToolchainHome.Path}'. {install}");
    }

    private static Finding Native(string name, Func<string> version)
    {
        const string fix =
            "Its native library does not load: publish or build on this platform, and on Alpine use a glibc image.";
        try
        {
            return new(name, true, version());
        }
        catch (Exception problem)
            when (problem
                    is DllNotFoundException
                        or TypeInitializationException
                        or BadImageFormatException
                        or SqliteException
            )
        {
            return new(name, false, problem.GetType().Name, fix);
        }
    }

    private static string SqliteVersion()
    {
        using var connection = new SqliteConnection("Data Source=:memory:");
        connection.Open();
        return connection.ServerVersion;
    }

    private static string WasmtimeVersion()
    {
        using var engine = new Wasmtime.Engine();
        using var module = Wasmtime.Module.FromText(engine, "empty", "(module)");
        return typeof(Wasmtime.Engine).Assembly.GetName().Version?.ToString(3) ?? "loaded";
    }

    private static Finding Disk()
    {
        var folder = ToolchainHome.Path;
        while (!Directory.Exists(folder))
            folder = Path.GetDirectoryName(folder)!;
        var free = new DriveInfo(folder).AvailableFreeSpace;
        return new(
            "Disk",
            free >= NeededDisk,
            $"{free >> 20} MiB free at {folder}",
            $"Free at least {NeededDisk >> 20} MiB, or set MEDLEDGER_TOOLCHAIN to another disk."
        );
    }

    private static Finding Port()
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, 0);
            listener.Start();
            return new("Local port", true, "127.0.0.1 can be bound");
        }
        catch (SocketException problem)
        {
            return new("Local port", false, problem.SocketErrorCode.ToString(), "Allow listening on 127.0.0.1.");
        }
    }
}
