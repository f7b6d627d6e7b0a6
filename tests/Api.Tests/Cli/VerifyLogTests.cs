using MedLedger.Api.Cli;
using MedLedger.Api.Jobs;
using MedLedger.Api.Persistence;
using MedLedger.Consent.Chain;
using MedLedger.Consent.Chain.Contracts;
using MedLedger.Consent.Evidence;
using MedLedger.Consent.Log;
using MedLedger.Crypto.Log;
using MedLedger.Crypto.Sealing;
using Microsoft.EntityFrameworkCore;

namespace MedLedger.Api.Tests.Cli;

public sealed class VerifyLogTests : IAsyncLifetime, IDisposable
{
    private const int Entries = 300;
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private readonly TemporaryFolder _folder = new();
    private readonly SecretKey _secret = SecretKey.Generate();
    private LogExport _export = null!;

    private string Log => _folder.File("log");

    private LedgerContext CreateDbContext() => new(LedgerContext.For(_folder.File("log.db")));

    public async Task InitializeAsync()
    {
        using var key = Ed25519PrivateKey.FromSecret(_secret);
        await using var context = CreateDbContext();
        await context.Database.MigrateAsync();
        await using var transaction = await context.Database.BeginTransactionAsync();
        var log = new AuditLog(new LogStore(context), "medledger.test/log", key);
        foreach (var count in new[] { 7, Entries - 7 })
        {
            var entries = Enumerable.Range(0, count).Select(i => Entry(AuditAction.Read, i));
            var append = await log.AppendAsync([.. entries], default);
            if (append.FirstIndex == 0)
            {
                var row = new LogAnchorRow
                {
                    Size = append.Head.Size,
                    Transaction = Word(9).ToString(),
                    Block = 3,
                    Time = 1_700_000_000,
                };
                context.Add(row);
            }
            await context.SaveChangesAsync();
        }
        await transaction.CommitAsync();
        _export = new LogExport(new Database(CreateDbContext), log.Key);
        Assert.Equal(Entries, await _export.WriteAsync(Log, default));
    }

    public Task DisposeAsync() => Task.CompletedTask;

