using System.CommandLine;
using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using MedLedger.Api.Keys;
using MedLedger.Api.Node;
using MedLedger.Api.Persistence;
using MedLedger.Consent.Chain.Contracts;
using MedLedger.Consent.Chain.Rpc;
using MedLedger.Consent.Chain.Transactions;
using MedLedger.Crypto.Ethereum;
using Spectre.Console;

namespace MedLedger.Api.Cli;

/// <summary>
/// <c>deploy --chain URL --key FILE</c>: puts the contracts on a chain, keeps their addresses in the data folder, and
/// says what the accounts of the roles need.
/// </summary>
internal static class DeployCommand
{
    /// <summary>The accounts that a data folder signs with; each key lies in its custody.</summary>
    private static readonly string[] RoleNames = ["relayer", "operator", "authority"];

    // its 20 transactions took 16.6 million together (a test keeps this below 25); estimates add a quarter
    private const ulong GasOfDeployment = 22_000_000;

    internal static Command Create()
    {
        var chain = new Option<string?>("--chain")
        {
            Description = "JSON-RPC endpoint of an EVM chain.",
            HelpName = "URL",
        };
        var key = new Option<string>("--key")
        {
            Description =
                "File with the private key that pays and becomes administrator: 64 hexadecimal digits, or a wallet's "
                + "key file (version 3).",
            HelpName = "FILE",
            Required = true,
        };
        var passphrase = new Option<string?>("--key-passphrase-file")
        {
            Description = "File whose first line is the passphrase of a wallet's key file.",
            HelpName = "FILE",
        };
        var command = new Command("deploy", "Put the contracts on a chain and keep their addresses.")
        {
            chain,
            key,
            passphrase,
        };
        command.Handle(
            (context, cancellation) =>
                RunAsync(
                    context,
                    ChainSettings.Endpoint(context.Settings, chain)
                        ?? throw CommandFailure.Usage("deploy wants --chain URL."),
                    ReadKey(
                        Path.GetFullPath(context.Arguments.GetValue(key)!),
                        context.Settings.Value(passphrase, "key-passphrase-file")
                    ),
                    cancellation
                )
        );
        return command;
    }

    private static async Task<int> RunAsync(
        CommandContext context,
        Uri endpoint,
        Secp256k1PrivateKey key,
        CancellationToken cancellation
    )
    {
        using var deployer = key;
        using var store = await Store.OpenAsync(context, "deploy", cancellation);
        var connection = await Connection.ToAsync(
            endpoint,
            null,
            ChainSettings.Deadline(context.Settings),
            context.Time,
            cancellation
        );
        using var rpc = connection.Owned[0];
        var client = connection.Client;
        try
        {
            var accounts = RoleNames.ToDictionary(role => role, role => AccountOf(store, role), StringComparer.Ordinal);
            var deployment = await DeployAsync(context, store, client, deployer, accounts, cancellation);
            await ReportAsync(context, client, deployment, accounts, cancellation);
            return ExitCode.Good;
        }
        catch (Exception problem) when (problem is JsonRpcException or CallRevertedException)
        {
            throw CommandFailure.Refused(problem.Message);
        }
    }

    private static async Task<Deployment> DeployAsync(
        CommandContext context,
        Store store,
        EthereumClient client,
        Secp256k1PrivateKey deployer,
        Dictionary<string, EthereumAddress> accounts,
        CancellationToken cancellation
    )
    {
        var chainId = await client.ChainIdAsync(cancellation);
        var file = store.Folder.File(LedgerChain.DeploymentFile);
        if (File.Exists(file))
            return await KnownAsync(file, client, chainId, cancellation);
        if (chainId == EmbeddedChain.Id)
            throw CommandFailure.Usage("That is a data folder's own chain: demo and serve deploy there by themselves.");

        await RequireMoneyAsync(client, deployer.Address, cancellation);
        using var sender = new TransactionSender(client, deployer, store.Journal, context.Time);
        await sender.ResumeAsync(cancellation);
        var roles = new DeploymentRoles
        {
            Relayer = accounts["relayer"],
            Publisher = accounts["relayer"],
            Authority = accounts["authority"],
            Operator = accounts["operator"],
            Officers = [accounts["operator"]],
            Warden = accounts["operator"],
            Guardian = accounts["operator"],
        };
        var deployment = await Deployment.DeployAsync(
            client,
            sender,
            new DeploymentOptions { Roles = roles },
            step => context.Terminal.Say($"  {step}"),
            cancellation
        );
        DurableFile.Write(file, Encoding.UTF8.GetBytes(deployment.ToJson()));
        return deployment;
    }

    private static async Task<Deployment> KnownAsync(
        string file,
        EthereumClient client,
        ulong chainId,
        CancellationToken cancellation
    )
    {
        var known =
            Deployment.TryParse(await File.ReadAllTextAsync(file, cancellation))
            ?? throw CommandFailure.Refused($"{file} is damaged; restore it from the backup.");
        if (known.ChainId != chainId)
            throw CommandFailure.Machine(
                $"This data folder belongs to chain {known.ChainId}; use another --data for chain {chainId}."
            );
        if (await known.FindMissingAsync(client, cancellation) is { } missing)
            throw CommandFailure.Machine($"The chain has no {missing} at the address in {file}: was it reset?");
        return known;
    }

