using MedLedger.Api.Records;
using MedLedger.Consent.Access;
using Microsoft.Data.Sqlite;

namespace MedLedger.Api.Tests.Consents;

/// <summary>Somebody edits the database to hide a Consent that forbids: either it still counts, or only the patient reads.</summary>
[Trait("threat", "dishonest operator without patient keys")]
public sealed class HiddenConsentTests : IDisposable
{
    private readonly ConsentFolder _folder = new();

    [Theory]
    [InlineData("DELETE FROM tokens; DELETE FROM search")]
    [InlineData("UPDATE records SET IsDeleted = 1 WHERE RecordKey = $key")]
    [Trait("threat", "hidden Consent")]
    public async Task Search_tokens_and_the_mark_of_a_deletion_hide_none(string tamper)
    {
        await TamperAsync(tamper);
        var (state, clinician, subject) = await AskAsync();
        Assert.False(state.IsUncertain);
        var read = state.Directives.Select(d => d.Reference!).Order(StringComparer.Ordinal);
        Assert.Equal("Consent/c-1 Consent/c-2", string.Join(' ', read));
        Assert.Equal((DenyReason.Forbidden, true), (clinician, subject));
    }

    [Theory]
    [InlineData("DELETE FROM compartments WHERE RecordKey = $key; DELETE FROM records WHERE RecordKey = $key")]
    [InlineData("UPDATE compartments SET Facts = zeroblob(length(Facts)) WHERE RecordKey = $key")]
    [InlineData("UPDATE records SET Content = zeroblob(length(Content)) WHERE RecordKey = $key")]
    [InlineData("UPDATE leaves SET RecordKey = 'x' || substr(RecordKey, 2) WHERE RecordKey = $key")]
    [InlineData(
        "UPDATE leaves SET RecordKey = (SELECT o.RecordKey FROM leaves o WHERE o.RecordKey <> $key LIMIT 1) "
            + "WHERE RecordKey = $key"
    )]
    [Trait("threat", "hidden Consent")]
    public async Task Where_one_cannot_be_read_only_the_patient_reads(string tamper)
    {
        await TamperAsync(tamper);
        if (tamper.Contains("SELECT", StringComparison.Ordinal))
        {
            await Assert.ThrowsAsync<InvalidDataException>(AskAsync);
            return;
        }
        var (state, clinician, subject) = await AskAsync();
        Assert.True(state.IsUncertain);
        Assert.Equal((DenyReason.KeysUnavailable, true), (clinician, subject));
        Assert.Throws<InvalidDataException>(() => PatientStates.AssertCertain(state));
    }

    public void Dispose() => _folder.Dispose();

    private async Task TamperAsync(string sql)
    {
        await _folder.ImportAsync(
            """{"resourceType":"Patient","id":"pat-1"}""",
            ConsentFolder.Observation("o-1", "8480-6"),
            ConsentFolder.Consent("c-1", ConsentFolder.First).ReplaceLineEndings(" "),
            ConsentFolder.Consent("c-2", ConsentFolder.First, ConsentFolder.NotCode("8480-6")).ReplaceLineEndings(" ")
        );
        string key;
        using (var store = await _folder.OpenAsync())
            key = store.Vault.RecordKey("Consent/c-2");
        SqliteConnection.ClearAllPools();
        using var connection = new SqliteConnection(
            $"Data Source={_folder.File("data", "medledger.db")};Pooling=False"
        );
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA foreign_keys = OFF; " + sql;
        command.Parameters.AddWithValue("$key", key);
        Assert.NotEqual(0, command.ExecuteNonQuery());
    }

    /// <summary>The patient's state, why a clinician gets the observation not, and whether the patient gets it.</summary>
    private async Task<(PatientState State, DenyReason? Clinician, bool Subject)> AskAsync()
    {
        using var store = await _folder.OpenAsync();
        var gate = new RecordGate(store.Vault, new AccessGate(new GateSettings()), store.Time);
        await using var context = store.CreateDbContext();
        var patientKey = store.Vault.PatientKey(ConsentFolder.Patient);
        var states = await new PatientStates(store.Vault, gate).LoadAsync(context, [patientKey], default);
        var observation = await RecordReader
            .LoadAsync(context, [store.Vault.RecordKey("Observation/o-1")], default)
            .SingleAsync();
        var now = store.Time.GetUtcNow();
        var subject = Requests.BySubject(ConsentFolder.Patient, now);
        var clinician = subject with { Actors = [ConsentFolder.First], Purpose = "TREAT" };
        DenyReason? why = null;
        var opener = new RecordOpener(store.Vault, gate);
        var view = new ChainView(1, now, now);
        Assert.Empty(opener.Open([observation], clinician, states, view, (_, reason) => why = reason));
        using var opened = opener.Open([observation], subject, states, null, (_, _) => { }).FirstOrDefault();
        return (states[patientKey], why, opened is not null);
    }
}
