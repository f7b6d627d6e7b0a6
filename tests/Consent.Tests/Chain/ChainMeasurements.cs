using System.Diagnostics;
using MedLedger.Consent.Access;
using MedLedger.Consent.Chain;
using MedLedger.Consent.Chain.Abi;
using MedLedger.Consent.Chain.Contracts;
using MedLedger.Consent.Chain.Following;
using MedLedger.Consent.Chain.Rpc;
using MedLedger.Consent.Tests.Access;
using MedLedger.Crypto.Ethereum;
using MedLedger.Crypto.Fields;
using MedLedger.Tests;
using Xunit.Abstractions;

namespace MedLedger.Consent.Tests.Chain;

/// <summary>
/// Numbers that we state, measured where they can be checked. <c>MEDLEDGER_CHAIN_LEAVES=1000000</c> takes the size of a
/// full tree.
/// </summary>
public sealed class ChainMeasurements(ITestOutputHelper output)
{
    private static int Leaves =>
        int.TryParse(Environment.GetEnvironmentVariable("MEDLEDGER_CHAIN_LEAVES"), out var leaves) ? leaves : 50_000;

    [Fact]
    public void State_is_rebuilt_from_logs_and_asked_by_the_gate()
    {
        var deployment = Deployment(1);
        var registry = ContractArtifact.Load("ConsentRegistry").Abi;
        var reader = new ChainEventReader(deployment);
        var logs = new List<ChainLog>();
        var time = 1_700_000_000ul;
        // as many transactions as leaves: two events each, what the registry writes for a grant alone
        for (var i = 0; i < Leaves; i++)
        {
            var root = Fr.From((ulong)i + 1_000_000_000);
            var block = (ulong)i;
            logs.Add(
                Log(registry.Event("Granted"), deployment, block, (uint)i, new object[] { Fr.From((ulong)i + 1) }, root)
            );
            logs.Add(Log(registry.Event("WindowOpened"), deployment, block, root, 0u, 0ul, time + block));
        }

        var clock = Stopwatch.StartNew();
        var state = new ChainState();
        state.ApplyDeep(reader.Read(logs));
        output.WriteLine($"{logs.Count} events applied in {clock.ElapsedMilliseconds} ms");
        Assert.Equal(Leaves, state.GrantCount);

        clock.Restart();
        var path = state.CurrentPath(Fr.From(1))!;
        output.WriteLine($"tree of {Leaves} leaves hashed in {clock.ElapsedMilliseconds} ms");
        Assert.Equal(ConsentRegistry.Depth, path.Count);

        clock.Restart();
        const int Questions = 200_000;
        var live = 0;
        for (var i = 0; i < Questions; i++)
            live += state.Grant(Fr.From((ulong)(i % Leaves) + 1), out _)?.State == LeafState.Live ? 1 : 0;
        output.WriteLine($"{Questions / clock.Elapsed.TotalSeconds:F0} questions a second");
        Assert.Equal(Questions, live);

        // whole decisions: the consents are evaluated, the grant's state is read, the grant is compared
        var gate = new AccessGate(new GateSettings());
        var (request, carla, granted) = (AccessGateTests.Request(), AccessGateTests.Carla(), AccessGateTests.Granted());
        clock.Restart();
        const int Decisions = 20_000;
        var permits = 0;
        for (var i = 0; i < Decisions; i++)
        {
            var leaf = Fr.From((ulong)(i * 49L % Leaves) + 1);
            var isLive = state.Grant(leaf, out _)?.State == LeafState.Live;
            var grant = granted with { Leaf = leaf, State = isLive ? GrantState.Active : GrantState.Revoked };
            var compartment = carla with { Grants = [grant] };
            var decided = gate.Decide(request, "abcd", 1, compartment, AccessGateTests.Head, AccessGateTests.Now);
            permits += decided.Decision is AccessDecision.Permit ? 1 : 0;
        }
        output.WriteLine($"{Decisions / clock.Elapsed.TotalSeconds:F0} decisions a second");
        Assert.Equal(Decisions, permits);
    }

    [Fact]
    public async Task Grants_in_batches()
    {
        await using var chain = await LocalChain.StartAsync();
        var deployment = await chain.DeployAsync();
        var registry = new ConsentRegistry(chain.Client, deployment.ConsentRegistry);
        var next = 1ul;
        foreach (var batch in (int[])[1, 16, 64])
        {
            var clock = Stopwatch.StartNew();
            var gas = 0ul;
            var count = 0;
            for (var i = 0; i < 4; i++, count += batch)
            {
                var leaves = Enumerable.Range(0, batch).Select(_ => Fr.From(next++)).ToList();
                gas += (await chain.Deployer.SendAsync(registry.Grant(leaves), default)).Receipt.GasUsed;
            }
            output.WriteLine(
                $"batch {batch}: {count / clock.Elapsed.TotalSeconds:F0} grants a second, {gas / (ulong)count} gas each"
            );
            Assert.True(gas / (ulong)count < 1_000_000);
        }
    }

    private static ChainLog Log(AbiEvent known, Deployment deployment, ulong block, params object[] values)
    {
        var indexed = known.Inputs.Zip(values).Where(pair => pair.First.Indexed);
        var plain = known.Inputs.Zip(values).Where(pair => !pair.First.Indexed).ToList();
        return new ChainLog(
            deployment.ConsentRegistry,
            [known.Topic, .. indexed.Select(pair => new Bytes32(AbiEncoder.Word(pair.First.Type, pair.Second)))],
            AbiEncoder.Encode([.. plain.Select(pair => pair.First.Type)], [.. plain.Select(pair => pair.Second)]),
            block,
            Bytes32.Zero,
            Bytes32.Zero,
            0
        );
    }

    private static Deployment Deployment(byte first)
    {
        EthereumAddress At(byte offset) => new([.. new byte[19], (byte)(first + offset)]);
        return new Deployment
        {
            ChainId = EmbeddedChain.Id,
            FirstBlock = 0,
            ConsentRegistry = At(0),
            EnrolmentRegistry = At(1),
            RecordAnchor = At(2),
            ModelRegistry = At(3),
            AuditAnchor = At(4),
            NullifierSet = At(5),
            AnalysisVerifier = At(6),
            AnalysisLedger = At(7),
        };
    }
}
