using MedLedger.Consent.Chain;
using MedLedger.Consent.Chain.Contracts;
using MedLedger.Consent.Chain.Following;
using MedLedger.Consent.Chain.Rpc;
using MedLedger.Consent.Chain.Transactions;
using MedLedger.Crypto.Ethereum;
using MedLedger.Crypto.Fields;
using MedLedger.Tests;

namespace MedLedger.Consent.Tests.Chain;

/// <summary>What goes wrong between a signature and a block, on a real node.</summary>
[Trait("threat", "relayer, chain node, miner")]
public sealed class SenderTests
{
    private static readonly SenderOptions Impatient = new()
    {
        FeeFloor = 10_000_000_000,
        RaiseFeeAfter = TimeSpan.FromMilliseconds(300),
        Deadline = TimeSpan.FromSeconds(30),
        LongestPoll = TimeSpan.FromMilliseconds(100),
    };

    private static TransactionRequest Transfer(EthereumAddress to, int value = 1) =>
        new()
        {
            To = to,
            Data = default,
            Value = value,
            Gas = 21_000,
            Purpose = "transfer",
        };

    [Fact]
    public async Task Many_at_once_get_consecutive_nonces_in_the_order_of_the_calls()
    {
        await using var chain = await LocalChain.StartAsync();
        var sender = chain.NewSender();
        await Task.WhenAll(
            Enumerable.Range(0, 60).Select(i => sender.SendAsync(Transfer(EthereumAddress.Zero, i), default))
        );
        Assert.Equal(60ul, await chain.Client.NonceAsync(sender.Address, BlockId.Latest, default));
        Assert.Equal(
            Enumerable.Range(0, 60).Select(i => (ulong)i),
            chain.Journal.Entries.Where(entry => entry.Sender == sender.Address).Select(entry => entry.Nonce)
        );
        Assert.All(chain.Journal.Entries, entry => Assert.Equal(TransactionState.Succeeded, entry.State));
    }

    [Fact]
    public async Task A_transaction_that_stays_out_of_blocks_is_sent_again_for_a_higher_fee()
    {
        await using var chain = await LocalChain.StartAsync();
        var sender = chain.NewSender(options: Impatient);
        await chain.CallAsync("evm_setAutomine", false);
        var sending = sender.SendAsync(Transfer(EthereumAddress.Zero), default);
        await WaitForAsync(() => chain.Journal.Entries.Count >= 3);
        await chain.CallAsync("evm_mine");
        var mined = await sending;

        var entries = chain.Journal.Entries;
        Assert.All(entries, entry => Assert.Equal(0ul, entry.Nonce));
        Assert.Single(entries, entry => entry.State == TransactionState.Succeeded && entry.Hash == mined.Receipt.Hash);
        Assert.DoesNotContain(entries, entry => entry.State == TransactionState.Open);
        var fees = entries.Select(entry =>
        {
            Assert.True(SignedTransaction.TryParse(entry.Raw, out var signed));
            return signed.Transaction.MaxFeePerGas;
        });
        Assert.True(fees.Zip(fees.Skip(1), (low, high) => high >= low * 11 / 10).All(raised => raised));
    }

    [Fact]
    public async Task A_transaction_that_the_node_dropped_is_sent_again_with_the_same_bytes()
    {
        await using var chain = await LocalChain.StartAsync();
        var sender = chain.NewSender(options: Impatient with { RaiseFeeAfter = TimeSpan.FromMinutes(5) });
        await chain.CallAsync("evm_setAutomine", false);
        var sending = sender.SendAsync(Transfer(EthereumAddress.Zero), default);
        await WaitForAsync(() => chain.Journal.Entries.Count == 1);
        var hash = chain.Journal.Entries[0].Hash;
        for (var i = 0; i < 100 && !await chain.Client.KnowsAsync(hash, default); i++)
            await Task.Delay(20);
        await chain.CallAsync("anvil_dropTransaction", hash.ToString());
        Assert.False(await chain.Client.KnowsAsync(hash, default));

        for (var i = 0; i < 200 && !await chain.Client.KnowsAsync(hash, default); i++)
            await Task.Delay(50);
        await chain.CallAsync("evm_mine");
        Assert.Equal(hash, (await sending).Receipt.Hash);
        Assert.Single(chain.Journal.Entries);
    }

