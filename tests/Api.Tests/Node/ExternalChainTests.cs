using MedLedger.Api.Cli;
using MedLedger.Api.Samples;
using MedLedger.Api.Tests.Cli;
using MedLedger.Crypto.Ethereum;
using MedLedger.Tests;

namespace MedLedger.Api.Tests.Node;

/// <summary>The whole story on a chain that is not the program's own, and what is said when that chain fails.</summary>
public sealed class ExternalChainTests : IAsyncLifetime, IDisposable
{
    private const ulong ChainId = 515_151;
    private readonly TemporaryFolder _folder = new();
    private ExternalNode _node = null!;

    public async Task InitializeAsync()
    {
        File.WriteAllText(_folder.File("settings.json"), """{"chain-deadline":"5"}""");
        _node = await ExternalNode.StartAsync(ChainId);
        File.WriteAllBytes(_folder.File("patient.json"), SampleFiles.Read(SampleFiles.Patients[0]));
    }

    public async Task DisposeAsync() => await _node.DisposeAsync();

    public void Dispose() => _folder.Dispose();

    [Fact]
    [Trait("threat", "relayer, chain node, miner")]
    public async Task Deploy_fund_tell_the_story_check_it_and_refuse_a_chain_that_was_reset()
    {
        var early = await DemoAsync();
        Assert.Equal(ExitCode.Usage, early.ExitCode);
        Assert.Contains("deploy", early.Error, StringComparison.Ordinal);

        var accounts = await DeployAsync();
        var poor = await DemoAsync();
        Assert.Equal(ExitCode.Machine, poor.ExitCode);
        foreach (var (role, account) in accounts)
            Assert.Contains($"the {role} {account} has 0 ETH", poor.Error, StringComparison.Ordinal);
        Assert.Matches("Send each about [0-9.]+ ETH", poor.Error);
        await FundAsync(accounts);

        var told = await DemoAsync();
        Assert.True(told.ExitCode == ExitCode.Good, told.Error);
        Assert.Equal((long)ChainId, told.Json.GetProperty("chain").GetProperty("chainId").GetInt64());
        var analysis = told.Json.GetProperty("analyses")[0];
        Assert.True(analysis.GetProperty("verifiedOnChain").GetBoolean());

        var evidence = analysis.GetProperty("evidence").GetString()!;
        var trust = told.Json.GetProperty("trust").GetString()!;
        var verified = await Run("verify", evidence, "--trust", trust, "--chain", Url, "--json");
        Assert.True(verified.ExitCode == ExitCode.Good, verified.Output + verified.Error);
        Assert.Equal("valid", verified.Json.GetProperty("result").GetString());
        Assert.Equal("checked", verified.Json.GetProperty("chain").GetString());
        var offline = await Run("verify", evidence, "--trust", trust, "--json");
        Assert.Equal("notChecked", offline.Json.GetProperty("chain").GetString());
        var log = await Run("verify", "--log", Path.Combine(Data, "log"), "--trust", trust, "--chain", Url, "--json");
        Assert.True(log.ExitCode == ExitCode.Good, log.Output + log.Error);

        var stopped = await DemoAsync(
            "Permitted",
            () =>
            {
                _node.Kill();
                return _node.RunAsync(ChainId);
            }
        );
        Assert.Equal(ExitCode.Machine, stopped.ExitCode);
        Assert.Contains("reset", stopped.Error, StringComparison.Ordinal);

        // another chain at the same address, then the same number with nothing on it
        _node.Kill();
        await _node.RunAsync(ChainId + 1);
        await RefusedAsync($"belongs to chain {ChainId}");
        _node.Kill();
        await _node.RunAsync(ChainId);
        await RefusedAsync("was the chain reset?");
        _node.Kill();
        await RefusedAsync("does not answer");
    }

    [Fact]
    [Trait("threat", "relayer, chain node, miner")]
    public async Task A_chain_that_fails_in_the_middle_ends_the_command_and_says_so()
    {
        await FundAsync(await DeployAsync());
        var stopped = await DemoAsync(
            "Reserved",
            () =>
            {
                _node.Kill();
                return Task.CompletedTask;
            }
        );
        Assert.Equal(ExitCode.Machine, stopped.ExitCode);
        Assert.Contains("does not answer", stopped.Error, StringComparison.Ordinal);
        Assert.False(stopped.Json.GetProperty("ok").GetBoolean());
    }

    private string Data => _folder.File("data");

    private string Url => _node.Endpoint.ToString();

    private async Task<Dictionary<string, string>> DeployAsync()
    {
        using var key = Secp256k1PrivateKey.Generate();
        await _node.FundAsync(key.Address, 100);
        var bytes = new byte[Secp256k1PrivateKey.Size];
        key.Export(bytes);
        await File.WriteAllTextAsync(_folder.File("deployer"), Convert.ToHexStringLower(bytes));
        var deployed = await Run("deploy", "--chain", Url, "--key", _folder.File("deployer"), "--json");
        Assert.True(deployed.ExitCode == ExitCode.Good, deployed.Error);
        return deployed
            .Json.GetProperty("accounts")
            .EnumerateObject()
            .ToDictionary(
                account => account.Name,
                account => account.Value.GetProperty("address").GetString()!,
                StringComparer.Ordinal
            );
    }

    private async Task FundAsync(Dictionary<string, string> accounts)
    {
        foreach (var account in accounts.Values)
            await _node.FundAsync(new EthereumAddress(Convert.FromHexString(account[2..])), 10);
    }

    private async Task RefusedAsync(string why)
    {
        var refused = await DemoAsync();
        Assert.Equal(ExitCode.Machine, refused.ExitCode);
        Assert.Contains(why, refused.Error, StringComparison.Ordinal);
    }

    private Task<CommandRun> DemoAsync() =>
        Run("demo", "--chain", Url, "--bundle", _folder.File("patient.json"), "--json");

    private Task<CommandRun> DemoAsync(string line, Func<Task> then) =>
        CommandRun.Of(
            Line("demo", "--chain", Url, "--bundle", _folder.File("patient.json"), "--json"),
            new TriggeredWriter(line, then)
        );

    private Task<CommandRun> Run(params string[] arguments) => CommandRun.Of(Line(arguments));

    private string[] Line(params string[] arguments)
    {
        string[] line = [.. arguments, "--settings", _folder.File("settings.json")];
        return arguments[0] == "verify" ? line : [.. line, "--data", Data, "--key-file", _folder.File("master.key")];
    }

    /// <summary>Does something, once, when a line with these words is written.</summary>
    private sealed class TriggeredWriter(string words, Func<Task> then) : StringWriter
    {
        private bool _done;

        public override void WriteLine(string? value)
        {
            base.WriteLine(value);
            if (_done || value?.Contains(words, StringComparison.Ordinal) != true)
                return;
            _done = true;
            then().GetAwaiter().GetResult();
        }
    }
}
