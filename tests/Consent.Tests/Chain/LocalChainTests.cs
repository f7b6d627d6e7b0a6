using System.Diagnostics;
using System.Numerics;
using MedLedger.Consent.Chain;
using MedLedger.Consent.Chain.Contracts;
using MedLedger.Consent.Chain.Following;
using MedLedger.Consent.Chain.Rpc;
using MedLedger.Consent.Chain.Transactions;
using MedLedger.Consent.Commitments;
using MedLedger.Crypto.Ethereum;
using MedLedger.Crypto.Fields;
using MedLedger.Crypto.PoseidonTrees;
using MedLedger.Tests;
using Xunit.Abstractions;

namespace MedLedger.Consent.Tests.Chain;

/// <summary>Client, contracts and local node together, on the node that the program starts.</summary>
public sealed class LocalChainTests(ITestOutputHelper output)
{
    [Fact]
    [Trait("threat", "foreign registry")]
    public async Task Deploys_grants_revokes_and_refuses_what_the_contracts_forbid()
    {
        await using var chain = await LocalChain.StartAsync();
        var clock = Stopwatch.StartNew();
        var deployment = await chain.DeployAsync();
        output.WriteLine($"deployed in {clock.ElapsedMilliseconds} ms");
        var gas = 0ul;
        foreach (var entry in chain.Journal.Entries)
            gas += (await chain.Client.ReceiptAsync(entry.Hash, default))!.GasUsed;
        output.WriteLine($"{chain.Journal.Entries.Count} transactions, {gas} gas");
        Assert.InRange(gas, 1_000_000ul, 25_000_000ul); // what `deploy` tells people to have
        Assert.Null(await deployment.FindMissingAsync(chain.Client, default));
        Assert.Equal(deployment, Deployment.TryParse(deployment.ToJson()));

        var registry = new ConsentRegistry(chain.Client, deployment.ConsentRegistry);
        using var controller = Secp256k1PrivateKey.Generate();
        var inner = Fr.From(77);
        var leaf = GrantCommitment.ComputeLeaf(inner, controller.Address, deployment.RegistrySignal);
        var leaves = new[] { Fr.From(5), leaf, Fr.From(6) };
        await chain.Deployer.SendAsync(registry.Grant(leaves), default);

        var tree = new PoseidonTree(2, ConsentRegistry.Depth);
        for (var i = 0; i < leaves.Length; i++)
            tree.Set(i, leaves[i]);
        Assert.Equal(tree.Root.ToBigInteger(), await registry.RootAsync(default));
        Assert.Equal(LeafState.Live, (await registry.LeafAsync(leaf, BlockId.Latest, default)).State);

        var revocation = SignedRevocation.Sign(controller, deployment.ChainId, deployment.ConsentRegistry, inner, leaf);
        Assert.True(revocation.Verify(deployment.ChainId, deployment.ConsentRegistry, leaf));
        Assert.False(revocation.Verify(deployment.ChainId + 1, deployment.ConsentRegistry, leaf));
        Assert.Equal(
            await registry.RevocationDigestAsync(leaf, SignedRevocation.NoDeadline, default),
            SignedRevocation.Digest(deployment.ChainId, deployment.ConsentRegistry, leaf, SignedRevocation.NoDeadline)
        );

        // anybody may send the revocation
        var stranger = chain.NewSender();
        await stranger.SendAsync(registry.Revoke(revocation), default);
        Assert.Equal(1u, await registry.PendingAsync(default));
        var refused = await Assert.ThrowsAsync<CallRevertedException>(() =>
            chain.Deployer.SendAsync(registry.Grant([Fr.From(9)]), default)
        );
        Assert.Equal("RevocationsPending(count: 1)", refused.Revert.ToString());

        IReadOnlyList<Fr> path = [.. tree.Path(1).Select(level => level[0])];
        await stranger.SendAsync(registry.ApplyRevocation([(leaf, path)]), default);
        tree.Set(1, Fr.Zero);
        Assert.Equal(tree.Root.ToBigInteger(), await registry.RootAsync(default));
        Assert.Equal(LeafState.Removed, (await registry.LeafAsync(leaf, BlockId.Latest, default)).State);

        var forbidden = await Assert.ThrowsAsync<CallRevertedException>(() =>
            stranger.SendAsync(registry.Grant([Fr.From(9)]), default)
        );
        Assert.Equal("AccessControlUnauthorizedAccount", forbidden.Revert.Name);
    }

