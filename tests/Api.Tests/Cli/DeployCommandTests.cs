using MedLedger.Api.Cli;
using MedLedger.Crypto.Ethereum;
using MedLedger.Tests;

namespace MedLedger.Api.Tests.Cli;

public sealed class DeployCommandTests
{
    [Fact]
    public async Task Deploys_once_keeps_the_addresses_and_says_what_the_accounts_need()
    {
        await using var chain = await LocalChain.StartAsync(chainId: 424_242);
        using var folder = new TemporaryFolder();
        using var key = Secp256k1PrivateKey.Generate();
        _ = chain.NewSender(key); // gives it money
        var keyFile = WriteKey(folder, key);
        string[] line =
        [
            .. (string[])["deploy", "--chain", chain.Endpoint.ToString(), "--key", keyFile, "--json"],
            .. (string[])["--data", folder.File("data"), "--key-file", folder.File("master")],
        ];

        var first = await CommandRun.Of(line);
        Assert.True(first.ExitCode == ExitCode.Good, first.Error);
        var contracts = first.Json.GetProperty("chain").GetProperty("contracts");
        Assert.Equal(8, contracts.EnumerateObject().Count());
        Assert.Equal(424_242, first.Json.GetProperty("chain").GetProperty("chainId").GetInt64());
        Assert.Equal(
            "0",
            first.Json.GetProperty("accounts").GetProperty("relayer").GetProperty("balanceWei").GetString()
        );

        var again = await CommandRun.Of(line);
        Assert.True(again.ExitCode == ExitCode.Good, again.Error);
        Assert.Equal(contracts.ToString(), again.Json.GetProperty("chain").GetProperty("contracts").ToString());
    }

    [Fact]
    public async Task Without_money_says_how_much_it_takes_and_does_nothing()
    {
        await using var chain = await LocalChain.StartAsync(chainId: 424_242);
        using var folder = new TemporaryFolder();
        using var key = Secp256k1PrivateKey.Generate();
        var ran = await CommandRun.Of([
            .. (string[])["deploy", "--chain", chain.Endpoint.ToString(), "--key", WriteKey(folder, key)],
            .. (string[])["--data", folder.File("data"), "--key-file", folder.File("master")],
        ]);
        Assert.Equal(ExitCode.Refused, ran.ExitCode);
        Assert.Contains(key.Address.ToString(), ran.Error, StringComparison.Ordinal);
        Assert.Equal(
            0ul,
            await chain.Client.NonceAsync(key.Address, MedLedger.Consent.Chain.Rpc.BlockId.Latest, default)
        );
    }

    [Theory]
    [InlineData("ftp://chain.example", "key", ExitCode.Usage)]
    [InlineData("http://127.0.0.1:9", "absent", ExitCode.Usage)]
    [InlineData("http://127.0.0.1:9", "damaged", ExitCode.Refused)]
    public async Task Wrong_arguments_are_told_apart(string chain, string keyFile, int expected)
    {
        using var folder = new TemporaryFolder();
        using var key = Secp256k1PrivateKey.Generate();
        WriteKey(folder, key);
        File.WriteAllText(folder.File("damaged"), "0x12");
        var ran = await CommandRun.Of([
            .. (string[])["deploy", "--chain", chain, "--key", folder.File(keyFile)],
            .. (string[])["--data", folder.File("data"), "--key-file", folder.File("master")],
        ]);
        Assert.Equal(expected, ran.ExitCode);
    }

    private static string WriteKey(TemporaryFolder folder, Secp256k1PrivateKey key)
    {
        var bytes = new byte[Secp256k1PrivateKey.Size];
        key.Export(bytes);
        File.WriteAllText(folder.File("key"), $"0x{Convert.ToHexStringLower(bytes)}\n");
        return folder.File("key");
    }
}