    public void Dispose()
    {
        _secret.Dispose();
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_good_log_is_consistent_and_each_file_is_served_as_written()
    {
        var run = await CommandRun.Of("verify", "--log", Log, "--json");
        Assert.Equal(ExitCode.Good, run.ExitCode);
        Assert.Equal("consistent", run.Json.GetProperty("result").GetString());
        Assert.Equal(Entries, run.Json.GetProperty("size").GetInt64());
        Assert.Equal(1, run.Json.GetProperty("anchors").GetInt32());
        Assert.Equal("notChecked", run.Json.GetProperty("chain").GetString());
        foreach (var file in Directory.EnumerateFiles(Log, "*", SearchOption.AllDirectories))
        {
            var path = Path.GetRelativePath(Log, file).Replace('\\', '/');
            Assert.Equal(await File.ReadAllBytesAsync(file), await _export.ReadAsync(path, default));
        }
        foreach (var path in new[] { "tile/0/1", "tile/00/000", "tile/0/002", "tile/entries/000.p/256", "../key", "" })
            Assert.Null(await _export.ReadAsync(path, default));
    }

    [Theory]
    [InlineData("tile/entries/000", "root")]
    [InlineData("tile/0/000", "tiles")]
    [InlineData("checkpoint", "checkpoint")]
    [InlineData("key", "key")]
    [InlineData("anchors.json", "anchors")]
    public async Task A_changed_byte_is_found(string path, string result)
    {
        var file = _folder.File("log", path);
        var bytes = await File.ReadAllBytesAsync(file);
        bytes[40] ^= 1; // in a commitment, where every byte decodes
        await File.WriteAllBytesAsync(file, bytes);
        await RefusedAsync(result);
    }

    [Theory]
    [InlineData("tile/entries/001.p/44", "entries")]
    [InlineData("tile/1/000.p/1", "tiles")]
    [InlineData("anchors.json", "anchors")]
    public async Task A_missing_file_is_found(string path, string result)
    {
        File.Delete(_folder.File("log", path));
        await RefusedAsync(result);
    }

    [Fact]
    [Trait("threat", "split log")]
    public async Task A_cut_log_and_an_entry_that_does_not_decode_are_found()
    {
        var file = _folder.File("log", "tile/entries/001.p/44");
        var bytes = await File.ReadAllBytesAsync(file);
        await File.WriteAllBytesAsync(file, bytes[..^114]);
        await RefusedAsync("entries");
        bytes[2] = 77;
        await File.WriteAllBytesAsync(file, bytes);
        await RefusedAsync("entries");
    }

    [Fact]
    public async Task Another_key_than_the_pinned_one_is_refused()
    {
        using var other = SecretKey.Generate();
        using var key = Ed25519PrivateKey.FromSecret(other);
        var report = await Verifier().VerifyAsync(new NoteKey("medledger.test/log", key.PublicKey), default);
        Assert.Equal(LogCheck.Key, report.Failed);
        using var own = Ed25519PrivateKey.FromSecret(_secret);
        report = await Verifier().VerifyAsync(new NoteKey("medledger.test/log", own.PublicKey), default);
        Assert.Equal("valid", report.Verdict);
    }

    [Fact]
    [Trait("threat", "split log")]
    public async Task Heads_on_the_chain_that_are_not_the_logs_are_found()
    {
        var report = await Verifier().VerifyAsync(null, default);
        var good = new Bytes32(report.Anchors[0].Root);
        Assert.True(Chain(new AnchoredHead(good, 7, 0)).IsGood);
        Assert.Equal(LogCheck.Chain, Chain(new AnchoredHead(Word(1), 7, 0)).Failed);
        Assert.Equal(LogCheck.Chain, Chain(new(good, 7, 0), new(Word(1), Entries + 1, 0)).Failed);
        Assert.Equal(LogCheck.Chain, Chain().Failed);

        LogReport Chain(params AnchoredHead[] heads) => new LogChain(heads, []).Check(report, Now);
    }

    [Fact]
    [Trait("threat", "hidden use")]
    public async Task Analyses_on_one_side_only_are_named()
    {
        await using (var context = CreateDbContext())
        {
            using var key = Ed25519PrivateKey.FromSecret(_secret);
            await using var transaction = await context.Database.BeginTransactionAsync();
            var log = new AuditLog(new LogStore(context), "medledger.test/log", key);
            var old = Now.AddDays(-1);
            AuditEntry[] entries =
            [
                Entry(AuditAction.AnalysisRequested, 1, AuditDecision.Permitted, old),
                Entry(AuditAction.AnalysisRequested, 2, AuditDecision.Permitted, old),
                Entry(AuditAction.AnalysisRequested, 3, AuditDecision.Permitted, old),
                Entry(AuditAction.AnalysisAborted, 3, time: old),
                Entry(AuditAction.AnalysisRequested, 4, AuditDecision.Permitted),
            ];
            await log.AppendAsync(entries, default);
            await transaction.CommitAsync();
        }
        var report = await new LogVerifier(_export.ReadAsync).VerifyAsync(null, default);
        var heads = report.Anchors.Select(a => new AnchoredHead(new(a.Root), (ulong)a.Size, 0));
        var found = new LogChain([.. heads], [Word(1), Word(5)]).Check(report, Now);
        Assert.Equal(LogCheck.Ledger, found.Failed);
        Assert.Equal(
            [
                new(Word(2), UnmatchedReason.NotOnLedger),
                new(Word(3), UnmatchedReason.Aborted),
                new(Word(4), UnmatchedReason.UnderWay),
                new(Word(5), UnmatchedReason.NotInLog),
            ],
            found.Missing
        );
        var complete = new LogChain([.. heads], [Word(1), Word(2)]).Check(report, Now);
        Assert.True(complete.IsGood);
        Assert.Equal(2, complete.Missing.Count);
    }

    [Fact]
    public async Task What_cannot_be_asked_is_usage()
    {
        Assert.Equal(ExitCode.Usage, (await CommandRun.Of("verify", "--log", _folder.File("none"))).ExitCode);
        Assert.Equal(ExitCode.Usage, (await CommandRun.Of("verify", "e.json", "--log", Log)).ExitCode);
        var run = await CommandRun.Of("verify", "--log", Log, "--chain", "http://127.0.0.1:1");
        Assert.Equal(ExitCode.Usage, run.ExitCode);
        run = await CommandRun.Of("verify", "--log", "http://127.0.0.1:1/log");
        Assert.Equal(ExitCode.Machine, run.ExitCode);
    }

    private LogVerifier Verifier() => new(_export.ReadAsync);

    private async Task RefusedAsync(string result)
    {
        var run = await CommandRun.Of("verify", "--log", Log, "--json");
        Assert.Equal(ExitCode.Refused, run.ExitCode);
        Assert.Equal(result, run.Json.GetProperty("result").GetString());
    }

    private static Bytes32 Word(int value) => Bytes32.FromBigInteger(value);

    private static AuditEntry Entry(
        AuditAction action,
        int subject,
        AuditDecision decision = AuditDecision.None,
        DateTimeOffset? time = null
    ) =>
        new()
        {
            Action = action,
            Decision = decision,
            Time = AuditEntry.RoundTime(time ?? Now),
            Details = Word(subject),
            Subject = Word(subject),
        };

    private sealed class Database(Func<LedgerContext> create) : IDbContextFactory<LedgerContext>
    {
        public LedgerContext CreateDbContext() => create();
    }
}
