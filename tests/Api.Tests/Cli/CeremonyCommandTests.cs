using MedLedger.Api.Cli;
using MedLedger.Consent.Statements;

namespace MedLedger.Api.Tests.Cli;

/// <summary>ceremony verify: the built-in key without an argument, and files that are not the pinned ones.</summary>
public sealed class CeremonyCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("medledger-setup-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task The_built_in_key_is_valid_with_the_contributions_of_the_manifest()
    {
        var run = await CommandRun.Of("ceremony", "verify", "--json");
        Assert.Equal(ExitCode.Good, run.ExitCode);
        Assert.True(run.Json.GetProperty("pinned").GetBoolean());
        Assert.Equal(3, run.Json.GetProperty("contributions").GetArrayLength());
        Assert.Equal(CircuitManifest.Pinned.Ceremony, run.Json.GetProperty("summary").GetString());
    }

    [Theory]
    [InlineData(CircuitManifest.ProvingKeyFile)]
    [InlineData(CircuitManifest.ConstraintsFile)]
    [InlineData(CircuitManifest.PowersOfTauFile)]
    public async Task A_file_with_another_hash_is_refused(string altered)
    {
        foreach (
            var name in new[]
            {
                CircuitManifest.ProvingKeyFile,
                CircuitManifest.ConstraintsFile,
                CircuitManifest.PowersOfTauFile,
            }
        )
        {
            var content = await File.ReadAllBytesAsync(Path.Combine(CircuitManifest.FindFolder()!, name));
            if (name == altered)
                content[^1] ^= 1;
            await File.WriteAllBytesAsync(Path.Combine(_folder, name), content);
        }
        var run = await CommandRun.Of("ceremony", "verify", "--artifacts", _folder);
        Assert.Equal(ExitCode.Refused, run.ExitCode);
        Assert.Contains(altered, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Half_of_the_files_or_none_that_is_there_exits_2()
    {
        Assert.Equal(ExitCode.Usage, (await CommandRun.Of("ceremony", "verify", "--zkey", "a")).ExitCode);
        Assert.Equal(ExitCode.Usage, (await CommandRun.Of("ceremony", "verify", "--artifacts", _folder)).ExitCode);
        string[] missing = ["--zkey", "missing", "--r1cs", "missing", "--ptau", "missing"];
        Assert.Equal(ExitCode.Usage, (await CommandRun.Of(["ceremony", "verify", .. missing])).ExitCode);
    }
}
