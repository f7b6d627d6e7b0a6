using System.Diagnostics;
using System.Globalization;
using MedLedger.Api.Cli;
using MedLedger.Api.Jobs;
using MedLedger.Api.Persistence;
using MedLedger.Api.Records;
using MedLedger.Api.Tests.Cli;
using MedLedger.Api.Tests.Consents;
using MedLedger.Consent.Access;
using MedLedger.Consent.Chain.Contracts;
using MedLedger.Crypto.Ethereum;
using MedLedger.Tests;
using Xunit.Abstractions;

namespace MedLedger.Api.Tests.Node;

/// <summary>What the gate decides while endpoints are silent, contradict each other, or live at another time.</summary>
[Trait("threat", "relayer, chain node, miner")]
public sealed class ChainOutOfReachTests(ITestOutputHelper output) : IAsyncLifetime, IDisposable
{
    private const ulong ChainId = 515_152;
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(8);
    private readonly ConsentFolder _folder = new();
    private ExternalNode _node = null!;
    private ExternalNode _other = null!;
    private FaultyServer _first = null!;
    private FaultyServer _second = null!;

    public async Task InitializeAsync()
    {
        _node = await ExternalNode.StartAsync(ChainId);
        _other = await ExternalNode.StartAsync(ChainId);
        _first = new FaultyServer(_node.Endpoint);
        _second = new FaultyServer(_node.Endpoint);
    }

    private static async Task<bool> IsWaitingAsync(OpenLedger ledger) =>
        Assert
            .Single(await ConsentStore.ListAsync(ledger.Store, ledger.Gate, ConsentFolder.Patient, default))
            .IsWaiting;

    [Fact]
    [Trait("threat", "blocked revocation")]
    [Trait("threat", "lying endpoint")]
    [Trait("threat", "old clock")]
    public async Task It_denies_after_silence_on_contradiction_and_at_another_time_and_a_signed_revocation_never_waits()
    {
        await DeployAsync();
        await _folder.ImportPatientAsync();
        await WithAsync(async ledger =>
        {
            var leaf = (await ConsentFolder.AddAsync(ledger, ConsentFolder.Consent("c", ConsentFolder.First))).Granted[
                0
            ];
            Assert.Null(await AskAsync(ledger));

            // another branch of the same chain: one of the two lies, and nobody knows which
            await _other.CallAsync("anvil_mine", "0x100");
            _second.Faults.Node = _other.Endpoint;
            Assert.Equal(DenyReason.ChainUnavailable, await AskAsync(ledger));
            _second.Faults.Node = _node.Endpoint;
            Assert.Null(await AskAsync(ledger));

            foreach (var endpoint in (FaultyServer[])[_second, _first])
            {
                endpoint.Faults.Unreachable = true;
                Assert.Null(await AskAsync(ledger)); // on the head that was confirmed a moment ago
                await Task.Delay(Silence);
                Assert.Equal(DenyReason.ChainUnavailable, await AskAsync(ledger));
                endpoint.Faults.Unreachable = false;
                Assert.Null(await AskAsync(ledger));
            }

            // the patient's word counts before any block has it, and is sent when the chain is back
            _first.Faults.Unreachable = true;
            var change = await ledger.Consents.RevokeAsync("Consent/c", default);
            Assert.True(change!.IsWaiting);
            Assert.True(await IsWaitingAsync(ledger));
            Assert.NotNull(await AskAsync(ledger));
            var (state, why, _) = await ConsentFolder.AnalyseAsync(ledger, ConsentFolder.First);
            Assert.Equal((AnalysisState.Denied, "revoked"), (state, why));
            Assert.Equal(LeafState.Live, ledger.Chain.Follower.State.Grant(leaf, out _)!.State);
            _first.Faults.Unreachable = false;
            await ledger.Issuer.ContinueAsync(default);
            Assert.False(await IsWaitingAsync(ledger));
            Assert.Equal(LeafState.Removed, ledger.Chain.Follower.State.Grant(leaf, out _)!.State);

            // a head that lies further ahead than the setting says
            await ConsentFolder.AddAsync(ledger, ConsentFolder.Consent("c", ConsentFolder.First));
            Assert.Null(await AskAsync(ledger));
            await _node.CallAsync("evm_increaseTime", 200);
            await _node.CallAsync("evm_mine");
            Assert.Equal(DenyReason.ChainUnavailable, await AskAsync(ledger));
        });
    }