    [Fact]
    [Trait("threat", "dishonest prover")]
    [Trait("threat", "burnt nullifier")]
    public async Task Reserves_and_publishes_only_what_was_reserved()
    {
        await using var chain = await LocalChain.StartAsync();
        var deployment = await chain.DeployAsync();
        var ledger = new AnalysisLedger(chain.Client, deployment.AnalysisLedger);
        Assert.Equal(deployment.ContextSignal, await ledger.ContextAsync(default));

        var models = new ModelRegistry(chain.Client, deployment.ModelRegistry);
        var enrolments = new EnrolmentRegistry(chain.Client, deployment.EnrolmentRegistry);
        var records = new RecordAnchor(chain.Client, deployment.RecordAnchor);
        var consents = new ConsentRegistry(chain.Client, deployment.ConsentRegistry);
        await chain.Deployer.SendAsync(models.Propose(Fr.From(11)), default);
        await chain.Deployer.SendAsync(models.Enact(Fr.From(11)), default);
        await chain.Deployer.SendAsync(enrolments.Enrol(Fr.From(12)), default);
        await chain.Deployer.SendAsync(records.Anchor(Fr.From(13), 4), default);
        await chain.Deployer.SendAsync(consents.Grant([Fr.From(14)]), default);
        Assert.Equal(ModelState.Approved, (await models.ModelAsync(Fr.From(11), default)).State);

        var reserved = await chain.Deployer.SendAsync(ledger.Reserve(Fr.From(1), Fr.From(2)), default);
        var entry = await ledger.EntryAsync(Fr.From(1), BlockId.Latest, default);
        Assert.Equal((LedgerStatus.Reserved, reserved.Block.Time), (entry.Status, entry.Time));

        var statement = new LedgerStatement
        {
            ConsentRoot = Fr.FromBigInteger(await consents.RootAsync(default)),
            RecordRoot = Fr.From(13),
            ModelRoot = Fr.FromBigInteger(await models.RootAsync(default)),
            EnrolRoot = Fr.From(12),
            AsOf = reserved.Block.Time,
            RequestCommitment = Fr.From(2),
            RegistryId = deployment.RegistrySignal,
            Custody = 1,
        };
        // the generators of G1 and any canonical numbers: well-formed, and not a proof
        var part = new LedgerPart([1, 2, 1, 2, 3, 4, 1, 2], Fr.From(3));
        while ((await chain.Client.HeadAsync(default)).Time <= reserved.Block.Time)
        {
            await Task.Delay(200);
            await chain.CallAsync("evm_mine");
        }

        async Task<string> Refused(TransactionRequest request) =>
            (await Assert.ThrowsAsync<CallRevertedException>(() => chain.Deployer.SendAsync(request, default)))
                .Revert
                .Name;
        RootAppearances first = default;
        var nullifier = Fr.From(1);
        Assert.Equal("NotReserved", await Refused(ledger.Publish(Fr.From(9), statement, first, [part])));
        Assert.Equal(
            "ConsentRootNotValid",
            await Refused(ledger.Publish(nullifier, statement with { ConsentRoot = Fr.From(8) }, first, [part]))
        );
        Assert.Equal(
            "NotOnCurve",
            await Refused(
                ledger.Publish(nullifier, statement, first, [part with { Coordinates = [1, 3, 1, 2, 3, 4, 1, 2] }])
            )
        );
        Assert.Equal("NullifierTaken", await Refused(ledger.Reserve(nullifier, Fr.From(2))));

        var published = await chain.Deployer.SendAsync(ledger.Publish(nullifier, statement, first, [part]), default);
        entry = await ledger.EntryAsync(nullifier, BlockId.Latest, default);
        Assert.Equal(LedgerStatus.Published, entry.Status);
        output.WriteLine($"publish of one part: {published.Receipt.GasUsed} gas");

        // the points are on no pairing equation: never accepted, and b outside its group reverts
        await Assert.ThrowsAsync<TransactionRevertedException>(() =>
            chain.Deployer.SendAsync(ledger.Verify(nullifier, chain.Deployer.Address, statement, 0, [part]), default)
        );
    }

