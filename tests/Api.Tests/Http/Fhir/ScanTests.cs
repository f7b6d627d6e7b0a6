using MedLedger.Api.Http.Rest;
using MedLedger.Api.Jobs;
using MedLedger.Consent.Log;

namespace MedLedger.Api.Tests.Http.Fhir;

/// <summary>What is searched costs by what is asked, not by what is stored.</summary>
[Collection("FHIR server")] // what is counted is counted in the process
public sealed class ScanTests : IDisposable
{
    private const int Minutes = 1000;
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task Entries_of_a_time_are_found_by_halving_the_log()
    {
        var clock = new Clock();
        using var store = await StoreAccess.OpenAsync(
            ["--data", _folder.File("data"), "--key-file", _folder.File("master.key")],
            clock
        );
        using var audit = new AuditTrail(store);
        for (var minute = 0; minute < Minutes; minute++)
        {
            clock.Now = Start.AddMinutes(minute);
            var read = new AuditEvent
            {
                Action = AuditAction.Read,
                PatientKey = store.Vault.OrganizationKey,
                Agent = "Practitioner/x",
            };
            await audit.AppendAsync([read], default);
        }
        await using var context = store.CreateDbContext();
        using var counters = new Counters();
        await counters.InitializeAsync();
        async Task<(long Lowest, long Highest, long Queries)> Between(DateTimeOffset from, DateTimeOffset to)
        {
            var counted = counters.Now;
            var time = (from.ToUnixTimeSeconds(), to.ToUnixTimeSeconds());
            var (lowest, highest) = await AuditEventReader.BetweenAsync(context, time, default);
            return (lowest, highest, counters.Since(counted).Queries);
        }
        // Ten minutes wider to both sides, by which a clock may have been set back.
        var some = await Between(Start.AddMinutes(500), Start.AddMinutes(510));
        Assert.Equal((490, 520), (some.Lowest, some.Highest));
        Assert.InRange(some.Queries, 1, 2 * 12);
        var none = await Between(Start.AddDays(30), Start.AddDays(31));
        Assert.Equal((Minutes, Minutes), (none.Lowest, none.Highest));
        var before = await Between(Start.AddDays(-31), Start.AddDays(-30));
        Assert.Equal((0, 0), (before.Lowest, before.Highest));
        Assert.Equal(
            (0, long.MaxValue),
            await AuditEventReader.BetweenAsync(context, (long.MinValue, long.MaxValue), default)
        );
    }

    public void Dispose() => _folder.Dispose();

    private sealed class Clock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = Start;

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
