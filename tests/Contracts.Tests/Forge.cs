using System.Text.Json.Nodes;

namespace MedLedger.Tests.Contracts;

/// <summary>Foundry's forge in <c>contracts/</c>: built once for all tests of this assembly.</summary>
public sealed class Forge : IAsyncLifetime
{
    private string _program = "";

    /// <summary>The folder <c>contracts/</c>.</summary>
    public static string Folder { get; } = RepositoryRoot.File("contracts");

    /// <summary>Seconds that the compiler took, and what it printed.</summary>
    public ToolResult Build { get; private set; } = new(1, "", "", TimeSpan.Zero);

    public async Task InitializeAsync()
    {
        if (ForgeTheoryAttribute.Unavailable is not null)
            return;
        var packages = await Toolchain.ContractsAsync();
        _program = Path.Combine(packages, "@foundry-rs", "forge-linux-amd64", "bin", "forge");
        Golden.WriteSources();
        Build = await RunAsync("build");
        if (Build.ExitCode != 0)
            throw new InvalidOperationException($"forge build failed:\n{Build.Output}\n{Build.Error}");
    }

    public Task DisposeAsync() => Task.CompletedTask;

    /// <summary>Runs forge in <c>contracts/</c>.</summary>
    public Task<ToolResult> RunAsync(params string[] arguments) =>
        Toolchain.RunAsync(
            _program,
            arguments,
            Folder,
            TimeSpan.FromMinutes(9),
            environment: new Dictionary<string, string?>(StringComparer.Ordinal) { ["FORGE_SNAPSHOT_EMIT"] = "false" } // compared here
        );

    /// <summary>forge's own output for a contract: <c>out/File.sol/Contract.json</c>.</summary>
    public static JsonObject Output(string file, string contract) =>
        JsonNode.Parse(File.ReadAllBytes(Path.Combine(Folder, "out", file, contract + ".json")))!.AsObject();
}

/// <summary>Shares one build of the contracts.</summary>
[CollectionDefinition(Name)]
public sealed class ForgeCollection : ICollectionFixture<Forge>
{
    public const string Name = "forge";
}