    [Fact]
    [Trait("threat", "crash, power cut, full disk, two nodes at once")]
    public async Task A_killed_node_comes_back_with_the_same_contracts_times_and_nonces()
    {
        await using var chain = await LocalChain.StartAsync();
        var deployment = await chain.DeployAsync();
        var registry = new ConsentRegistry(chain.Client, deployment.ConsentRegistry);
        await chain.Deployer.SendAsync(registry.Grant([Fr.From(5), Fr.From(6)]), default);
        var before = await registry.LeafAsync(Fr.From(6), BlockId.Latest, default);
        var root = await registry.RootAsync(default);
        var count = chain.Journal.Entries.Count;

        chain.Kill();
        var clock = Stopwatch.StartNew();
        await WaitForAsync(() => chain.Restarts == 1);
        Assert.Equal(root, await registry.RootAsync(default));
        output.WriteLine($"killed, {chain.Replayed} transactions replayed in {clock.ElapsedMilliseconds} ms");

        Assert.Equal(count, chain.Replayed);
        Assert.Equal(before, await registry.LeafAsync(Fr.From(6), BlockId.Latest, default));
        var mined = await chain.Deployer.SendAsync(registry.Grant([Fr.From(7)]), default);
        var age = DateTimeOffset.UtcNow.ToUnixTimeSeconds() - (long)mined.Block.Time;
        Assert.InRange(age, -2, 5);
        Assert.Equal(3u, await registry.SizeAsync(default));
    }

    [Fact]
    [Trait("threat", "crash, power cut, full disk, two nodes at once")]
    public async Task A_new_process_rebuilds_the_chain_and_sends_what_a_crash_left_unsent()
    {
        var journal = new MemoryJournal();
        using var key = Secp256k1PrivateKey.Generate();
        Deployment deployment;
        await using (var chain = await LocalChain.StartAsync(journal))
        {
            deployment = await chain.DeployAsync(DeploymentRoles.All(key.Address));
            using var sender = chain.NewSender(key);
            var registry = new ConsentRegistry(chain.Client, deployment.ConsentRegistry);
            await sender.SendAsync(registry.Grant([Fr.From(5)]), default);
            // signed and saved, and then the power went out
            var unsent = new Eip1559Transaction
            {
                ChainId = deployment.ChainId,
                Nonce = 1,
                MaxPriorityFeePerGas = 1,
                MaxFeePerGas = 10_000_000_000,
                GasLimit = 2_000_000,
                To = deployment.ConsentRegistry,
                Data = registry.Grant([Fr.From(6)]).Data,
            }.Sign(key);
            await journal.AppendAsync(
                new JournalEntry
                {
                    ChainId = deployment.ChainId,
                    Sender = key.Address,
                    Nonce = 1,
                    Hash = unsent.Hash,
                    Raw = unsent.Raw,
                    Purpose = "grant",
                },
                default
            );
        }

        await using var again = await LocalChain.StartAsync(journal);
        var rebuilt = new ConsentRegistry(again.Client, deployment.ConsentRegistry);
        Assert.Equal(2u, await rebuilt.SizeAsync(default));
        using var resumed = again.NewSender(key);
        await resumed.ResumeAsync(default);
        Assert.Empty(await journal.OpenAsync(deployment.ChainId, null, default));
        await resumed.SendAsync(rebuilt.Grant([Fr.From(7)]), default);
        Assert.Equal(3u, await rebuilt.SizeAsync(default));
    }

