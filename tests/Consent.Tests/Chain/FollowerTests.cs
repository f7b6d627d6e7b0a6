using System.Diagnostics;
using MedLedger.Consent.Chain;
using MedLedger.Consent.Chain.Contracts;
using MedLedger.Consent.Chain.Following;
using MedLedger.Consent.Chain.Rpc;
using MedLedger.Consent.Commitments;
using MedLedger.Crypto.Ethereum;
using MedLedger.Crypto.Fields;
using MedLedger.Crypto.PoseidonTrees;
using MedLedger.Tests;
using Xunit.Abstractions;

namespace MedLedger.Consent.Tests.Chain;

/// <summary>The state in memory is that of the contracts, through everything that happens to a chain.</summary>
[Trait("threat", "relayer, chain node, miner")]
public sealed class FollowerTests(ITestOutputHelper output)
{
    private static readonly Fr Inner = Fr.From(77);

    [Fact]
    public async Task State_is_what_the_contracts_say_and_paths_lead_to_valid_roots()
    {
        await using var world = await World.StartAsync();
        var (chain, deployment) = (world.Chain, world.Deployment);
        var registry = new ConsentRegistry(chain.Client, deployment.ConsentRegistry);
        using var controller = Secp256k1PrivateKey.Generate();
        var leaf = GrantCommitment.ComputeLeaf(Inner, controller.Address, deployment.RegistrySignal);
        var granted = await world.SendAsync(registry.Grant([Fr.From(5), leaf]));
        await world.SendAsync(registry.Grant([Fr.From(6)]));
        var models = new ModelRegistry(chain.Client, deployment.ModelRegistry);
        await world.SendAsync(models.Propose(Fr.From(31)));
        await world.SendAsync(models.Enact(Fr.From(31)));
        await world.SendAsync(
            new AuditAnchor(chain.Client, deployment.AuditAnchor).Anchor(new Bytes32(new byte[32]), 9)
        );
        var reserved = await world.SendAsync(
            new AnalysisLedger(chain.Client, deployment.AnalysisLedger).Reserve(Fr.From(1), Fr.From(2))
        );

        var state = await world.StateAsync();
        Assert.Equal(LeafState.Live, state.Grant(leaf, out _)!.State);
        Assert.Equal(granted.Block.Time, state.Grant(leaf, out _)!.GrantedAt);
        Assert.Equal(reserved.Block.Time, state.Analysis(Fr.From(1))!.ReservedAt);
        Assert.Equal(LedgerStatus.Reserved, state.StatusOf(state.Analysis(Fr.From(1))!));
        Assert.Equal(9ul, Assert.Single(state.AuditHeads()).Size);
        Assert.Equal(await models.RootAsync(default), state.NewestRoot(RootKind.Model)!.Value.ToBigInteger());

        foreach (var block in (Block[])[granted.Block, reserved.Block])
        {
            var path = state.ConsentPath(leaf, block.Number, block.Time)!;
            Assert.True(
                PoseidonTree.VerifyPath(2, path.Root, path.Index, leaf, [.. path.Siblings.Select(one => new[] { one })])
            );
            Assert.True(
                await registry.RootValidAtAsync(path.Root.ToBigInteger(), path.Appearance, block.Time, default)
            );
        }
        Assert.Null(state.ConsentPath(Fr.From(6), granted.Block.Number, granted.Block.Time));
        var modelPath = state.ModelPath(Fr.From(31), reserved.Block.Number, reserved.Block.Time)!;
        Assert.Equal(state.NewestRoot(RootKind.Model), modelPath.Root);
        Assert.Null(state.ModelPath(Fr.From(31), granted.Block.Number, granted.Block.Time));

        // windows are half-open: a revocation in the reservation's own second would end it
        while (DateTimeOffset.UtcNow.ToUnixTimeSeconds() <= (long)reserved.Block.Time)
            await Task.Delay(50);
        var revocation = Revoke(controller, deployment, leaf);
        var revoked = await world.SendAsync(registry.Revoke(revocation));
        state = await world.StateAsync();
        Assert.Equal(1, state.PendingRevocations);
        Assert.Equal(LeafState.Pending, state.Grant(leaf, out _)!.State);
        Assert.Null(state.ConsentPath(leaf, revoked.Block.Number, revoked.Block.Time));

        await world.SendAsync(registry.ApplyRevocation(state.PendingRemovals()));
        state = await world.StateAsync();
        Assert.Equal(LeafState.Removed, state.Grant(leaf, out _)!.State);
        Assert.Equal(0, state.PendingRevocations);
        Assert.Equal(await registry.RootAsync(default), state.NewestRoot(RootKind.Consent)!.Value.ToBigInteger());
        // as the reservation saw it the grant still stands: what was reserved in time can be published
        Assert.NotNull(state.ConsentPath(leaf, reserved.Block.Number, reserved.Block.Time));
        await world.AssertSameAsFreshAsync();
    }

