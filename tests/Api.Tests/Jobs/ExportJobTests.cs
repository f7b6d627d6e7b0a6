using MedLedger.Api.Jobs;
using MedLedger.Api.Tests.Consents;
using Microsoft.EntityFrameworkCore;

namespace MedLedger.Api.Tests.Jobs;

/// <summary>Exports as rows: what a crash leaves, what is at rest, what expires.</summary>
public sealed class ExportJobTests : IDisposable
{
    private readonly ConsentFolder _folder = new();

    [Fact]
    [Trait("threat", "crash, power cut, full disk, two nodes at once")]
    public async Task An_export_that_was_interrupted_begins_anew_at_the_next_start_and_lists_each_record_once()
    {
        await _folder.ImportPatientAsync();
        string? id = null;
        await _folder.WithAsync(async ledger =>
        {
            id = await ledger.Exports.AcceptAsync(Asked(), default);
            await using var context = ledger.Store.CreateDbContext();
            // What a run that was cut off had listed.
            var cut = new ExportFile("Observation", ["0"]).Seal(ledger.Store, id!, 1);
            context.Add(
                new ExportFileRow
                {
                    ExportId = id!,
                    Number = 1,
                    Content = cut,
                }
            );
            await context.SaveChangesAsync();
        });
        await _folder.WithAsync(async ledger =>
        {
            await ledger.Exports.RunAsync(default);
            await using var context = ledger.Store.CreateDbContext();
            var found = await ledger.Exports.FindAsync(context, id!, ConsentFolder.Patient, "PATRQT", default);
            Assert.Equal(ExportState.Completed, found!.Value.Row.State);
            var files = await ledger.Exports.FilesAsync(context, id!, default);
            Assert.Equal(
                ["Encounter 1", "Observation 4", "Patient 1"],
                files.Select(f => $"{f.File.Type} {f.File.RecordKeys.Distinct(StringComparer.Ordinal).Count()}"),
                StringComparer.Ordinal
            );
            Assert.Equal(6, files.Sum(f => f.File.RecordKeys.Count));
            Assert.Equal((found.Value.Row.Total, 1), (found.Value.Row.Done, found.Value.Row.Total));
        });
    }

    [Fact]
    public async Task A_cancelled_export_is_not_run_and_an_expired_one_is_gone()
    {
        await _folder.ImportPatientAsync();
        await _folder.WithAsync(async ledger =>
        {
            var cancelled = await ledger.Exports.AcceptAsync(Asked(), default);
            var expired = await ledger.Exports.AcceptAsync(Asked(), default);
            await using var context = ledger.Store.CreateDbContext();
            await ExportJobs.CancelAsync(context, cancelled!, default);
            await ledger.Exports.RunAsync(default);
            Assert.Equal(expired, (await context.Set<ExportRow>().AsNoTracking().SingleAsync()).Id);
            await context.Set<ExportRow>().ExecuteUpdateAsync(set => set.SetProperty(e => e.Expires, 1));
            Assert.Null(await ledger.Exports.FindAsync(context, expired!, ConsentFolder.Patient, "PATRQT", default));
            await ledger.Exports.RunAsync(default);
            Assert.Empty(await context.Set<ExportRow>().ToListAsync());
            Assert.Empty(await context.Set<ExportFileRow>().ToListAsync());
        });
    }

    [Fact]
    [Trait("threat", "thief of disk, backup, blob store")]
    public async Task What_is_at_rest_is_sealed_and_bound_to_its_job()
    {
        await _folder.ImportPatientAsync();
        await _folder.WithAsync(async ledger =>
        {
            var id = await ledger.Exports.AcceptAsync(Asked(), default);
            var other = await ledger.Exports.AcceptAsync(Asked(), default);
            await ledger.Exports.RunAsync(default);
            await using var context = ledger.Store.CreateDbContext();
            var rows = await context.Set<ExportFileRow>().AsNoTracking().ToListAsync();
            var keys = ExportFile.Open(ledger.Store, rows[0])!.RecordKeys;
            foreach (var text in keys.Concat(["Observation", ConsentFolder.Patient, "PATRQT"]))
            {
                var bytes = System.Text.Encoding.UTF8.GetBytes(text);
                Assert.All(rows, row => Assert.Equal(-1, row.Content.AsSpan().IndexOf(bytes)));
                var jobs = await context.Set<ExportRow>().AsNoTracking().ToListAsync();
                Assert.All(jobs, job => Assert.Equal(-1, job.Content.AsSpan().IndexOf(bytes)));
            }
            var one = rows.First(r => r.ExportId == id);
            var moved = new ExportFileRow
            {
                ExportId = other!,
                Number = one.Number,
                Content = one.Content,
            };
            Assert.Null(ExportFile.Open(ledger.Store, moved));
        });
    }

    [Fact]
    public async Task A_damaged_export_is_given_up_and_the_next_one_runs()
    {
        await _folder.ImportPatientAsync();
        await _folder.WithAsync(async ledger =>
        {
            var damaged = await ledger.Exports.AcceptAsync(Asked(), default);
            await using var context = ledger.Store.CreateDbContext();
            await context
                .Set<ExportRow>()
                .ExecuteUpdateAsync(set =>
                    set.SetProperty(e => e.Content, new byte[] { 1 }).SetProperty(e => e.Created, 1)
                );
            var whole = await ledger.Exports.AcceptAsync(Asked(), default);
            await Assert.ThrowsAsync<InvalidDataException>(() => ledger.Exports.RunAsync(default));
            await ledger.Exports.RunAsync(default);
            var states = await context.Set<ExportRow>().AsNoTracking().ToListAsync();
            ExportState Of(string? id) => states.Single(e => e.Id == id).State;
            Assert.Equal((ExportState.Failed, ExportState.Completed), (Of(damaged), Of(whole)));
        });
    }

    public void Dispose() => _folder.Dispose();

    private static ExportContent Asked() =>
        new()
        {
            Request = "http://127.0.0.1/fhir/Patient/$export",
            Actors = [ConsentFolder.Patient],
            Purpose = "PATRQT",
            Scopes = [new("*", null)],
        };
}
