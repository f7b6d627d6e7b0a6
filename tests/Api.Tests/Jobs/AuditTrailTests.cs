using MedLedger.Api.Jobs;
using MedLedger.Api.Persistence;
using MedLedger.Consent.Log;
using Microsoft.EntityFrameworkCore;

namespace MedLedger.Api.Tests.Jobs;

/// <summary>Entries of many who ask at the same time, and of who is erased meanwhile.</summary>
public sealed class AuditTrailTests : IDisposable
{
    private const int Callers = 64;
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Everybody_who_asks_at_once_has_an_entry_of_their_own_under_a_signed_head()
    {
        using var store = await OpenAsync();
        using var audit = new AuditTrail(store);
        var indices = await Task.WhenAll(
            Enumerable.Range(0, Callers).Select(i => Task.Run(() => audit.AppendAsync(Events(store, i), default)))
        );
        // Every third asks for two entries, which stand one after the other.
        var taken = indices.SelectMany((first, i) => Enumerable.Range(0, Count(i)).Select(k => first + k)).Order();
        Assert.Equal(Enumerable.Range(0, Enumerable.Range(0, Callers).Sum(Count)).Select(i => (long)i), taken);
        await using var context = store.CreateDbContext();
        var (head, checkpoint) = (await audit.HeadAsync(default))!.Value;
        Assert.Equal((await context.Set<LogEntryRow>().LongCountAsync(), head.Size), (head.Size, checkpoint.Size));
        foreach (var (first, i) in indices.Select((first, i) => (first, i)))
        {
            var row = await context.Set<SealedAuditDetails>().SingleAsync(d => d.Index == first);
            var bytes = await new LogStore(context).ReadEntryAsync(first, default);
            Assert.True(AuditEntry.TryDecode(bytes, out var entry));
            Assert.Equal($"Practitioner/{i}", AuditDetails.Open(store.Vault, row, entry)!.Agent);
            Assert.NotNull(await audit.ReceiptAsync(first, default));
        }
    }

    [Fact]
    public async Task Who_asks_while_records_are_written_waits_and_is_logged_after_them()
    {
        using var store = await OpenAsync();
        using var audit = new AuditTrail(store);
        await using var context = store.CreateDbContext();
        var (begun, goOn) = (new TaskCompletionSource(), new TaskCompletionSource());
        var writing = audit.AppendAsync(
            context,
            Events(store, 1),
            async () =>
            {
                begun.SetResult();
                await goOn.Task;
            },
            default
        );
        await begun.Task;
        var reading = Enumerable.Range(2, 5).Select(i => audit.AppendAsync(Events(store, i), default)).ToList();
        Assert.DoesNotContain(reading, one => one.IsCompleted);
        goOn.SetResult();
        var first = await writing;
        Assert.All(await Task.WhenAll(reading), index => Assert.True(index > first));
    }

    [Fact]
    public async Task What_cannot_be_logged_fails_for_all_who_wait_and_the_next_is_logged()
    {
        using var store = await OpenAsync();
        using var audit = new AuditTrail(store);
        await audit.AppendAsync(Events(store, 1), default);
        await using (var context = store.CreateDbContext())
            await context.Database.ExecuteSqlRawAsync(
                "CREATE TRIGGER refuse BEFORE INSERT ON log_entries BEGIN SELECT RAISE(ABORT, 'full'); END"
            );
        var failed = Enumerable.Range(2, 5).Select(i => audit.AppendAsync(Events(store, i), default)).ToList();
        foreach (var one in failed)
            await Assert.ThrowsAnyAsync<Exception>(() => one);
        await using (var context = store.CreateDbContext())
            await context.Database.ExecuteSqlRawAsync("DROP TRIGGER refuse");
        Assert.Equal(1, await audit.AppendAsync(Events(store, 7), default));
    }

    [Fact]
    [Trait("threat", "erasure cut off")]
    public async Task What_was_sealed_for_a_patient_who_is_erased_meanwhile_is_not_stored()
    {
        using var store = await OpenAsync();
        var patientKey = store.Vault.PatientKey("Patient/p");
        Assert.True(store.Vault.TryCreateCompartment(patientKey));
        AuditEvent[] events = [Event(patientKey, "Practitioner/a")];
        var staged = new StagedEvents(store.Vault, events, store.Time.GetUtcNow());
        staged.Refresh();
        Assert.Single(staged.Details(0));
        store.Custody.Shred(patientKey);
        store.Vault.Forget(patientKey);
        staged.Refresh();
        Assert.Empty(staged.Details(0));
        Assert.Single(staged.Entries);
    }

    private static int Count(int caller) => caller % 3 == 0 ? 2 : 1;

    private static AuditEvent[] Events(Store store, int caller) =>
        [
            .. Enumerable
                .Range(0, Count(caller))
                .Select(_ => Event(store.Vault.OrganizationKey, $"Practitioner/{caller}")),
        ];

    private static AuditEvent Event(string patientKey, string agent) =>
        new()
        {
            Action = AuditAction.Read,
            PatientKey = patientKey,
            Agent = agent,
        };

    private Task<Store> OpenAsync() =>
        StoreAccess.OpenAsync(["--data", _folder.File("data"), "--key-file", _folder.File("master.key")]);
}
