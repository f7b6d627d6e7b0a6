using MedLedger.Api.Cli;
using MedLedger.Api.Records;
using MedLedger.Consent.Access;
using Microsoft.EntityFrameworkCore;

namespace MedLedger.Api.Tests.Consents;

public sealed class EmergencyCommandTests : IDisposable
{
    private const string Declarer = "Practitioner/er";
    private readonly ConsentFolder _folder = new();

    [Fact]
    public async Task An_emergency_is_declared_listed_reviewed_and_ended()
    {
        await _folder.ImportPatientAsync();
        var refused = await _folder.Run(Declare("Practitioner/other"));
        Assert.Equal(ExitCode.Refused, refused.ExitCode);
        Assert.Contains("no emergency role", refused.Error, StringComparison.Ordinal);
        var declared = await _folder.Run(Declare(Declarer, "--role", "PractitionerRole/er"));
        Assert.Equal(
            (ExitCode.Good, ""),
            (declared.ExitCode, declared.ExitCode == ExitCode.Good ? "" : declared.Error)
        );
        var id = declared.Json.GetProperty("id").GetString()!;

        var listed = (await _folder.Run("emergency", "list", "--waiting", "--json")).Json.GetProperty("emergencies");
        Assert.Equal(
            (id, Declarer),
            (listed[0].GetProperty("id").GetString(), listed[0].GetProperty("declarer").GetString())
        );
        string[] review = ["emergency", "review", id, "--outcome", "justified", "--note", "seen"];
        Assert.Equal(ExitCode.Refused, (await _folder.Run([.. review, "--by", Declarer])).ExitCode); // not their own
        Assert.Equal(ExitCode.Good, (await _folder.Run([.. review, "--by", "Practitioner/officer"])).ExitCode);
        Assert.Equal(ExitCode.Refused, (await _folder.Run([.. review, "--by", "Practitioner/officer"])).ExitCode);
        Assert.Equal(ExitCode.Refused, (await _folder.Run("emergency", "end", id, "--by", "Practitioner/b")).ExitCode);
        Assert.Equal(ExitCode.Good, (await _folder.Run("emergency", "end", id, "--by", Declarer)).ExitCode);
        var waiting = (await _folder.Run("emergency", "list", "--waiting", "--json")).Json.GetProperty("emergencies");
        Assert.Equal(0, waiting.GetArrayLength());
    }

    [Theory]
    [Trait("threat", "dishonest operator without patient keys")]
    [InlineData("damaged")]
    [InlineData("of another row")]
    [InlineData("of another patient")]
    public async Task A_row_that_somebody_changed_opens_nothing(string change)
    {
        await _folder.ImportPatientAsync();
        Assert.Equal(ExitCode.Good, (await _folder.Run(Declare(Declarer, "--role", "PractitionerRole/er"))).ExitCode);
        using var store = await StoreAccess.OpenAsync(_folder.Options);
        await using var context = store.CreateDbContext();
        var row = await context.Set<EmergencyRow>().AsNoTracking().SingleAsync();
        var patientKey = row.PatientKey;
        Assert.Single(Open(patientKey));
        if (change == "damaged")
        {
            row.Content[^1] ^= 1;
            await context.Set<EmergencyRow>().ExecuteUpdateAsync(set => set.SetProperty(e => e.Content, row.Content));
        }
        else
        {
            if (change == "of another patient")
                patientKey = store.Vault.PatientKey("Patient/pat-2");
            await context.Set<EmergencyRow>().ExecuteDeleteAsync();
            context.Add(
                new EmergencyRow
                {
                    Id = change == "of another row" ? new string('0', 32) : row.Id,
                    PatientKey = patientKey,
                    DeclarerKey = row.DeclarerKey,
                    LogIndex = row.LogIndex,
                    Ends = row.Ends,
                    Content = row.Content,
                }
            );
            await context.SaveChangesAsync();
        }
        Assert.Empty(Open(patientKey));

        IReadOnlyList<Emergency> Open(string key) =>
            EmergencyStore.Open(context, store.Vault, key, store.Time.GetUtcNow());
    }

    public void Dispose() => _folder.Dispose();

    private static string[] Declare(string by, params string[] more) =>
        [
            "emergency",
            "declare",
            "--patient",
            "pat-1",
            "--by",
            by,
            "--reason",
            "unconscious after a fall",
            "--emergency-roles",
            "PractitionerRole/er",
            "--json",
            .. more,
        ];
}
