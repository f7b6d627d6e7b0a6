using System.Numerics;
using MedLedger.Consent.Chain.Abi;
using MedLedger.Consent.Chain.Contracts;
using MedLedger.Consent.Chain.Following;
using MedLedger.Consent.Chain.Rpc;
using MedLedger.Consent.Chain.Transactions;
using MedLedger.Consent.Commitments;
using MedLedger.Crypto.Ethereum;
using MedLedger.Crypto.Fields;
using MedLedger.Tests;

namespace MedLedger.Consent.Tests.Chain;

/// <summary>The same client on hardhat's node, which has other words and other habits than anvil and ganache.</summary>
public sealed class HardhatTests
{
    private const ulong ChainId = 424_242;

    [HardhatFact]
    public async Task Hardhat_serves_the_same_client_and_its_forks_and_resets_are_seen()
    {
        await using var node = await ExternalNode.StartHardhatAsync(ChainId);
        using var key = Secp256k1PrivateKey.Generate();
        await node.FundAsync(key.Address, 1_000);
        using var sender = NewSender(node, key, new SenderOptions());
        var deployment = await Deployment.DeployAsync(
            node.Client,
            sender,
            new DeploymentOptions { Roles = DeploymentRoles.All(key.Address) },
            null,
            default
        );
        using var follower = new ChainFollower(node.Client, deployment, TimeProvider.System);
        var registry = new ConsentRegistry(node.Client, deployment.ConsentRegistry);
        using var controller = Secp256k1PrivateKey.Generate();
        var inner = Fr.From(77);
        var leaf = GrantCommitment.ComputeLeaf(inner, controller.Address, deployment.RegistrySignal);
        await sender.SendAsync(registry.Grant([Fr.From(5), leaf]), default);
        await follower.RefreshAsync(default);
        Assert.Equal(
            await registry.RootAsync(default),
            follower.State.NewestRoot(RootKind.Consent)!.Value.ToBigInteger()
        );

        // why a call is refused is told in an object, not in a string
        using var strange = Secp256k1PrivateKey.Generate();
        await node.FundAsync(strange.Address, 10);
        using var stranger = NewSender(node, strange, new SenderOptions());
        var refused = await Assert.ThrowsAsync<CallRevertedException>(() =>
            stranger.SendAsync(registry.Grant([Fr.From(7)]), default)
        );
        Assert.Equal("AccessControlUnauthorizedAccount", refused.Revert.Name);

        // another branch from here on, with other blocks at the same heights
        var fork = await node.CallAsync("evm_snapshot");
        var gone = await sender.SendAsync(registry.Grant([Fr.From(6)]), default);
        await follower.RefreshAsync(default);
        Assert.Equal(LeafState.Live, follower.State.Grant(Fr.From(6), out _)!.State);
        await node.CallAsync("evm_revert", fork.GetString());
        await node.CallAsync("hardhat_mine", "0x3");
        await follower.RefreshAsync(default);
        Assert.Null(follower.State.Grant(Fr.From(6), out _));
        await sender.RestoreAsync(gone.Block.Number, default);
        await follower.RefreshAsync(default);
        Assert.Equal(LeafState.Live, follower.State.Grant(Fr.From(6), out _)!.State);

        var revocation = SignedRevocation.Sign(controller, ChainId, deployment.ConsentRegistry, inner, leaf);
        await stranger.SendAsync(registry.RevokeAndApply(revocation, follower.State.CurrentPath(leaf)!), default);
        await follower.RefreshAsync(default);
        Assert.Equal(LeafState.Removed, follower.State.Grant(leaf, out _)!.State);
        var ledger = new AnalysisLedger(node.Client, deployment.AnalysisLedger);
        await sender.SendAsync(ledger.Reserve(Fr.From(1), Fr.From(2)), default);
        Assert.Equal(LedgerStatus.Reserved, (await ledger.EntryAsync(Fr.From(1), BlockId.Latest, default)).Status);

        node.Kill();
        await node.RunAsync(ChainId);
        await Assert.ThrowsAsync<ChainHistoryException>(() => follower.RefreshAsync(default));
        Assert.Null(follower.State.Head);
    }

    [HardhatFact]
    public async Task Hardhat_takes_a_stuck_transaction_for_a_higher_fee_and_a_dropped_one_again()
    {
        await using var node = await ExternalNode.StartHardhatAsync(ChainId);
        using var key = Secp256k1PrivateKey.Generate();
        await node.FundAsync(key.Address, 1_000);
        var journal = new MemoryJournal();
        var options = new SenderOptions
        {
            FeeFloor = 10_000_000_000,
            RaiseFeeAfter = TimeSpan.FromMilliseconds(300),
            Deadline = TimeSpan.FromSeconds(30),
            LongestPoll = TimeSpan.FromMilliseconds(100),
        };
        using var sender = new TransactionSender(node.Client, key, journal, TimeProvider.System, options);
        await node.CallAsync("evm_setAutomine", false);
        var stuck = sender.SendAsync(Transfer(key.Address), default);
        await WaitForAsync(() => stuck.IsCompleted || journal.Entries.Count >= 2);
        await node.CallAsync("hardhat_mine");
        Assert.True((await stuck).Receipt.Succeeded);
        Assert.All(journal.Entries, entry => Assert.Equal(0ul, entry.Nonce));

        var patient = options with { RaiseFeeAfter = TimeSpan.FromMinutes(5) };
        using var again = new TransactionSender(node.Client, key, journal, TimeProvider.System, patient);
        var before = journal.Entries.Count;
        var dropped = again.SendAsync(Transfer(key.Address), default);
        await WaitForAsync(() => dropped.IsCompleted || journal.Entries.Count > before);
        var hash = journal.Entries[^1].Hash;
        for (var i = 0; i < 100 && !await node.Client.KnowsAsync(hash, default); i++)
            await Task.Delay(50);
        await node.CallAsync("hardhat_dropTransaction", hash.ToString());
        Assert.False(await node.Client.KnowsAsync(hash, default));
        for (var i = 0; i < 100 && !await node.Client.KnowsAsync(hash, default); i++)
            await Task.Delay(50);
        await node.CallAsync("hardhat_mine");
        Assert.Equal(hash, (await dropped).Receipt.Hash);
    }

    private static TransactionRequest Transfer(EthereumAddress to) =>
        new()
        {
            To = to,
            Data = default,
            Value = BigInteger.One,
            Purpose = "transfer",
        };

    private static TransactionSender NewSender(ExternalNode node, Secp256k1PrivateKey key, SenderOptions options) =>
        new(node.Client, key, new MemoryJournal(), TimeProvider.System, options);

    private static async Task WaitForAsync(Func<bool> condition)
    {
        for (var i = 0; i < 200 && !condition(); i++)
            await Task.Delay(50);
        Assert.True(condition());
    }

    /// <summary>A fact that needs hardhat, whose 200 MB only <c>contracts/check.sh</c> installs.</summary>
    [AttributeUsage(AttributeTargets.Method)]
    private sealed class HardhatFactAttribute : FactAttribute
    {
        public HardhatFactAttribute() =>
            Skip =
                Environment.GetEnvironmentVariable("MEDLEDGER_HARDHAT") == "1"
                    ? null
                    : "hardhat is 200 MB of packages: contracts/check.sh runs this (MEDLEDGER_HARDHAT=1).";
    }
}
