using MedLedger.Api.Jobs;
using MedLedger.Api.Node;
using MedLedger.Api.Persistence;
using MedLedger.Api.Records;
using MedLedger.Api.Tests.Cli;
using MedLedger.Consent.Chain.Contracts;
using MedLedger.Consent.Log;
using MedLedger.Crypto.Fields;
using Microsoft.EntityFrameworkCore;

namespace MedLedger.Api.Tests.Consents;

public sealed class ConsentChangeTests : IDisposable
{
    private readonly ConsentFolder _folder = new();

    [Fact]
    [Trait("threat", "hidden use")]
    [Trait("threat", "wider grant")]
    public async Task Records_that_a_consent_excepts_by_code_author_or_encounter_are_not_analysed()
    {
        await _folder.ImportPatientAsync();
        string[] ids = ["plain", "weight", "theirs", "visit", "late", "late-weight"];
        await _folder.WithAsync(async ledger =>
        {
            var all = await ConsentFolder.AddAsync(ledger, ConsentFolder.Consent("c", ConsentFolder.First));
            Assert.Single(all.Granted);
            var narrower = await ConsentFolder.AddAsync(
                ledger,
                ConsentFolder.Consent(
                    "c",
                    ConsentFolder.First,
                    ConsentFolder.NotCode("29463-7"),
                    ConsentFolder.NotBy("Practitioner/author-1"),
                    ConsentFolder.NotAt("Encounter/e-1")
                )
            );
            Assert.Equal((1, 1, 0), (narrower.Granted.Count, narrower.Revoked.Count, narrower.Stuck.Count));
            var told = await ConsentFolder.AnalyseAsync(ledger, ConsentFolder.First, ids);
            Assert.Equal((AnalysisState.Delivered, null), (told.State, told.Why));
            Assert.Equal(["plain"], told.Records);
        });

        // written later, they carry the bits from the first version on
        await _folder.ImportAsync(
            ConsentFolder.Observation("late", "8480-6"),
            ConsentFolder.Observation("late-weight", "29463-7")
        );
        await _folder.WithAsync(async ledger =>
        {
            var told = await ConsentFolder.AnalyseAsync(ledger, ConsentFolder.First, ids);
            Assert.Equal(["late", "plain"], told.Records);

            // the same again asks nothing of the chain; wider again keeps nothing that is narrower than the words
            var wider = ConsentFolder.Consent("c", ConsentFolder.First, ConsentFolder.NotCode("29463-7"));
            var change = await ConsentFolder.AddAsync(ledger, wider);
            Assert.Equal((1, 0), (change.Granted.Count, change.Revoked.Count));
            change = await ConsentFolder.AddAsync(ledger, wider);
            Assert.Equal((0, 0), (change.Granted.Count, change.Revoked.Count));
            told = await ConsentFolder.AnalyseAsync(ledger, ConsentFolder.First, ids);
            Assert.Equal(["late", "plain", "theirs", "visit"], told.Records);

            // beside the program that holds the folder: uses of ended grants too, from the patient's own secrets
            await ledger.Consents.RevokeAsync("Consent/c", default);
            await UsesAsync(3, agrees: true);
            await using var context = ledger.Store.CreateDbContext();
            var (permit, other) = (await PermitAsync(context), await context.Set<LogEntryRow>().FirstAsync());
            await context
                .Set<LogEntryRow>()
                .Where(e => e.Index == permit)
                .ExecuteUpdateAsync(set => set.SetProperty(e => e.Entry, other.Entry));
            await UsesAsync(3, agrees: false);
        });
    }

