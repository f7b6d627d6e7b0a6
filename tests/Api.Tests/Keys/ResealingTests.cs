using MedLedger.Api.Cli;
using MedLedger.Api.Records;
using MedLedger.Api.Tests.Integrity;
using MedLedger.Consent.Vault;
using Microsoft.EntityFrameworkCore;

namespace MedLedger.Api.Tests.Keys;

public sealed class ResealingTests(ImportedFolder imported) : IClassFixture<ImportedFolder>, IDisposable
{
    private const string OfFirst =
        "SELECT COUNT(*) FROM segments WHERE Epoch = 1 AND PatientKey = "
        + "(SELECT PatientKey FROM patients WHERE \"Index\" = 0)";

    private readonly ImportedCopy _folder = imported.Copy();

    [Fact]
    public async Task After_a_reader_lost_a_stanza_all_is_sealed_again_and_the_former_epoch_is_gone()
    {
        var before = await ExportAsync();
        await RevokeAsync();
        Assert.NotEqual(0, _folder.Execute(OfFirst));
        var contents = _folder.Execute("SELECT COUNT(*) FROM records");
        _folder.Execute("CREATE TABLE former AS SELECT * FROM records");

        var resealed = await _folder.Good("keys", "reseal", "--json");
        Assert.Equal(3, resealed.Json.GetProperty("resealed").GetInt32());
        Assert.Equal(0, _folder.Execute(OfFirst));
        Assert.Equal(contents - 3, _folder.Execute("SELECT COUNT(*) FROM former JOIN records USING (Content)"));
        _folder.Execute("DROP TABLE former");
        await _folder.Good("fsck");
        Assert.Equal(before, await ExportAsync());
        Assert.Equal(0, (await _folder.Good("keys", "reseal", "--json")).Json.GetProperty("resealed").GetInt32());
    }

    [Fact]
    public async Task Cut_off_after_any_transaction_it_goes_on_and_nothing_is_lost()
    {
        var before = await ExportAsync();
        await RevokeAsync();
        for (var left = 3; left > 0; left--)
        {
            using (var store = await StoreAccess.OpenAsync(_folder.Options))
            {
                var resealing = new Resealing(store, batch: 1);
                Assert.Equal(left, await resealing.WaitingAsync(default));
                Assert.Equal(1, await resealing.StepAsync(default));
            }
            await _folder.Good("fsck");
            Assert.Equal(before, await ExportAsync());
        }
        Assert.Equal(0, _folder.Execute(OfFirst));
    }

    [Fact]
    public async Task What_does_not_open_stays_and_is_told()
    {
        await RevokeAsync();
        _folder.Execute("UPDATE records SET Content = x'00' WHERE Version = 2");
        var resealed = await _folder.Run("keys", "reseal", "--json");
        Assert.Equal(ExitCode.Refused, resealed.ExitCode);
        Assert.Equal(2, resealed.Json.GetProperty("resealed").GetInt32());
        Assert.Equal(1, resealed.Json.GetProperty("unreadable").GetInt32());
        Assert.NotEqual(0, _folder.Execute(OfFirst));
    }

    public void Dispose() => _folder.Dispose();

    // Gives a grantee stanzas and takes them away, as a grant and its revocation do.
    private async Task RevokeAsync()
    {
        using var store = await StoreAccess.OpenAsync(_folder.Options);
        await using var context = store.CreateDbContext();
        var patient = await context.Patients.SingleAsync(p => p.Index == 0);
        foreach (var segment in await context.Segments.Where(s => s.PatientKey == patient.PatientKey).ToListAsync())
        {
            var stanzas = await context.Stanzas.Where(s => s.SegmentId == segment.Id).ToListAsync();
            context.Stanzas.Add(
                store.Vault.AddReader(segment, stanzas, SegmentReader.Grantee("Practitioner/clinician1"))!
            );
        }
        await context.SaveChangesAsync();
        await GrantReaders.KeepAsync(context, store.Vault, patient.PatientKey, [], default);
        await context.SaveChangesAsync();
    }

    private async Task<string> ExportAsync()
    {
        var file = _folder.File("out.json");
        await _folder.Good("export", "--patient", "pat-1", "--out", file);
        return await File.ReadAllTextAsync(file);
    }
}