    [Fact]
    [Trait("threat", "blocked revocation")]
    public async Task A_revocation_denies_when_signed_before_it_is_mined_and_final()
    {
        await DeployAsync();
        await _folder.ImportPatientAsync();
        await _node.CallAsync("evm_setIntervalMining", 1);
        await WithAsync(
            async ledger =>
            {
                var consent = ConsentFolder.Consent("c", ConsentFolder.First);
                var leaf = (await ConsentFolder.AddAsync(ledger, consent)).Granted[0];
                Assert.Null(await AskAsync(ledger));

                var clock = Stopwatch.StartNew();
                var revoking = ledger.Consents.RevokeAsync("Consent/c", default);
                while (await AskAsync(ledger) is null)
                    await Task.Delay(5);
                var signed = clock.Elapsed;
                Assert.False(revoking.IsCompleted);
                while (ledger.Chain.Follower.State.Grant(leaf, out _)!.State == LeafState.Live)
                {
                    await ledger.Chain.Follower.RefreshAsync(default);
                    await Task.Delay(5);
                }
                var mined = clock.Elapsed;
                Assert.False(revoking.IsCompleted, "the setting says three blocks");
                await revoking;
                output.WriteLine($"denied after {signed}, mined after {mined}, final after {clock.Elapsed}");
                Assert.True(signed < mined);
            },
            depth: 3
        );
    }

    public async Task DisposeAsync()
    {
        _first.Dispose();
        _second.Dispose();
        await _node.DisposeAsync();
        await _other.DisposeAsync();
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>Why a clinician with a consent and a grant does not get the observation; null when they do.</summary>
    private static async Task<DenyReason?> AskAsync(OpenLedger ledger)
    {
        await using var context = ledger.Store.CreateDbContext();
        var vault = ledger.Store.Vault;
        var states = await ledger.States.LoadAsync(context, [vault.PatientKey(ConsentFolder.Patient)], default);
        var observation = await RecordReader
            .LoadAsync(context, [vault.RecordKey("Observation/plain")], default)
            .SingleAsync();
        var request = Requests.BySubject(ConsentFolder.Patient, ledger.Store.Time.GetUtcNow()) with
        {
            Actors = [ConsentFolder.First],
            Purpose = "TREAT",
        };
        DenyReason? why = null;
        var view = await ledger.Chain.ViewAsync(default);
        var opener = new RecordOpener(vault, ledger.Gate);
        using var opened = opener
            .Open([observation], request, states, view, (_, reason) => why = reason)
            .FirstOrDefault();
        Assert.Equal(why is null, opened is not null);
        return why;
    }

    private async Task WithAsync(Func<OpenLedger, Task> work, int depth = 1)
    {
        var settings = _folder.File("settings.json");
        await File.WriteAllTextAsync(
            settings,
            $$"""
            {
              "chain-deadline": "2",
              "chain-silence": "{{Silence.TotalSeconds.ToString(CultureInfo.InvariantCulture)}}",
              "clock-difference": "90",
              "chain-depth": "{{depth.ToString(CultureInfo.InvariantCulture)}}",
              "second-chain": "{{_second.Endpoint}}"
            }
            """
        );
        using var store = await StoreAccess.OpenAsync([.. _folder.Options, "--settings", settings]);
        await using var ledger = await OpenLedger.OpenAsync(store, _first.Endpoint, _ => { }, default);
        await work(ledger);
    }

    private async Task DeployAsync()
    {
        using var key = Secp256k1PrivateKey.Generate();
        await _node.FundAsync(key.Address, 100);
        var bytes = new byte[Secp256k1PrivateKey.Size];
        key.Export(bytes);
        await File.WriteAllTextAsync(_folder.File("deployer"), Convert.ToHexStringLower(bytes));
        var deployed = await _folder.Run(
            "deploy",
            "--chain",
            _node.Endpoint.ToString(),
            "--key",
            _folder.File("deployer"),
            "--json"
        );
        Assert.True(deployed.ExitCode == ExitCode.Good, deployed.Error);
        foreach (var account in deployed.Json.GetProperty("accounts").EnumerateObject())
        {
            var address = account.Value.GetProperty("address").GetString()!;
            await _node.FundAsync(new EthereumAddress(Convert.FromHexString(address[2..])), 10);
        }
    }
}