    [Fact]
    [Trait("threat", "dishonest operator without patient keys")]
    public async Task A_patient_finds_every_use_with_their_own_key_and_any_endpoint_alone()
    {
        await _folder.ImportPatientAsync();
        var key = _folder.File("patient.key");
        string[] write = ["patient-key", "--patient", "pat-1", "--out", key];
        Assert.Equal(Api.Cli.ExitCode.Good, (await _folder.Run(write)).ExitCode);
        Assert.Equal(Api.Cli.ExitCode.Usage, (await _folder.Run(write)).ExitCode); // never over a file
        await _folder.WithAsync(async ledger =>
        {
            await ConsentFolder.AddAsync(ledger, ConsentFolder.Consent("c", ConsentFolder.First));
            await ConsentFolder.AnalyseAsync(ledger, ConsentFolder.First, "plain");
            await ledger.Consents.RevokeAsync("Consent/c", default);
            await ConsentFolder.AddAsync(ledger, ConsentFolder.Consent("d", ConsentFolder.Second));
            await ConsentFolder.AnalyseAsync(ledger, ConsentFolder.Second, "plain");
            var log = _folder.File("log");
            await new LogExport(ledger.Store, ledger.Audit.Key).WriteAsync(log, default);
            var chain = LocalNode.EndpointOf(_folder.File("data", "chain"))!.ToString();
            string[] uses = ["uses", "--patient-key", key, "--trust", ledger.TrustPath, "--chain", chain];
            await OwnAsync(uses, null, ["notCompared", "notCompared"]);
            await OwnAsync([.. uses, "--log", log], true, ["logged", "logged"]);
            // another patient's key finds none of them
            File.WriteAllText(key, "medledger-patient-key-v1 " + new string('7', 64) + "\n");
            await OwnAsync(uses, null, []);
            File.WriteAllText(key, "medledger-patient-key-v1 \n");
            Assert.Equal(Api.Cli.ExitCode.Refused, (await CommandRun.Of(uses)).ExitCode);
        });
    }

    private static async Task OwnAsync(string[] uses, bool? agrees, string[] expected)
    {
        var run = await CommandRun.Of([.. uses, "--json"]);
        Assert.Equal((Api.Cli.ExitCode.Good, ""), (run.ExitCode, run.ExitCode == 0 ? "" : run.Error));
        var told = run.Json.GetProperty("uses").EnumerateArray().Select(use => use.GetProperty("log").GetString()!);
        Assert.Equal(string.Join(',', expected), string.Join(',', told));
        var said = run.Json.GetProperty("agrees");
        Assert.Equal(agrees, said.ValueKind == System.Text.Json.JsonValueKind.Null ? null : said.GetBoolean());
    }

    private async Task UsesAsync(int count, bool agrees)
    {
        var uses = await _folder.Run("uses", "--patient", "pat-1", "--json");
        Assert.Equal(agrees ? Api.Cli.ExitCode.Good : Api.Cli.ExitCode.Refused, uses.ExitCode);
        var found = uses.Json.GetProperty("uses").EnumerateArray().ToList();
        Assert.Equal((count, agrees), (found.Count, uses.Json.GetProperty("agrees").GetBoolean()));
        Assert.All(found, use => Assert.Equal("verified", use.GetProperty("status").GetString()));
        Assert.All(found, use => Assert.NotNull(use.GetProperty("published").GetString()));
        Assert.Equal(agrees ? 0 : 1, found.Count(use => use.GetProperty("log").GetString() == "hidden"));
        var other = await _folder.Run("uses", "--patient", "pat-2", "--json");
        Assert.Equal(0, other.Json.GetProperty("uses").GetArrayLength());
        Assert.Equal(Api.Cli.ExitCode.Refused, (await _folder.Run("uses", "--patient", "nobody")).ExitCode);
    }

    private static async Task<long> PermitAsync(LedgerContext context)
    {
        var rows = await context.Set<LogEntryRow>().AsNoTracking().ToListAsync();
        return rows.First(row =>
            AuditEntry.TryDecode(row.Entry, out var entry)
            && entry is { Action: AuditAction.AnalysisRequested, Decision: AuditDecision.Permitted }
        ).Index;
    }

