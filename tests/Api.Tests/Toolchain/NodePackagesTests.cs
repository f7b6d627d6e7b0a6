using MedLedger.Api.Toolchain;

namespace MedLedger.Api.Tests;

public sealed class NodePackagesTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("medledger-npm-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task The_chain_node_is_installed_once_and_answers_its_version()
    {
        var program = await ChainNodeProgram.EnsureAsync();
        var again = await ChainNodeProgram.EnsureAsync(line => Assert.Fail($"installed twice: {line}"));

        Assert.Equal(program.File, again.File);
        Assert.Equal(program.File, ChainNodeProgram.Find()?.File);
        var run = await ToolProcess.TryRunAsync(program.File, [.. program.LeadingArguments, "--version"]);
        Assert.Equal(0, run?.ExitCode);
    }

    [Fact]
    public async Task Several_callers_at_once_install_one_time()
    {
        WriteManifest("{}");
        var installs = 0;
        await Task.WhenAll(
            Enumerable
                .Range(0, 4)
                .Select(_ =>
                    Task.Run(() =>
                        NodePackages.EnsureAsync(
                            folder,
                            folder,
                            line =>
                                Interlocked.Add(
                                    ref installs,
                                    line.StartsWith("Installing", StringComparison.Ordinal) ? 1 : 0
                                )
                        )
                    )
                )
        );

        Assert.Equal(1, installs);
        Assert.DoesNotContain(
            Directory.EnumerateDirectories(folder, ".npm-*"),
            left => !left.EndsWith("-lock", StringComparison.Ordinal)
        );
    }

    [Fact]
    public async Task A_new_lock_file_replaces_what_was_installed()
    {
        WriteManifest("{}");
        var packages = await NodePackages.EnsureAsync(folder);
        await File.WriteAllTextAsync(Path.Combine(packages, "old"), "");
        WriteManifest("""{ "node": ">=20" }""");

        Assert.False(NodePackages.IsInstalled(folder, folder, out _));
        await NodePackages.EnsureAsync(folder);

        Assert.False(File.Exists(Path.Combine(packages, "old")));
        Assert.True(NodePackages.IsInstalled(folder, folder, out _));
    }

    [Fact]
    public async Task What_a_killed_installation_left_is_removed()
    {
        WriteManifest("{}");
        Directory.CreateDirectory(Path.Combine(folder, ".npm-0123abcd", "node_modules"));
        Directory.CreateDirectory(Path.Combine(folder, "node_modules")); // no marker: not finished

        await NodePackages.EnsureAsync(folder);

        Assert.False(Directory.Exists(Path.Combine(folder, ".npm-0123abcd")));
    }

    [Fact]
    public async Task A_registry_that_cannot_be_reached_is_named_with_the_fix()
    {
        const string integrity =
            "sha512-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==";
        File.WriteAllText(
            Path.Combine(folder, "package.json"),
            """{ "name": "x", "version": "1.0.0", "dependencies": { "medledger-absent": "1.0.0" } }"""
        );
        File.WriteAllText(
            Path.Combine(folder, "package-lock.json"),
            $$"""
            { "name": "x", "version": "1.0.0", "lockfileVersion": 3, "requires": true, "packages": {
              "": { "name": "x", "version": "1.0.0", "dependencies": { "medledger-absent": "1.0.0" } },
              "node_modules/medledger-absent": { "version": "1.0.0", "integrity": "{{integrity}}" } } }
            """
        );
        var offline = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["npm_config_registry"] = "http://127.0.0.1:9/",
            ["npm_config_fetch_retries"] = "0",
            ["npm_config_cache"] = Path.Combine(folder, "cache"),
        };

        var problem = await Assert.ThrowsAsync<MachineException>(() =>
            NodePackages.EnsureAsync(folder, folder, null, offline)
        );

        Assert.Contains("registry cannot be reached", problem.Problem, StringComparison.Ordinal);
        Assert.Contains("doctor --install", problem.Fix, StringComparison.Ordinal);
        Assert.False(NodePackages.IsInstalled(folder, folder, out _));
    }

    private void WriteManifest(string engines)
    {
        File.WriteAllText(
            Path.Combine(folder, "package.json"),
            $$"""{ "name": "x", "version": "1.0.0", "engines": {{engines}} }"""
        );
        File.WriteAllText(
            Path.Combine(folder, "package-lock.json"),
            $$"""
            { "name": "x", "version": "1.0.0", "lockfileVersion": 3, "requires": true,
              "packages": { "": { "name": "x", "version": "1.0.0", "engines": {{engines}} } } }
            """
        );
    }
}
