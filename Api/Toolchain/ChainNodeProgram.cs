using System.Runtime.InteropServices;

namespace MedLedger.Api.Toolchain;

/// <summary>Which program serves as local chain node.</summary>
internal enum ChainNodeKind
{
    /// <summary>Foundry's anvil, the platform binary itself.</summary>
    Anvil,

    /// <summary>ganache, run by Node.js, where no anvil binary is locked for the platform.</summary>
    Ganache,
}

/// <summary>The installed local chain node: what to start and with which leading arguments.</summary>
internal sealed record ChainNodeProgram(ChainNodeKind Kind, string File, IReadOnlyList<string> LeadingArguments)
{
    /// <summary>True where the lock file of the anvil binary applies.</summary>
    public static bool HasAnvil =>
        OperatingSystem.IsLinux()
        && RuntimeInformation.ProcessArchitecture == Architecture.X64
        && !RuntimeInformation.RuntimeIdentifier.Contains("musl", StringComparison.Ordinal);

    /// <summary>The kind that this platform uses.</summary>
    public static ChainNodeKind Platform => HasAnvil ? ChainNodeKind.Anvil : ChainNodeKind.Ganache;

    /// <summary>Installs the platform's node when it is missing and returns it.</summary>
    /// <exception cref="MachineException">It cannot be installed; says why and what to do.</exception>
    public static Task<ChainNodeProgram> EnsureAsync(
        Action<string>? progress = null,
        CancellationToken cancellation = default
    ) => EnsureAsync(Platform, progress, cancellation);

    /// <summary>Installs the given kind when it is missing and returns it.</summary>
    public static async Task<ChainNodeProgram> EnsureAsync(
        ChainNodeKind kind,
        Action<string>? progress = null,
        CancellationToken cancellation = default
    )
    {
        var manifest = Manifest(kind);
        var packages = await NodePackages.EnsureAsync(manifest, Target(manifest), progress, null, cancellation);
        return Locate(kind, packages);
    }

    /// <summary>The platform's node when it is installed, else null; installs nothing.</summary>
    public static ChainNodeProgram? Find()
    {
        var manifest = Manifest(Platform);
        return NodePackages.IsInstalled(manifest, Target(manifest), out var packages)
            ? Locate(Platform, packages)
            : null;
    }

    private static string Manifest(ChainNodeKind kind) =>
        Path.Combine(
            AppContext.BaseDirectory,
            "toolchain",
            "node",
            kind == ChainNodeKind.Anvil ? "linux-x64" : "portable"
        );

    private static string Target(string manifest) =>
        Path.Combine(ToolchainHome.Path, NodePackages.LockHash(manifest)[..16]);

    private static ChainNodeProgram Locate(ChainNodeKind kind, string packages) =>
        kind == ChainNodeKind.Anvil
            ? new(kind, Path.Combine(packages, "@foundry-rs", "anvil-linux-amd64", "bin", "anvil"), [])
            : new(kind, "node", [Path.Combine(packages, "ganache", "dist", "node", "cli.js")]);
}

/// <summary>Where programs that MedLedger installs for itself lie: <c>MEDLEDGER_TOOLCHAIN</c>, else the user's data home.</summary>
internal static class ToolchainHome
{
    /// <summary>Absolute path; it need not exist yet.</summary>
    public static string Path
    {
        get
        {
            var chosen = Environment.GetEnvironmentVariable("MEDLEDGER_TOOLCHAIN");
            if (!string.IsNullOrWhiteSpace(chosen))
                return System.IO.Path.GetFullPath(chosen);
            var home = Environment.GetFolderPath(
                Environment.SpecialFolder.LocalApplicationData,
                Environment.SpecialFolderOption.DoNotVerify
            );
            // a container user may have no home at all
            return string.IsNullOrEmpty(home)
                ? System.IO.Path.Combine(System.IO.Path.GetTempPath(), "medledger-toolchain")
                : System.IO.Path.Combine(home, "medledger", "toolchain");
        }
    }
}