    [Fact]
    [Trait("threat", "clinician with a valid account")]
    public async Task Who_keeps_a_grant_reads_what_is_written_after_another_lost_theirs()
    {
        await _folder.ImportPatientAsync();
        await _folder.WithAsync(async ledger =>
        {
            await ConsentFolder.AddAsync(ledger, ConsentFolder.Consent("one", ConsentFolder.First));
            await ConsentFolder.AddAsync(ledger, ConsentFolder.Consent("two", ConsentFolder.Second));
            var change = await ledger.Consents.RevokeAsync("Consent/one", default);
            Assert.Equal((0, 1), (change!.Granted.Count, change.Revoked.Count));
        });
        await _folder.ImportAsync(ConsentFolder.Observation("late", "8480-6"));
        await _folder.WithAsync(async ledger =>
        {
            var kept = await ConsentFolder.AnalyseAsync(ledger, ConsentFolder.Second, "late", "plain");
            Assert.Equal(AnalysisState.Delivered, kept.State);
            Assert.Contains("late", kept.Records, StringComparer.Ordinal);
            var lost = await ConsentFolder.AnalyseAsync(ledger, ConsentFolder.First);
            Assert.Equal((AnalysisState.Denied, "revoked"), (lost.State, lost.Why));
            // the new epoch has stanzas for the patient, break-glass and the one who stayed, and no other
            await using var context = ledger.Store.CreateDbContext();
            var newest = await context.Segments.OrderByDescending(s => s.Epoch).FirstAsync();
            Assert.Equal(2, newest.Epoch);
            Assert.Equal(3, await context.Stanzas.CountAsync(s => s.SegmentId == newest.Id));
            var oldest = await context.Segments.FirstAsync(s => s.ClassKey == newest.ClassKey && s.Epoch == 1);
            Assert.Equal(3, await context.Stanzas.CountAsync(s => s.SegmentId == oldest.Id));
        });
    }

    [Fact]
    [Trait("threat", "capsule of another")]
    public async Task A_grant_whose_row_is_damaged_is_denied_and_stays_to_be_revoked()
    {
        await _folder.ImportPatientAsync();
        byte[] inner = [];
        Fr leaf = default;
        await _folder.WithAsync(async ledger =>
        {
            leaf = (await ConsentFolder.AddAsync(ledger, ConsentFolder.Consent("c", ConsentFolder.First))).Granted[0];
            await using var context = ledger.Store.CreateDbContext();
            inner = (await context.Set<GrantRow>().SingleAsync()).Inner;
            await context.Set<GrantRow>().ExecuteUpdateAsync(set => set.SetProperty(g => g.Capsule, new byte[200]));
            await context.Set<GrantRow>().ExecuteUpdateAsync(set => set.SetProperty(g => g.Inner, new byte[32]));

            var change = await ledger.Consents.RevokeAsync("Consent/c", default);
            Assert.Equal((0, leaf), (change!.Revoked.Count, Assert.Single(change.Stuck)));
            Assert.Equal(LeafState.Live, ledger.Chain.Follower.State.Grant(leaf, out _)!.State);
            var row = await context.Set<GrantRow>().AsNoTracking().SingleAsync();
            Assert.Equal((true, false), (row.IsRevocationSigned, row.IsRevoked));
            Assert.Equal(AnalysisState.Denied, (await ConsentFolder.AnalyseAsync(ledger, ConsentFolder.First)).State);
            Assert.Contains(
                "still has it",
                Assert.Single(await ledger.Issuer.ResumeAsync(default)),
                StringComparison.Ordinal
            );
            // as a restored backup has it: with Gi, the patient's side signs the end once more
            await context.Set<GrantRow>().ExecuteUpdateAsync(set => set.SetProperty(g => g.Inner, inner));
        });
        await _folder.WithAsync(async ledger =>
        {
            Assert.Equal(LeafState.Removed, ledger.Chain.Follower.State.Grant(leaf, out _)!.State);
            await using var context = ledger.Store.CreateDbContext();
            Assert.True((await context.Set<GrantRow>().SingleAsync()).IsRevoked);
        });
    }

