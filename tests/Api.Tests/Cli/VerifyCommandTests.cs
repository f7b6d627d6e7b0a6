using System.Text;
using MedLedger.Api.Cli;

namespace MedLedger.Api.Tests.Cli;

public sealed class VerifyCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Files_that_are_not_there_and_wrong_addresses_are_usage()
    {
        Assert.Equal(ExitCode.Usage, (await CommandRun.Of("verify", _folder.File("none.json"))).ExitCode);
        Assert.Equal(ExitCode.Usage, (await CommandRun.Of("verify")).ExitCode);
        var file = Write("evidence.json", "{}");
        Assert.Equal(ExitCode.Usage, (await CommandRun.Of("verify", file, "--trust", _folder.File("none"))).ExitCode);
        Assert.Equal(ExitCode.Usage, (await CommandRun.Of("verify", file, "--chain", "ftp://x")).ExitCode);
        Assert.Equal(ExitCode.Usage, (await CommandRun.Of("verify", file, "--wrong")).ExitCode);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("{\"format\":\"medledger.evidence.v1\"}")]
    [InlineData("\u0000\u0001")]
    public async Task What_is_no_evidence_is_refused_and_the_check_is_named(string text)
    {
        var run = await CommandRun.Of("verify", Write("evidence.json", text), "--json");
        Assert.Equal(ExitCode.Refused, run.ExitCode);
        Assert.False(run.Json.GetProperty("ok").GetBoolean());
        Assert.Equal("format", run.Json.GetProperty("result").GetString());
        Assert.Equal("format", run.Json.GetProperty("failed").GetString());
        Assert.Single(run.Output.TrimEnd().Split('\n'));
    }

    [Fact]
    public async Task What_is_no_trust_file_is_refused()
    {
        var run = await CommandRun.Of("verify", Write("e.json", "{}"), "--trust", Write("t.json", "{}"), "--json");
        Assert.Equal(ExitCode.Refused, run.ExitCode);
        Assert.False(run.Json.GetProperty("ok").GetBoolean());
    }

    private string Write(string name, string text)
    {
        File.WriteAllBytes(_folder.File(name), Encoding.UTF8.GetBytes(text));
        return _folder.File(name);
    }
}