    private static async Task RequireMoneyAsync(
        EthereumClient client,
        EthereumAddress account,
        CancellationToken cancellation
    )
    {
        var needed = await RoleFunds.PriceAsync(client, GasOfDeployment, cancellation);
        var balance = await client.BalanceAsync(account, cancellation);
        if (balance < needed)
            throw CommandFailure.Refused(
                $"The account {account} has {RoleFunds.Ether(balance)} ETH; deploying takes about {RoleFunds.Ether(needed)} ETH here."
            );
    }

    private static async Task ReportAsync(
        CommandContext context,
        EthereumClient client,
        Deployment deployment,
        Dictionary<string, EthereumAddress> accounts,
        CancellationToken cancellation
    )
    {
        var needed = await RoleFunds.PriceAsync(client, RoleFunds.GasToBegin, cancellation);
        var balances = new Dictionary<string, BigInteger>(StringComparer.Ordinal);
        foreach (var (role, account) in accounts)
            balances[role] = await client.BalanceAsync(account, cancellation);
        var head = await client.HeadAsync(cancellation);

        var screen = context.Terminal.Screen;
        var table = new Table().AddColumns("account", "address", "has (ETH)", "to begin with (ETH)");
        foreach (var (role, account) in accounts)
            table.AddRow(role, account.ToString(), RoleFunds.Ether(balances[role]), RoleFunds.Ether(needed));
        screen.MarkupLineInterpolated($"The contracts are on chain {deployment.ChainId}.");
        foreach (var (name, address) in deployment.Contracts)
            screen.MarkupLineInterpolated($"  {name, -18} {address}");
        screen.Write(table);
        screen.MarkupLine("The relayer pays for grants, reservations and publications (about 70k to 300k gas each),");
        screen.MarkupLine("the operator for anchors, the authority for enrolments. Send them money before 'serve'.");
        if (!context.Settings.IsJson)
            return;
        context.Terminal.WriteJson(
            new
            {
                ok = true,
                chain = new
                {
                    chainId = deployment.ChainId,
                    block = head.Number,
                    contracts = deployment.Contracts.ToDictionary(
                        contract => contract.Name,
                        contract => contract.Address.ToString(),
                        StringComparer.Ordinal
                    ),
                },
                accounts = accounts.ToDictionary(
                    account => account.Key,
                    account => new
                    {
                        address = account.Value.ToString(),
                        balanceWei = balances[account.Key].ToString(CultureInfo.InvariantCulture),
                        suggestedWei = needed.ToString(CultureInfo.InvariantCulture),
                    },
                    StringComparer.Ordinal
                ),
            }
        );
    }

    private static EthereumAddress AccountOf(Store store, string role)
    {
        using var secret = store.Custody.OpenOperatorKey("chain-" + role);
        using var key = Secp256k1PrivateKey.FromSecret(secret);
        return key.Address;
    }

    /// <summary>64 hexadecimal digits, or with a passphrase a wallet's key file (Web3 Secret Storage, version 3).</summary>
    private static Secp256k1PrivateKey ReadKey(string file, string? passphraseFile)
    {
        if (!File.Exists(file))
            throw CommandFailure.Usage($"The key file {file} is not there.");
        var text = File.ReadAllText(file).Trim();
        if (text.StartsWith('{'))
            return ReadWalletFile(file, text, passphraseFile);
        Span<byte> bytes = stackalloc byte[Secp256k1PrivateKey.Size];
        try
        {
            var digits = text.StartsWith("0x", StringComparison.Ordinal) ? text.AsSpan(2) : text;
            if (
                digits.Length == 2 * Secp256k1PrivateKey.Size
                && Convert.FromHexString(digits, bytes, out _, out _) == System.Buffers.OperationStatus.Done
                && Secp256k1PrivateKey.TryCreate(bytes, out var key)
            )
                return key;
            throw CommandFailure.Refused($"The key file {file} does not hold a private key of 64 hexadecimal digits.");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }

    private static Secp256k1PrivateKey ReadWalletFile(string file, string text, string? passphraseFile)
    {
        if (passphraseFile is null || !File.Exists(passphraseFile))
            throw CommandFailure.Usage($"{file} is a wallet's key file: --key-passphrase-file FILE opens it.");
        var passphrase = Encoding.UTF8.GetBytes(File.ReadLines(passphraseFile).FirstOrDefault() ?? "");
        try
        {
            return KeystoreV3.TryOpen(Encoding.UTF8.GetBytes(text), passphrase, out var key)
                ? key
                : throw CommandFailure.Refused($"The key file {file} does not open with this passphrase.");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(passphrase);
        }
    }
}