    [Fact]
    [Trait("threat", "blocked revocation")]
    public async Task Several_revocations_are_applied_in_one_transaction_by_anybody()
    {
        await using var world = await World.StartAsync();
        var registry = new ConsentRegistry(world.Chain.Client, world.Deployment.ConsentRegistry);
        var controllers = Enumerable.Range(0, 5).Select(_ => Secp256k1PrivateKey.Generate()).ToList();
        var leaves = controllers
            .Select(key => GrantCommitment.ComputeLeaf(Inner, key.Address, world.Deployment.RegistrySignal))
            .ToList();
        await world.SendAsync(registry.Grant(leaves));
        foreach (var (key, leaf) in controllers.Zip(leaves).Where((_, i) => i != 2))
            await world.SendAsync(registry.Revoke(Revoke(key, world.Deployment, leaf)));
        var stranger = world.Chain.NewSender();
        var state = await world.StateAsync();
        Assert.Equal(4, state.PendingRevocations);
        await stranger.SendAsync(registry.ApplyRevocation(state.PendingRemovals()), default);

        Assert.Equal(0u, await registry.PendingAsync(default));
        await world.AssertSameAsFreshAsync();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(40)]
    public async Task A_reorganisation_is_taken_back_and_the_same_bytes_are_sent_again(int depth)
    {
        await using var world = await World.StartAsync(new FollowerOptions { ReorganisationWindow = 16 });
        var registry = new ConsentRegistry(world.Chain.Client, world.Deployment.ConsentRegistry);
        await world.SendAsync(registry.Grant([Fr.From(5)]));
        for (var i = 0; i < depth; i++)
            await world.Chain.CallAsync("evm_mine");
        await world.SendAsync(registry.Grant([Fr.From(6)]));
        await world.StateAsync();
        var hashes = world.Chain.Journal.Entries.Select(entry => entry.Hash).ToList();

        // the transaction of the last block is dropped, the blocks are replaced by others
        await world.Chain.CallAsync("anvil_reorg", depth, Array.Empty<object>());
        var restored = false;
        world.Follower.OnRollback = async (from, cancellation) =>
        {
            restored = true;
            await world.Chain.Deployer.RestoreAsync(from, cancellation);
        };
        var state = await world.StateAsync();
        Assert.True(restored);
        Assert.Equal(LeafState.Live, state.Grant(Fr.From(5), out _)!.State);
        state = await world.Follower.AtLeastAsync(state.Head!.Number, default);
        for (var i = 0; i < 100 && state.Grant(Fr.From(6), out _) is null; i++)
        {
            await Task.Delay(20);
            state = await world.StateAsync();
        }

        Assert.Equal(LeafState.Live, state.Grant(Fr.From(6), out _)!.State);
        Assert.Equal(hashes, world.Chain.Journal.Entries.Select(entry => entry.Hash));
        await world.AssertSameAsFreshAsync();
    }

