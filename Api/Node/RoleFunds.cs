using System.Globalization;
using System.Numerics;
using MedLedger.Api.Cli;
using MedLedger.Consent.Chain.Rpc;
using MedLedger.Crypto.Ethereum;

namespace MedLedger.Api.Node;

/// <summary>What the accounts of the roles need on a chain where gas is paid for.</summary>
internal static class RoleFunds
{
    /// <summary>Gas that an account should have money for to begin with: some hundred transactions.</summary>
    public const ulong GasToBegin = 20_000_000;

    // the dearest transactions: grants in a batch of 64, and the proof of a large analysis
    private const ulong GasOfOne = 4_000_000;

    /// <summary>Refuses to begin with accounts that cannot pay for one transaction, and says how much each needs.</summary>
    /// <exception cref="CommandFailure">An account lacks money (exit 3).</exception>
    public static async Task RequireAsync(
        EthereumClient client,
        IReadOnlyList<(string Role, EthereumAddress Account)> accounts,
        CancellationToken cancellation
    )
    {
        var least = await PriceAsync(client, GasOfOne, cancellation);
        var lacking = new List<string>();
        foreach (var (role, account) in accounts)
        {
            var balance = await client.BalanceAsync(account, cancellation);
            if (balance < least)
                lacking.Add($"the {role} {account} has {Ether(balance)} ETH");
        }
        if (lacking.Count == 0)
            return;
        var wanted = await PriceAsync(client, GasToBegin, cancellation);
        throw CommandFailure.Machine(
            $"Accounts lack money for gas: {string.Join(", ", lacking)}. Send each about {Ether(wanted)} ETH."
        );
    }

    /// <summary>What an amount of gas costs now in wei, with the base fee doubled.</summary>
    public static async Task<BigInteger> PriceAsync(EthereumClient client, ulong gas, CancellationToken cancellation)
    {
        var head = await client.HeadAsync(cancellation);
        var priority = await client.PriorityFeeAsync(cancellation);
        return gas * (((head.BaseFee ?? priority) * 2) + priority);
    }

    /// <summary>Wei as ETH with six decimals.</summary>
    public static string Ether(BigInteger wei) =>
        ((decimal)(wei / 1_000_000_000_000) / 1_000_000m).ToString("0.######", CultureInfo.InvariantCulture);
}
