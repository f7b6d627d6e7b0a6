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

    [Fact]
    public async Task A_wallets_key_file_needs_its_passphrase()
    {
        using var folder = new TemporaryFolder();
        // an example of the Web3 Secret Storage Definition
        await File.WriteAllTextAsync(
            folder.File("wallet.json"),
            """
            {"crypto":{"cipher":"aes-128-ctr","cipherparams":{"iv":"6087dab2f9fdbbfaddc31a909735c1e6"},
            "ciphertext":"5318b4d5bcd28de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa46","kdf":"pbkdf2",
            "kdfparams":{"c":262144,"dklen":32,"prf":"hmac-sha256",
            "salt":"ae3cd4e7013836a3df6bd7241b12db061dbe2c6785853cce422d148a624ce0bd"},
            "mac":"517ead924a9d0dc3124507e3393d175ce3ff7c1e96529c6c555ce9e51205e9b2"},"version":3}
            """
        );
        await File.WriteAllTextAsync(folder.File("right"), "testpassword\n");
        await File.WriteAllTextAsync(folder.File("wrong"), "testpasswords\n");
        await using var chain = await LocalChain.StartAsync(chainId: 424_242);
        Task<CommandRun> DeployAsync(params string[] more) =>
            CommandRun.Of([
                .. (string[])["deploy", "--chain", chain.Endpoint.ToString(), "--key", folder.File("wallet.json")],
                .. (string[])["--data", folder.File("data"), "--key-file", folder.File("master")],
                .. more,
            ]);
        Assert.Equal(ExitCode.Usage, (await DeployAsync()).ExitCode);
        var wrong = await DeployAsync("--key-passphrase-file", folder.File("wrong"));
        Assert.Equal(ExitCode.Refused, wrong.ExitCode);
        Assert.Contains("passphrase", wrong.Error, StringComparison.Ordinal);
        var right = await DeployAsync("--key-passphrase-file", folder.File("right"));
        Assert.Contains("0x008aeeda4d805471df9b2a5b0f38a0c3bcba786b", right.Error, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("has 0 ETH", right.Error, StringComparison.Ordinal);
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