    [Fact]
    [Trait("threat", "old clock")]
    public async Task A_rebuilt_local_chain_leads_to_the_same_state()
    {
        await using var world = await World.StartAsync();
        var registry = new ConsentRegistry(world.Chain.Client, world.Deployment.ConsentRegistry);
        for (var i = 0; i < 30; i++)
            await world.Chain.CallAsync("evm_mine");
        await world.SendAsync(registry.Grant([Fr.From(5), Fr.From(6)]));
        var before = (await world.StateAsync()).Grant(Fr.From(6), out var head)!;

        world.Chain.Kill();
        for (var i = 0; i < 200 && world.Chain.Restarts == 0; i++)
            await Task.Delay(25);
        var state = await world.StateAsync();
        var after = state.Grant(Fr.From(6), out var newHead)!;

        Assert.Equal(before with { GrantedBlock = 0 }, after with { GrantedBlock = 0 });
        Assert.True(newHead!.Number < head!.Number); // empty blocks are not replayed
        Assert.InRange(newHead.Age(DateTimeOffset.UtcNow).TotalSeconds, -2, 30);
        await world.AssertSameAsFreshAsync();
    }

    [Fact]
    [Trait("threat", "lying endpoint")]
    public async Task Small_ranges_of_logs_are_bisected_and_pruned_nodes_are_found_out()
    {
        await using var world = await World.StartAsync();
        var registry = new ConsentRegistry(world.Chain.Client, world.Deployment.ConsentRegistry);
        for (var i = 0; i < 20; i++)
        {
            await world.SendAsync(registry.Grant([Fr.From((ulong)i + 5)]));
            await world.Chain.CallAsync("anvil_mine", "0x5");
        }
        using var provider = new FaultyEndpoint(world.Chain.Endpoint) { MostBlocks = 7 };
        using var follower = new ChainFollower(
            provider.Client(),
            world.Deployment,
            TimeProvider.System,
            new FollowerOptions { ReorganisationWindow = 4 }
        );
        await follower.RefreshAsync(default);
        Assert.Equal(20, follower.State.GrantCount);

        provider.Pruned = true;
        using var deceived = new ChainFollower(provider.Client(), world.Deployment, TimeProvider.System);
        await Assert.ThrowsAsync<ChainHistoryException>(() => deceived.RefreshAsync(default));
        Assert.Null(deceived.State.Head);
    }

    [Fact]
    [Trait("threat", "lying endpoint")]
    public async Task Two_endpoints_that_differ_stop_the_state_from_being_confirmed()
    {
        await using var world = await World.StartAsync();
        await using var other = await LocalChain.StartAsync(world.Chain.Journal);
        using var follower = new ChainFollower(
            world.Chain.Client,
            world.Deployment,
            TimeProvider.System,
            second: other.Client
        );
        await Assert.ThrowsAsync<ChainDisagreementException>(() => follower.RefreshAsync(default));
        Assert.Null(follower.State.Head);

        using var agreeing = new FaultyEndpoint(world.Chain.Endpoint);
        using var sound = new ChainFollower(
            world.Chain.Client,
            world.Deployment,
            TimeProvider.System,
            second: agreeing.Client(TimeSpan.FromSeconds(1))
        );
        await sound.RefreshAsync(default);
        var head = sound.State.Head!;
        agreeing.Unreachable = true;
        await Assert.ThrowsAsync<ChainUnavailableException>(() => sound.RefreshAsync(default));
        Assert.Equal(head, sound.State.Head);
    }

    [Fact]
    [Trait("threat", "lying endpoint")]
    public async Task An_endpoint_of_another_chain_is_refused()
    {
        await using var world = await World.StartAsync();
        using var follower = new ChainFollower(
            world.Chain.Client,
            world.Deployment with
            {
                ChainId = 1,
            },
            TimeProvider.System
        );
        await Assert.ThrowsAsync<ChainHistoryException>(() => follower.RefreshAsync(default));
    }

