using System.CommandLine;
using MedLedger.Api.Cli;
using MedLedger.Api.Jobs;
using MedLedger.Api.Persistence;
using MedLedger.Api.Records;
using MedLedger.Api.Samples;
using MedLedger.Consent.Chain.Contracts;
using MedLedger.Crypto.Fields;

namespace MedLedger.Api.Tests.Jobs;

/// <summary>What a reorganisation does to an analysis: PROTOCOL, section 6, step 4.</summary>
public sealed class ReorganisedAnalysisTests : IDisposable
{
    private const string Patient = "Patient/sample-c";
    private readonly TemporaryFolder _folder = new();

    [Fact]
    [Trait("threat", "relayer, chain node, miner")]
    [Trait("threat", "reorganised reservation")]
    [Trait("threat", "backdated asOf")]
    public async Task A_reservation_with_another_time_is_proven_again_and_counted_once()
    {
        await WithLedgerAsync(async ledger =>
        {
            StoredTransaction? before = null;
            OnceAt(
                ledger,
                AnalysisState.Proven,
                () =>
                {
                    before = Content(ledger).Reservation;
                    TakeBack(ledger, before!.Block);
                }
            );
            var told = await AnalyseAsync(ledger);
            Assert.Equal(AnalysisState.Delivered, told.Row.State);
            AssertProvenAgain(ledger, before!, told.Content);

            // and once more, deeper than anybody waited for
            TakeBack(ledger, told.Content.Reservation!.Block);
            var again = Assert.Single(await ledger.Analyses.RecheckAsync(default));
            Assert.Equal(told.Row.Id, again);
            var (row, content) = await ledger.Analyses.RunAsync(again, default);
            Assert.Equal(AnalysisState.Delivered, row.State);
            AssertProvenAgain(ledger, told.Content.Reservation, content);
            Assert.Equal(Signal(told.Content, 5), Signal(content, 5)); // U
            Assert.Equal(Signal(told.Content, 6), Signal(content, 6)); // O
            Assert.Equal(Signal(told.Content, 7), Signal(content, 7)); // Q
            Assert.Single(ledger.Chain.Follower.State.Analyses());
            Assert.Empty(await ledger.Analyses.RecheckAsync(default));
        });
    }

    [Fact]
    [Trait("threat", "relayer, chain node, miner")]
    [Trait("threat", "reorganised reservation")]
    public async Task A_grant_that_does_not_hold_at_the_new_time_publishes_nothing_and_is_logged()
    {
        await WithLedgerAsync(async ledger =>
        {
            OnceAt(
                ledger,
                AnalysisState.Proven,
                () =>
                {
                    var consent = ConsentStore
                        .ListAsync(ledger.Store, ledger.Gate, null, default)
                        .GetAwaiter()
                        .GetResult()
                        .Single(c => c.IsActive);
                    ledger.Consents.RevokeAsync(consent.Consent, default).GetAwaiter().GetResult();
                    TakeBack(ledger, Content(ledger).Reservation!.Block);
                }
            );
            var entries = LogSize(ledger);
            var told = await AnalyseAsync(ledger);
            Assert.Equal(AnalysisState.Aborted, told.Row.State);
            Assert.Null(told.Content.Publication);
            Assert.Null(told.Row.Evidence);
            var entry = Assert.Single(ledger.Chain.Follower.State.Analyses());
            Assert.Equal(LedgerStatus.Reserved, entry.Status);
            Assert.True(LogSize(ledger) > entries);
        });
    }

    public void Dispose() => _folder.Dispose();

    private static void AssertProvenAgain(OpenLedger ledger, StoredTransaction before, AnalysisContent content)
    {
        Assert.Equal(before.Hash, content.Reservation!.Hash); // the same bytes
        Assert.True(content.Reservation.Time > before.Time);
        Assert.True(Fr.TryParseDecimal(Signal(content, 4), out var asOf));
        Assert.Equal(content.Reservation.Time, (long)asOf.ToBigInteger());
        Assert.True(Fr.TryParseDecimal(Signal(content, 5), out var nullifier));
        var entry = ledger.Chain.Follower.State.Analysis(nullifier)!;
        Assert.Equal(LedgerStatus.Verified, entry.Status);
        Assert.True(content.VerifiedOnChain);
    }

    private static string Signal(AnalysisContent content, int index) => content.Proofs[0].Signals[index];

    private static void OnceAt(OpenLedger ledger, AnalysisState stop, Action then)
    {
        var done = false;
        ledger.Analyses.Progress = state =>
        {
            if (done || state != stop.ToString())
                return;
            done = true;
            then();
        };
    }

    /// <summary>Replaces the blocks from a number on by empty ones; what is sent again gets a later time.</summary>
    private static void TakeBack(OpenLedger ledger, long from)
    {
        var rpc = ledger.Chain.Client.Rpc;
        var head = ledger.Chain.Client.HeadAsync(default).GetAwaiter().GetResult();
        var blocks = (long)head.Number - from + 1;
        rpc.CallAsync("anvil_reorg", [blocks, Array.Empty<object>()], default).GetAwaiter().GetResult();
        // the node's clock falls back with its blocks
        var now = Math.Max(DateTimeOffset.UtcNow.ToUnixTimeSeconds(), (long)head.Time) + 1;
        rpc.CallAsync("anvil_setTime", [now], default).GetAwaiter().GetResult();
    }

    private static AnalysisContent Content(OpenLedger ledger)
    {
        using var context = ledger.Store.CreateDbContext();
        var row = context.Set<AnalysisRow>().Single();
        return AnalysisContent.Open(ledger.Store.Custody, row.Id, row.Content)!;
    }

    private static int LogSize(OpenLedger ledger)
    {
        using var context = ledger.Store.CreateDbContext();
        return context.Set<LogEntryRow>().Count();
    }

    private static Task<ToldAnalysis> AnalyseAsync(OpenLedger ledger) =>
        new DemoStory(ledger, _ => { }).AnalyseAsync(SampleFiles.PermittedClinician, Patient, default);

    private async Task WithLedgerAsync(Func<OpenLedger, Task> work)
    {
        var root = new RootCommand();
        SharedOptions.AddTo(root);
        var line = root.Parse(["--data", _folder.File("data"), "--key-file", _folder.File("master.key")]);
        var terminal = new Terminal(TextWriter.Null, TextWriter.Null);
        var context = new CommandContext(line, Settings.From(line), terminal, TimeProvider.System);
        using var store = await Store.OpenAsync(context, "test", default);
        await using var ledger = await OpenLedger.OpenAsync(store, null, _ => { }, default);
        var bundle = SampleFiles.Patients.Single(name => SampleFiles.PatientOf(name) == Patient);
        await File.WriteAllBytesAsync(_folder.File(bundle), SampleFiles.Read(bundle));
        await ledger.Importer.ImportAsync([_folder.File(bundle)], new Progress<Progressed>(), default);
        await new DemoStory(ledger, _ => { }).GrantAsync(Patient, SampleFiles.ReadConsentOf(Patient), default);
        await work(ledger);
    }
}