    [Fact]
    public async Task Another_transaction_under_the_same_nonce_is_told_to_the_caller()
    {
        await using var chain = await LocalChain.StartAsync();
        using var key = Secp256k1PrivateKey.Generate();
        var sender = chain.NewSender(key, Impatient with { RaiseFeeAfter = TimeSpan.FromMinutes(5) });
        await chain.CallAsync("evm_setAutomine", false);
        var sending = sender.SendAsync(Transfer(EthereumAddress.Zero), default);
        await WaitForAsync(() => chain.Journal.Entries.Count == 1);
        var intruder = new Eip1559Transaction
        {
            ChainId = await chain.Client.ChainIdAsync(default),
            Nonce = 0,
            MaxPriorityFeePerGas = 9_000_000_000,
            MaxFeePerGas = 90_000_000_000,
            GasLimit = 21_000,
            To = EthereumAddress.Zero,
        }.Sign(key);
        await chain.Client.SendAsync(intruder.Raw, default);
        await chain.CallAsync("evm_mine");

        await Assert.ThrowsAsync<TransactionReplacedException>(() => sending);
        Assert.Equal(TransactionState.Replaced, chain.Journal.Entries[0].State);
        await chain.CallAsync("evm_setAutomine", true);
        await sender.SendAsync(Transfer(EthereumAddress.Zero), default);
    }

    [Fact]
    public async Task Another_process_with_the_same_key_only_costs_a_second_attempt()
    {
        await using var chain = await LocalChain.StartAsync();
        using var key = Secp256k1PrivateKey.Generate();
        var first = chain.NewSender(key);
        await first.SendAsync(Transfer(EthereumAddress.Zero), default);
        using var second = new TransactionSender(chain.Client, key, new MemoryJournal(), TimeProvider.System);
        await second.SendAsync(Transfer(EthereumAddress.Zero), default);
        await first.SendAsync(Transfer(EthereumAddress.Zero), default);
        Assert.Equal(3ul, await chain.Client.NonceAsync(key.Address, BlockId.Latest, default));
        Assert.Contains(chain.Journal.Entries, entry => entry.State == TransactionState.Abandoned);
    }

    [Fact]
    public async Task A_hole_in_the_nonces_is_filled()
    {
        await using var chain = await LocalChain.StartAsync();
        using var key = Secp256k1PrivateKey.Generate();
        var sender = chain.NewSender(key, Impatient);
        var later = new Eip1559Transaction
        {
            ChainId = await chain.Client.ChainIdAsync(default),
            Nonce = 2,
            MaxPriorityFeePerGas = 1,
            MaxFeePerGas = 10_000_000_000,
            GasLimit = 21_000,
            To = EthereumAddress.Zero,
        }.Sign(key);
        await chain.Journal.AppendAsync(
            new JournalEntry
            {
                ChainId = later.Transaction.ChainId,
                Sender = key.Address,
                Nonce = 2,
                Hash = later.Hash,
                Raw = later.Raw,
                Purpose = "left behind",
            },
            default
        );
        await sender.SendAsync(Transfer(EthereumAddress.Zero), default);
        Assert.Equal(4ul, await chain.Client.NonceAsync(key.Address, BlockId.Latest, default));
        Assert.Equal(2, chain.Journal.Entries.Count(entry => entry.Purpose == "fill nonce"));
        Assert.NotNull(await chain.Client.ReceiptAsync(later.Hash, default));
    }

