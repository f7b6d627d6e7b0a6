using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace MedLedger.Api.Toolchain;

/// <summary>
/// Installs what a folder's <c>package.json</c> and <c>package-lock.json</c> name, exactly as locked and without
/// running any package's scripts. Safe when several processes ask at once, and when one is killed half way.
/// </summary>
internal static class NodePackages
{
    /// <summary>The oldest Node.js that the locked packages run on.</summary>
    public const int OldestNode = 20;

    private const string Marker = ".medledger-lock";
    private const string Scratch = ".npm-";
    private static readonly TimeSpan InstallLimit = TimeSpan.FromMinutes(10);

    /// <summary>Installs in place, into <c>node_modules</c> beside the manifest. Returns the absolute path of that folder.</summary>
    public static Task<string> EnsureAsync(
        string manifestFolder,
        Action<string>? progress = null,
        CancellationToken cancellation = default
    ) => EnsureAsync(manifestFolder, manifestFolder, progress, null, cancellation);

    /// <summary>Installs into <c>node_modules</c> under <paramref name="target"/>. Returns the absolute path of that folder.</summary>
    /// <exception cref="MachineException">Node.js is missing or too old, the registry cannot be reached, the disk is full.</exception>
    public static async Task<string> EnsureAsync(
        string manifestFolder,
        string target,
        Action<string>? progress,
        IReadOnlyDictionary<string, string?>? environment = null,
        CancellationToken cancellation = default
    )
    {
        var packages = Path.Combine(Path.GetFullPath(target), "node_modules");
        var wanted = LockHash(manifestFolder);
        if (IsInstalled(packages, wanted))
            return packages;

        await using var held = await LockAsync(target, progress, cancellation);
        if (IsInstalled(packages, wanted))
            return packages;
        await CheckNodeAsync(cancellation);
        await InstallAsync(manifestFolder, target, wanted, progress, environment, cancellation);
        return packages;
    }

    /// <summary>True when exactly the locked packages are installed under <paramref name="target"/>.</summary>
    public static bool IsInstalled(string manifestFolder, string target, out string packages)
    {
        packages = Path.Combine(Path.GetFullPath(target), "node_modules");
        return IsInstalled(packages, LockHash(manifestFolder));
    }