    [Fact]
    [Trait("threat", "relayer, chain node, miner")]
    [Trait("threat", "silent relayer")]
    public async Task Whom_no_relayer_serves_gets_a_grant_in_after_a_day_and_is_followed()
    {
        await using var chain = await LocalChain.StartAsync();
        var deployment = await chain.DeployAsync();
        var registry = new ConsentRegistry(chain.Client, deployment.ConsentRegistry);
        var stranger = chain.NewSender();
        var proposed = await stranger.SendAsync(registry.ProposeGrant(Fr.From(5)), default);
        Assert.Equal(proposed.Block.Time + 86_400, await registry.ReadyAtAsync(Fr.From(5), default));
        Assert.Equal(0ul, await registry.ReadyAtAsync(Fr.From(6), default));
        var early = await Assert.ThrowsAsync<CallRevertedException>(() =>
            stranger.SendAsync(registry.GrantProposed([Fr.From(5)]), default)
        );
        Assert.Equal("NotReady", early.Revert.Name);

        await chain.CallAsync("evm_increaseTime", 86_400);
        await chain.CallAsync("evm_mine");
        await stranger.SendAsync(registry.GrantProposed([Fr.From(5)]), default);
        using var follower = new ChainFollower(chain.Client, deployment, TimeProvider.System);
        await follower.RefreshAsync(default);
        Assert.Equal(LeafState.Live, follower.State.Grant(Fr.From(5), out _)!.State);
        Assert.Equal(
            await registry.RootAsync(default),
            follower.State.NewestRoot(RootKind.Consent)!.Value.ToBigInteger()
        );
    }

    [Fact]
    [Trait("threat", "old clock")]
    public async Task The_heads_time_follows_the_clock_while_nothing_happens()
    {
        await using var chain = await LocalChain.StartAsync(heartbeat: TimeSpan.FromSeconds(1));
        var first = await chain.Client.HeadAsync(default);
        await Task.Delay(2500);
        var later = await chain.Client.HeadAsync(default);
        Assert.True(later.Number > first.Number);
        Assert.InRange(DateTimeOffset.UtcNow.ToUnixTimeSeconds() - (long)later.Time, 0, 2);
    }

    [Fact]
    public async Task Ganache_serves_where_there_is_no_anvil()
    {
        var journal = new MemoryJournal();
        using var key = Secp256k1PrivateKey.Generate();
        Deployment deployment;
        BigInteger root;
        await using (var chain = await LocalChain.StartAsync(journal, ganache: true))
        {
            deployment = await chain.DeployAsync(DeploymentRoles.All(key.Address));
            var registry = new ConsentRegistry(chain.Client, deployment.ConsentRegistry);
            await chain.NewSender(key).SendAsync(registry.Grant([Fr.From(5), Fr.From(6)]), default);
            root = await registry.RootAsync(default);
            var stranger = chain.NewSender();
            var refused = await Assert.ThrowsAsync<CallRevertedException>(() =>
                stranger.SendAsync(registry.Grant([Fr.From(7)]), default)
            );
            Assert.Equal("AccessControlUnauthorizedAccount", refused.Revert.Name);
        }

        await using var again = await LocalChain.StartAsync(journal, ganache: true);
        using var follower = new ChainFollower(again.Client, deployment, TimeProvider.System);
        await follower.RefreshAsync(default);
        Assert.Equal(root, follower.State.NewestRoot(RootKind.Consent)!.Value.ToBigInteger());
        Assert.InRange(follower.State.Head!.Age(DateTimeOffset.UtcNow).TotalSeconds, -5, 30);
        var rebuilt = new ConsentRegistry(again.Client, deployment.ConsentRegistry);
        using var controller = Secp256k1PrivateKey.Generate();
        var inner = Fr.From(77);
        var leaf = GrantCommitment.ComputeLeaf(inner, controller.Address, deployment.RegistrySignal);
        var sender = again.NewSender(key);
        await sender.SendAsync(rebuilt.Grant([leaf]), default);
        await follower.RefreshAsync(default);
        var revocation = SignedRevocation.Sign(controller, deployment.ChainId, deployment.ConsentRegistry, inner, leaf);
        await sender.SendAsync(rebuilt.RevokeAndApply(revocation, follower.State.CurrentPath(leaf)!), default);
        Assert.Equal(LeafState.Removed, (await rebuilt.LeafAsync(leaf, BlockId.Latest, default)).State);
        var ledger = new AnalysisLedger(again.Client, deployment.AnalysisLedger);
        await sender.SendAsync(ledger.Reserve(Fr.From(1), Fr.From(2)), default);
    }

    private static async Task WaitForAsync(Func<bool> condition)
    {
        for (var i = 0; i < 200 && !condition(); i++)
            await Task.Delay(50);
        Assert.True(condition());
    }
}