    [Fact]
    public async Task Rate_limits_are_waited_for_and_silence_has_an_end()
    {
        await using var chain = await LocalChain.StartAsync();
        using var key = Secp256k1PrivateKey.Generate();
        _ = chain.NewSender(key);
        using var faulty = new FaultyEndpoint(chain.Endpoint);
        var client = faulty.Client(TimeSpan.FromSeconds(2));
        using var sender = new TransactionSender(client, key, chain.Journal, TimeProvider.System);
        faulty.RateLimited = 4;
        await sender.SendAsync(Transfer(EthereumAddress.Zero), default);
        Assert.True(faulty.RateLimited < 0);

        faulty.Unreachable = true;
        var problem = await Assert.ThrowsAsync<ChainUnavailableException>(() =>
            sender.SendAsync(Transfer(EthereumAddress.Zero), default)
        );
        Assert.DoesNotContain("/v1/key", problem.Message, StringComparison.Ordinal);
        faulty.Unreachable = false;
        await sender.SendAsync(Transfer(EthereumAddress.Zero), default);
    }

    [Fact]
    public async Task Without_money_nothing_is_left_open()
    {
        await using var chain = await LocalChain.StartAsync();
        using var poor = new TransactionSender(
            chain.Client,
            Secp256k1PrivateKey.Generate(),
            chain.Journal,
            TimeProvider.System
        );
        await Assert.ThrowsAsync<JsonRpcException>(() => poor.SendAsync(Transfer(EthereumAddress.Zero), default));
        Assert.DoesNotContain(chain.Journal.Entries, entry => entry.State == TransactionState.Open);
    }

    [Fact]
    public async Task A_transaction_counts_from_the_configured_depth_on_and_waits_for_blocks_without_repair()
    {
        await using var chain = await LocalChain.StartAsync();
        var sender = chain.NewSender(options: Impatient with { Depth = 4, Deadline = TimeSpan.FromSeconds(2) });
        var sending = sender.SendAsync(Transfer(EthereumAddress.Zero), default);
        // longer than the deadline and the time after which a fee is raised, but a block comes now and then
        for (var i = 0; i < 3; i++)
        {
            await Task.Delay(1000);
            Assert.False(sending.IsCompleted, $"done {i} blocks too early");
            await chain.CallAsync("evm_mine");
        }
        var mined = await sending;
        var head = await chain.Client.HeadAsync(default);
        Assert.Equal(mined.Block.Number + 3, head.Number);
        Assert.Single(chain.Journal.Entries, entry => entry.Sender == sender.Address);

        var problem = await Assert.ThrowsAsync<TransactionNotMinedException>(() =>
            sender.SendAsync(Transfer(EthereumAddress.Zero), default)
        );
        Assert.Contains("depth", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("threat", "silent relayer")]
    public async Task Two_relayers_at_once_insert_every_grant_once()
    {
        await using var chain = await LocalChain.StartAsync();
        var roles = DeploymentRoles.All(chain.Deployer.Address);
        var deployment = await chain.DeployAsync(roles);
        using var first = chain.NewSender();
        using var second = chain.NewSender();
        var registry = new ConsentRegistry(chain.Client, deployment.ConsentRegistry);
        foreach (var relayer in (TransactionSender[])[first, second])
            await chain.Deployer.SendAsync(registry.GrantRole("RELAYER", relayer.Address), default);

        // each has leaves of its own, and some that both were given
        TransactionRequest Batch(int from) =>
            registry.Grant([.. Enumerable.Range(from, 3).Select(i => Fr.From((ulong)i + 1))]);
        await Task.WhenAll(
            Enumerable
                .Range(0, 20)
                .SelectMany(i =>
                    new[] { first.SendAsync(Batch(2 * i), default), second.SendAsync(Batch((2 * i) + 1), default) }
                )
        );

        Assert.Equal(42u, await registry.SizeAsync(default));
        using var follower = new ChainFollower(chain.Client, deployment, TimeProvider.System);
        await follower.RefreshAsync(default);
        Assert.Equal(
            await registry.RootAsync(default),
            follower.State.NewestRoot(RootKind.Consent)!.Value.ToBigInteger()
        );
        var indices = Enumerable.Range(1, 42).Select(i => follower.State.Grant(Fr.From((ulong)i), out _)!.Index);
        Assert.Equal(Enumerable.Range(0, 42), indices.Order());
    }

    private static async Task WaitForAsync(Func<bool> condition)
    {
        for (var i = 0; i < 400 && !condition(); i++)
            await Task.Delay(25);
        Assert.True(condition());
    }
}