    [Fact]
    public async Task Revoked_is_seen_within_a_moment()
    {
        await using var world = await World.StartAsync();
        var registry = new ConsentRegistry(world.Chain.Client, world.Deployment.ConsentRegistry);
        using var controller = Secp256k1PrivateKey.Generate();
        var leaf = GrantCommitment.ComputeLeaf(Inner, controller.Address, world.Deployment.RegistrySignal);
        await world.SendAsync(registry.Grant([leaf]));
        var path = (await world.StateAsync()).CurrentPath(leaf)!;
        var clock = Stopwatch.StartNew();
        var mined = await world.SendAsync(registry.RevokeAndApply(Revoke(controller, world.Deployment, leaf), path));
        var state = await world.Follower.AtLeastAsync(mined.Block.Number, default);
        output.WriteLine($"revoke and apply until seen: {clock.ElapsedMilliseconds} ms, {mined.Receipt.GasUsed} gas");
        Assert.Equal(LeafState.Removed, state.Grant(leaf, out _)!.State);
    }

    private static SignedRevocation Revoke(Secp256k1PrivateKey controller, Deployment deployment, Fr leaf) =>
        SignedRevocation.Sign(controller, deployment.ChainId, deployment.ConsentRegistry, Inner, leaf);

    /// <summary>A chain with contracts and somebody who follows it.</summary>
    private sealed class World : IAsyncDisposable
    {
        public required LocalChain Chain { get; init; }
        public required Deployment Deployment { get; init; }
        public required ChainFollower Follower { get; init; }

        public static async Task<World> StartAsync(FollowerOptions? options = null)
        {
            var chain = await LocalChain.StartAsync();
            var deployment = await chain.DeployAsync();
            return new World
            {
                Chain = chain,
                Deployment = deployment,
                Follower = new ChainFollower(chain.Client, deployment, TimeProvider.System, options),
            };
        }

        public Task<Consent.Chain.Transactions.MinedTransaction> SendAsync(
            Consent.Chain.Transactions.TransactionRequest request
        ) => Chain.Deployer.SendAsync(request, default);

        public async Task<ChainState> StateAsync()
        {
            await Follower.RefreshAsync(default);
            return Follower.State;
        }

        /// <summary>What was followed is what somebody who reads all logs now would know.</summary>
        public async Task AssertSameAsFreshAsync()
        {
            var followed = await StateAsync();
            using var follower = new ChainFollower(
                Chain.Client,
                Deployment,
                TimeProvider.System,
                new FollowerOptions { ReorganisationWindow = 2 }
            );
            await follower.RefreshAsync(default);
            var fresh = follower.State;
            Assert.Equal(fresh.Head!.Hash, followed.Head!.Hash);
            Assert.Equal(fresh.GrantCount, followed.GrantCount);
            Assert.Equal(fresh.PendingRevocations, followed.PendingRevocations);
            foreach (var kind in Enum.GetValues<RootKind>())
                Assert.Equal(fresh.NewestRoot(kind), followed.NewestRoot(kind));
            foreach (var leaf in new[] { Fr.From(5), Fr.From(6) })
            {
                Assert.Equal(fresh.Grant(leaf, out _), followed.Grant(leaf, out _));
                Assert.Equal(fresh.CurrentPath(leaf), followed.CurrentPath(leaf));
            }
            var registry = new ConsentRegistry(Chain.Client, Deployment.ConsentRegistry);
            if (fresh.NewestRoot(RootKind.Consent) is not null && fresh.PendingRevocations == 0)
                Assert.Equal(
                    await registry.RootAsync(default),
                    fresh.NewestRoot(RootKind.Consent)!.Value.ToBigInteger()
                );
        }

        public async ValueTask DisposeAsync()
        {
            Follower.Dispose();
            await Chain.DisposeAsync();
        }
    }
}