    /// <summary>SHA-256 over manifest, lock file and platform: the name of an installation.</summary>
    public static string LockHash(string manifestFolder)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var name in (string[])["package.json", "package-lock.json"])
        {
            var file = Path.Combine(manifestFolder, name);
            if (!File.Exists(file))
                throw new FileNotFoundException($"{name} is missing in the folder of Node.js packages.", file);
            hash.AppendData(SHA256.HashData(File.ReadAllBytes(file)));
        }
        hash.AppendData(Encoding.UTF8.GetBytes(RuntimeInformation.RuntimeIdentifier));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>The version of Node.js on the path, or null when there is none.</summary>
    public static async Task<Version?> NodeVersionAsync(CancellationToken cancellation = default)
    {
        var run = await ToolProcess.TryRunAsync(
            "node",
            ["--version"],
            timeout: TimeSpan.FromSeconds(30),
            cancellation: cancellation
        );
        return
            run is { ExitCode: 0 } && Version.TryParse(run.Output.Trim().TrimStart('v').Split('-')[0], out var version)
            ? version
            : null;
    }

    /// <summary>The version of npm on the path, or null when there is none.</summary>
    public static async Task<string?> NpmVersionAsync(CancellationToken cancellation = default)
    {
        var run = await ToolProcess.TryRunAsync(
            Npm,
            ["--version"],
            timeout: TimeSpan.FromSeconds(60),
            cancellation: cancellation
        );
        return run is { ExitCode: 0 } ? run.Output.Trim() : null;
    }

    private static string Npm => OperatingSystem.IsWindows() ? "npm.cmd" : "npm";

    private static bool IsInstalled(string packages, string wanted)
    {
        var marker = Path.Combine(packages, Marker);
        return File.Exists(marker) && File.ReadAllText(marker) == wanted;
    }

    private static async Task CheckNodeAsync(CancellationToken cancellation)
    {
        var version = await NodeVersionAsync(cancellation);
        if (version is null)
            throw new MachineException(
                "Node.js was not found.",
                $"Install Node.js {OldestNode} or newer with npm (nodejs.org, or 'apt-get install nodejs npm')."
            );
        if (version.Major < OldestNode)
            throw new MachineException(
                $"Node.js {version} is too old.",
                $"Install Node.js {OldestNode} or newer (nodejs.org)."
            );
        if (await NpmVersionAsync(cancellation) is null)
            throw new MachineException(
                "npm was not found beside Node.js.",
                "Install npm (it comes with Node.js from nodejs.org; on Debian 'apt-get install npm')."
            );
    }

    private static async Task InstallAsync(
        string manifestFolder,
        string target,
        string wanted,
        Action<string>? progress,
        IReadOnlyDictionary<string, string?>? environment,
        CancellationToken cancellation
    )
    {
        foreach (var left in Directory.EnumerateDirectories(target, $"{Scratch}*"))
            if (!left.EndsWith("-lock", StringComparison.Ordinal))
                Directory.Delete(left, recursive: true);

        progress?.Invoke($"Installing Node.js packages of {Describe(manifestFolder)} (npm ci, once) ...");
        var scratch = Path.Combine(target, Scratch + RandomNumberGenerator.GetHexString(8, lowercase: true));
        Directory.CreateDirectory(scratch);
        try
        {
            foreach (var name in (string[])["package.json", "package-lock.json"])
                File.Copy(Path.Combine(manifestFolder, name), Path.Combine(scratch, name));
            var run = await RunNpmAsync(scratch, environment, cancellation);
            var fresh = Path.Combine(scratch, "node_modules");
            Directory.CreateDirectory(fresh);
            await File.WriteAllTextAsync(Path.Combine(fresh, Marker), wanted, cancellation);

            var packages = Path.Combine(target, "node_modules");
            if (Directory.Exists(packages))
                Directory.Move(packages, Path.Combine(scratch, "replaced"));
            Directory.Move(fresh, packages);
            progress?.Invoke($"Installed in {run.Elapsed.TotalSeconds:F1} s.");
        }
        catch (IOException problem)
        {
            throw new MachineException(
                "The Node.js packages could not be written.",
                $"Check space and permissions of '{target}'.",
                problem
            );
        }
        finally
        {
            if (Directory.Exists(scratch))
                Directory.Delete(scratch, recursive: true);
        }
    }

    private static async Task<ToolRun> RunNpmAsync(
        string folder,
        IReadOnlyDictionary<string, string?>? environment,
        CancellationToken cancellation
    )
    {
        try
        {
            var run = await ToolProcess.TryRunAsync(
                Npm,
                ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--prefer-offline"],
                folder,
                InstallLimit,
                environment,
                cancellation: cancellation
            );
            return run switch
            {
                null => throw new MachineException("npm was not found.", "Install npm beside Node.js."),
                { ExitCode: 0 } => run,
                _ => throw Explain(run),
            };
        }
        catch (TimeoutException problem)
        {
            throw new MachineException(
                $"npm did not end within {InstallLimit.TotalMinutes:F0} minutes.",
                "Check the network and run the command again.",
                problem
            );
        }
    }

    private static MachineException Explain(ToolRun run)
    {
        var said = run.Output + run.Error;
        bool Says(params string[] codes) => codes.Any(code => said.Contains(code, StringComparison.Ordinal));

        if (Says("ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ETIMEDOUT", "ECONNRESET", "ENETUNREACH", "ENOTCACHED"))
            return new(
                "The npm registry cannot be reached.",
                "Check the network or proxy (npm config get registry) and run 'medledger doctor --install' again."
            );
        if (Says("E404", "ETARGET"))
            return new(
                "The npm registry does not have a locked package.",
                "Use the public registry, or a mirror that is complete (npm config get registry)."
            );
        if (Says("ENOSPC"))
            return new("The disk is full.", "Free about 500 MB and run 'medledger doctor --install' again.");
        if (Says("EACCES", "EPERM", "EROFS"))
            return new(
                "npm may not write its files.",
                "Check the permissions of the npm cache (npm config get cache)."
            );
        if (Says("EINTEGRITY"))
            return new(
                "A package does not match the hash in the lock file.",
                "Run 'npm cache verify' and try again; if it stays, the registry serves altered packages."
            );
        return new($"npm ended with code {run.ExitCode}.", $"It said:\n{run.Tail()}");
    }

    private static async Task<FileStream> LockAsync(
        string target,
        Action<string>? progress,
        CancellationToken cancellation
    )
    {
        try
        {
            var folder = Directory.CreateDirectory(Path.Combine(target, $"{Scratch}lock")); // and the target above it
            var file = Path.Combine(folder.FullName, "lock");
            var waited = Stopwatch.StartNew();
            var told = false;
            while (true)
            {
                try
                {
                    return new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
                }
                catch (IOException) when (waited.Elapsed < InstallLimit)
                {
                    if (!told && waited.Elapsed > TimeSpan.FromSeconds(1))
                        progress?.Invoke("Another process installs the same packages; waiting ...");
                    told |= waited.Elapsed > TimeSpan.FromSeconds(1);
                    await Task.Delay(100, cancellation);
                }
            }
        }
        catch (Exception problem) when (problem is UnauthorizedAccessException or IOException)
        {
            throw new MachineException(
                "The folder for Node.js packages cannot be written.",
                $"Check space and permissions of '{target}', or set MEDLEDGER_TOOLCHAIN to another folder.",
                problem
            );
        }
    }

    private static string Describe(string manifestFolder)
    {
        var name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(manifestFolder)));
        return name is "linux-x64" or "portable" ? "the local chain node" : $"{name}/";
    }
}
