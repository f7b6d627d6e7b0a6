using MedLedger.Api.Toolchain;

namespace MedLedger.Tests;

/// <summary>What a tool left: its exit code and everything it wrote.</summary>
public sealed record ToolResult(int ExitCode, string Output, string Error, TimeSpan Elapsed);

/// <summary>
/// The programs from npm that tests drive, installed when missing. Safe across the test assemblies that run at once:
/// the first one installs, the others wait.
/// </summary>
public static class Toolchain
{
    private static readonly Lazy<Task<string>> LazyCircuits = new(() => InPlaceAsync("circuits"));
    private static readonly Lazy<Task<string>> LazyContracts = new(() => InPlaceAsync("contracts"));
    private static readonly Lazy<Task<string>> LazyClients = new(() => InPlaceAsync("tests", "clients"));
    private static readonly Lazy<Task<string>> LazyHardhat = new(() => InPlaceAsync("contracts", "tools", "hardhat"));

    /// <summary>Installs and returns <c>circuits/node_modules</c> (circom2, snarkjs, circomlib).</summary>
    public static Task<string> CircuitsAsync() => LazyCircuits.Value;

    /// <summary>Installs and returns <c>contracts/node_modules</c> (forge, solc, OpenZeppelin).</summary>
    public static Task<string> ContractsAsync() => LazyContracts.Value;

    /// <summary>Installs and returns <c>tests/clients/node_modules</c> (FHIR clients, and a router as an oracle for searches).</summary>
    public static Task<string> ClientsAsync() => LazyClients.Value;

    /// <summary>Installs and returns <c>contracts/tools/hardhat/node_modules</c> (200 MB).</summary>
    public static Task<string> HardhatAsync() => LazyHardhat.Value;

    /// <summary>Runs a script or package entry point with Node.js. The script path is absolute.</summary>
    public static Task<ToolResult> NodeAsync(
        string script,
        IEnumerable<string> arguments,
        string? workingDirectory = null,
        TimeSpan? timeout = null,
        string? input = null
    ) => RunAsync("node", [script, .. arguments], workingDirectory, timeout, input);

    /// <summary>Runs a program to its end and captures both streams; kills its process tree after the timeout (2 minutes unless given).</summary>
    /// <exception cref="TimeoutException">It did not end in time.</exception>
    public static async Task<ToolResult> RunAsync(
        string file,
        IEnumerable<string> arguments,
        string? workingDirectory = null,
        TimeSpan? timeout = null,
        string? input = null,
        IReadOnlyDictionary<string, string?>? environment = null
    )
    {
        var run =
            await ToolProcess.TryRunAsync(file, arguments, workingDirectory, timeout, environment, input)
            ?? throw new InvalidOperationException($"'{file}' was not found on this machine.");
        return new(run.ExitCode, run.Output, run.Error, run.Elapsed);
    }

    private static Task<string> InPlaceAsync(params string[] folder) =>
        NodePackages.EnsureAsync(RepositoryRoot.File(folder), line => Console.Error.WriteLine(line));
}
