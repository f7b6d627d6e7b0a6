using MedLedger.Api.Cli;
using MedLedger.Api.Jobs;
using MedLedger.Api.Records;
using MedLedger.Api.Samples;

namespace MedLedger.Api.Tests.Node;

/// <summary>Where there is no anvil the embedded chain is ganache: the same contracts, the same steps.</summary>
public sealed class GanacheTests : IDisposable
{
    private const string Patient = "Patient/sample-c";
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task A_grant_an_analysis_and_its_verification_on_the_chain_and_all_of_it_again_after_a_restart()
    {
        AnalysisRow? row = null;
        await WithLedgerAsync(async ledger =>
        {
            var node = await ledger.Chain.Client.Rpc.CallAsync("web3_clientVersion", [], default);
            Assert.Contains("Ganache", node.GetString(), StringComparison.Ordinal);

            var bundle = SampleFiles.Patients.Single(name => SampleFiles.PatientOf(name) == Patient);
            await File.WriteAllBytesAsync(_folder.File(bundle), SampleFiles.Read(bundle));
            await ledger.Importer.ImportAsync([_folder.File(bundle)], new Progress<Progressed>(), default);
            var story = new DemoStory(ledger, _ => { });
            await story.GrantAsync(Patient, SampleFiles.ReadConsentOf(Patient), default);
            var told = await story.AnalyseAsync(SampleFiles.PermittedClinician, Patient, default);
            Assert.Equal(AnalysisState.Delivered, told.Row.State);
            Assert.True(told.Content.VerifiedOnChain);
            row = told.Row;
        });
        await WithLedgerAsync(async ledger =>
        {
            Assert.Single(ledger.Chain.Follower.State.Analyses());
            Assert.Empty(await ledger.Analyses.RecheckAsync(default));
            using var context = ledger.Store.CreateDbContext();
            Assert.Equal(row!.Id, context.Set<AnalysisRow>().Single().Id);
        });
    }

    public void Dispose() => _folder.Dispose();

    private async Task WithLedgerAsync(Func<OpenLedger, Task> work)
    {
        await File.WriteAllTextAsync(_folder.File("settings.json"), """{"chain-node":"ganache"}""");
        using var store = await StoreAccess.OpenAsync([
            "--data",
            _folder.File("data"),
            "--key-file",
            _folder.File("master.key"),
            "--settings",
            _folder.File("settings.json"),
        ]);
        await using var ledger = await OpenLedger.OpenAsync(store, null, _ => { }, default);
        await work(ledger);
    }
}
