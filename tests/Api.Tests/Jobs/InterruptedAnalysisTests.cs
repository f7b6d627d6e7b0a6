using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using MedLedger.Api.Cli;
using MedLedger.Api.Jobs;
using MedLedger.Api.Persistence;
using MedLedger.Api.Records;
using MedLedger.Api.Samples;
using MedLedger.Consent.Chain.Contracts;
using MedLedger.Crypto.Fields;

namespace MedLedger.Api.Tests.Jobs;

public sealed class InterruptedAnalysisTests : IDisposable
{
    private const string Patient = "Patient/sample-a";
    private readonly TemporaryFolder _folder = new();

    [Fact]
    [Trait("threat", "several analyses under one slot")]
    public async Task An_analysis_that_stops_before_any_step_is_finished_at_the_next_start_and_counted_once()
    {
        await PrepareAsync();
        AnalysisState[] stops = [AnalysisState.Permitted, AnalysisState.Reserved, AnalysisState.Proven];
        foreach (var stop in stops)
        {
            string? id = null;
            await WithLedgerAsync(async ledger =>
            {
                ledger.Analyses.Progress = state =>
                {
                    if (state == stop.ToString())
                        throw new OperationCanceledException();
                };
                await Assert.ThrowsAsync<OperationCanceledException>(() => AnalyseAsync(ledger));
                id = Newest(ledger);
            });
            await WithLedgerAsync(ledger =>
            {
                using var context = ledger.Store.CreateDbContext();
                var row = context.Set<AnalysisRow>().Single(a => a.Id == id);
                Assert.Equal((stop, AnalysisState.Delivered), (stop, row.State));
                var content = AnalysisContent.Open(ledger.Store.Custody, row.Id, row.Content)!;
                Assert.True(content.VerifiedOnChain);
                Assert.True(Fr.TryParseDecimal(content.Proofs[0].Signals[5], out var nullifier));
                Assert.Equal(LedgerStatus.Verified, ledger.Chain.Follower.State.Analysis(nullifier)!.Status);
                return Task.CompletedTask;
            });
        }
        await WithLedgerAsync(ledger =>
        {
            Assert.Equal(stops.Length, ledger.Chain.Follower.State.Analyses().Count);
            return Task.CompletedTask;
        });
    }

    [Fact]
    [Trait("threat", "revoked while it runs")]
    public async Task A_consent_that_is_revoked_between_reservation_and_result_releases_nothing()
    {
        await PrepareAsync();
        await WithLedgerAsync(async ledger =>
        {
            var consent = (await ConsentStore.ListAsync(ledger.Store, ledger.Gate, null, default)).Single(c =>
                c.IsActive
            );
            ledger.Analyses.Progress = state =>
            {
                if (state == nameof(AnalysisState.Reserved))
                    ledger.Consents.RevokeAsync(consent.Consent, default).GetAwaiter().GetResult();
            };
            var told = await AnalyseAsync(ledger);
            Assert.Equal((AnalysisState.Aborted, "revoked"), (told.Row.State, told.Row.Why));
            Assert.Null(told.Content.Report);
            var entry = Assert.Single(ledger.Chain.Follower.State.Analyses());
            Assert.Equal(LedgerStatus.Reserved, entry.Status);
        });
    }

    [Fact]
    [Trait("threat", "crash, power cut, full disk, two nodes at once")]
    public async Task A_chain_node_that_is_killed_twice_in_the_middle_is_rebuilt_and_the_analysis_goes_on()
    {
        await PrepareAsync();
        await WithLedgerAsync(async ledger =>
        {
            var killed = 0;
            ledger.Analyses.Progress = state =>
            {
                if (state is not (nameof(AnalysisState.Reserved) or nameof(AnalysisState.Proven)))
                    return;
                var noted = File.ReadAllText(_folder.File("data/chain/node.pid")).Split(' ')[0];
                using var node = Process.GetProcessById(int.Parse(noted, CultureInfo.InvariantCulture));
                node.Kill();
                node.WaitForExit();
                killed++;
            };
            var told = await AnalyseAsync(ledger);
            Assert.Equal((2, AnalysisState.Delivered), (killed, told.Row.State));
            Assert.True(told.Content.VerifiedOnChain);
            Assert.Single(ledger.Chain.Follower.State.Analyses());
        });
    }

    public void Dispose() => _folder.Dispose();

    private Task PrepareAsync() =>
        WithLedgerAsync(async ledger =>
        {
            var bundle = SampleFiles.Patients[0];
            await File.WriteAllBytesAsync(_folder.File(bundle), SampleFiles.Read(bundle));
            var report = await ledger.Importer.ImportAsync([_folder.File(bundle)], new Progress<Progressed>(), default);
            Assert.Equal(0, report.Rejected);
            await new DemoStory(ledger, _ => { }).GrantAsync(Patient, SampleFiles.ReadConsentOf(Patient), default);
        });

    private static Task<ToldAnalysis> AnalyseAsync(OpenLedger ledger) =>
        new DemoStory(ledger, _ => { }).AnalyseAsync(SampleFiles.PermittedClinician, Patient, default);

    private static string Newest(OpenLedger ledger)
    {
        using var context = ledger.Store.CreateDbContext();
        return context.Set<AnalysisRow>().Single(a => a.State != AnalysisState.Delivered).Id;
    }

    private async Task WithLedgerAsync(Func<OpenLedger, Task> work)
    {
        var root = new RootCommand();
        SharedOptions.AddTo(root);
        var line = root.Parse(["--data", _folder.File("data"), "--key-file", _folder.File("master.key")]);
        var terminal = new Terminal(TextWriter.Null, TextWriter.Null);
        var context = new CommandContext(line, Settings.From(line), terminal, TimeProvider.System);
        using var store = await Store.OpenAsync(context, "test", default);
        await using var ledger = await OpenLedger.OpenAsync(store, null, _ => { }, default);
        await work(ledger);
    }
}