    [Fact]
    [Trait("threat", "patient")]
    [Trait("threat", "foreign Consent")]
    public async Task Nobody_takes_the_place_of_another_patients_consent_and_an_imported_one_counts()
    {
        await _folder.ImportPatientAsync();
        await _folder.ImportAsync(ConsentFolder.Consent("c", ConsentFolder.First).ReplaceLineEndings(" "));
        await _folder.WithAsync(async ledger =>
        {
            await using var context = ledger.Store.CreateDbContext();
            Assert.True((await context.Set<GrantRow>().SingleAsync()).IsGranted);
            var foreign = ConsentFolder.Consent("c", ConsentFolder.Second, "Patient/pat-2", []);
            var (reference, _, problem) = await ledger.Consents.AddAsync(
                System.Text.Encoding.UTF8.GetBytes(foreign),
                default
            );
            Assert.Equal((null, "of an id that is taken"), (reference, problem));
            Assert.Single(await ConsentStore.ListAsync(ledger.Store, ledger.Gate, null, default));
        });
    }

    [Fact]
    [Trait("threat", "erasure cut off")]
    public async Task An_erasure_that_waits_for_the_chain_is_finished_at_the_next_start()
    {
        await _folder.ImportPatientAsync();
        Fr leaf = default;
        await _folder.WithAsync(async ledger =>
        {
            leaf = (await ConsentFolder.AddAsync(ledger, ConsentFolder.Consent("c", ConsentFolder.First))).Granted[0];
            var erasure = new Erasure(ledger.Store, ledger.Audit);
            Assert.True(await erasure.AcceptAsync(ConsentFolder.Patient, default));
            Assert.Equal(1, await erasure.ResumeAsync(null, null, default));
            Assert.Equal(LeafState.Live, ledger.Chain.Follower.State.Grant(leaf, out _)!.State);
        });
        var listed = await _folder.Run("consent", "revoke", "nothing-of-the-kind");
        Assert.Equal(Api.Cli.ExitCode.Refused, listed.ExitCode);
        await using (var context = Open())
            Assert.Equal(ErasureState.Done, (await context.Set<ErasureRow>().SingleAsync()).State);
        await _folder.WithAsync(ledger =>
        {
            Assert.Equal(LeafState.Removed, ledger.Chain.Follower.State.Grant(leaf, out _)!.State);
            return Task.CompletedTask;
        });
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Trait("threat", "erasure cut off")]
    public async Task An_erasure_ends_a_grant_whose_capsule_is_damaged_or_says_that_it_stays(bool hasInner)
    {
        await _folder.ImportPatientAsync();
        await _folder.WithAsync(async ledger =>
        {
            var change = await ConsentFolder.AddAsync(ledger, ConsentFolder.Consent("c", ConsentFolder.First));
            var leaf = Assert.Single(change.Granted);
            await using var context = ledger.Store.CreateDbContext();
            await context.Set<GrantRow>().ExecuteUpdateAsync(set => set.SetProperty(g => g.Capsule, new byte[200]));
            if (!hasInner)
                await context.Set<GrantRow>().ExecuteUpdateAsync(set => set.SetProperty(g => g.Inner, new byte[32]));

            var erasure = new Erasure(ledger.Store, ledger.Audit);
            Assert.True(await erasure.AcceptAsync(ConsentFolder.Patient, default));
            Assert.Equal(0, await erasure.ResumeAsync(ledger.Chain, ledger.Anchoring, default));

            await ledger.Chain.Follower.RefreshAsync(default);
            var state = ledger.Chain.Follower.State.Grant(leaf, out _)!.State;
            Assert.Equal(hasInner ? LeafState.Removed : LeafState.Live, state);
            Assert.Equal(hasInner, (await context.Set<GrantRow>().AsNoTracking().SingleAsync()).IsRevoked);
            Assert.Equal(hasInner ? 0 : 1, (await erasure.ExplainStuckAsync(default)).Count);
        });
    }

    public void Dispose() => _folder.Dispose();

    private LedgerContext Open() => new(LedgerContext.For(_folder.File("data", "medledger.db")));
}
