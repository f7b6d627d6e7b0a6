using System.Text;
using MedLedger.Api.Cli;
using MedLedger.Api.Jobs;
using MedLedger.Api.Persistence;
using MedLedger.Api.Records;
using MedLedger.Api.Tests.Consents;
using MedLedger.Consent.Access;
using MedLedger.Consent.Log;
using Microsoft.EntityFrameworkCore;

namespace MedLedger.Api.Tests.Records;

/// <summary>Records that older rules labelled get the labels of the newest, wherever the work is cut off.</summary>
public sealed class LabelJobTests : IDisposable
{
    private readonly ConsentFolder _folder = new();

    [Fact]
    public async Task Records_of_older_rules_are_labelled_sealed_in_their_class_and_logged_and_nothing_is_lost()
    {
        await _folder.ImportPatientAsync();
        using (var store = await _folder.OpenAsync())
        {
            using var audit = new AuditTrail(store);
            Assert.False(await new LabelJob(store, audit).IsDueAsync(default)); // imported by these rules
            await WriteAsOldRulesDidAsync(store, audit, "hiv-1", "B20", "first");
            await WriteAsOldRulesDidAsync(store, audit, "hiv-1", "B20", "second");
            await WriteAsOldRulesDidAsync(store, audit, "asthma", "J45.909", "x");
            await ForgetAsync(store);
            var job = new LabelJob(store, audit, batch: 2);
            Assert.True(await job.IsDueAsync(default));
            Assert.Equal(2, (await job.StepAsync(default)).Looked); // cut off here
        }
        using (var store = await _folder.OpenAsync())
        {
            using var audit = new AuditTrail(store);
            var job = new LabelJob(store, audit, batch: 3);
            var report = await job.RunAsync(again: false, progress: null, default);
            Assert.Equal((await CountAsync(store) - 2, 0), (report.Looked, report.Failed));
            Assert.False(await job.IsDueAsync(default));
            Assert.Equal(default, await job.RunAsync(again: false, progress: null, default));

            var (facts, segments) = await ReadAsync(store, "Condition/hiv-1");
            Assert.All(
                facts,
                one =>
                {
                    Assert.Contains(one.Labels, label => label.Code == "HIV");
                    Assert.Contains(one.Labels, label => label.Code == "R");
                    Assert.Contains(
                        one.Grounds,
                        ground => ground is { Code: "HIV", Source: "hiv-icd-10-cm", Version: "3" }
                    );
                }
            );
            Assert.Equal(2, facts.Count);
            using var index = store.Vault.OpenIndex(store.Vault.PatientKey(ConsentFolder.Patient))!;
            Assert.All(segments, key => Assert.Equal(index.ClassKey("hiv"), key));
            var plain = await ReadAsync(store, "Condition/asthma");
            Assert.Empty(plain.Facts[0].Labels);
            var entries = await ReadLog.OfAsync(store);
            Assert.Contains(entries, e => e.Entry.Action == AuditAction.Relabelled && e.Details.Agent == "labelling");
        }
        var checkedAll = await _folder.Run("fsck");
        Assert.Equal((ExitCode.Good, ""), (checkedAll.ExitCode, checkedAll.ExitCode == 0 ? "" : checkedAll.Output));
        var again = await _folder.Run("relabel", "--json");
        Assert.Equal((ExitCode.Good, 0), (again.ExitCode, again.Json.GetProperty("records").GetInt32()));
        var all = await _folder.Run("relabel", "--all", "--json");
        Assert.Equal((ExitCode.Good, 0), (all.ExitCode, all.Json.GetProperty("changed").GetInt32()));
        Assert.True(all.Json.GetProperty("records").GetInt32() > 5);
    }

    [Fact]
    public async Task A_row_that_does_not_open_is_counted_and_the_others_are_labelled()
    {
        await _folder.ImportPatientAsync();
        using (var store = await _folder.OpenAsync())
        {
            using var audit = new AuditTrail(store);
            await WriteAsOldRulesDidAsync(store, audit, "hiv-1", "B20", "x");
            await ForgetAsync(store);
            var damaged = store.Vault.RecordKey("Observation/plain");
            await using var context = store.CreateDbContext();
            await context
                .Records.Where(r => r.RecordKey == damaged)
                .ExecuteUpdateAsync(set => set.SetProperty(r => r.Content, new byte[64]));
            var report = await new LabelJob(store, audit).RunAsync(again: false, progress: null, default);
            Assert.Equal(1, report.Failed);
            Assert.Contains((await ReadAsync(store, "Condition/hiv-1")).Facts[0].Labels, l => l.Code == "HIV");
        }
        var relabelled = await _folder.Run("relabel", "--all");
        Assert.Equal(ExitCode.Refused, relabelled.ExitCode);
        Assert.Contains("run fsck", relabelled.Error, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    // A Condition with a code that the rules know, without any label.
    private static async Task WriteAsOldRulesDidAsync(
        Store store,
        AuditTrail audit,
        string id,
        string code,
        string note
    )
    {
        var json = $$$"""
            {"resourceType":"Condition","id":"{{{id}}}","subject":{"reference":"{{{ConsentFolder.Patient}}}"},
            "code":{"coding":[{"system":"http://hl7.org/fhir/sid/icd-10-cm","code":"{{{code}}}"}],"text":"{{{note}}}"}}
            """;
        var record = PreparedRecord.TryPrepare(
            Encoding.UTF8.GetBytes(json),
            null,
            null,
            SensitivityRules.BuiltIn,
            out var problem
        );
        Assert.Null(problem);
        var facts = record!.Description.Facts with { Labels = [], Grounds = [] };
        record = record with
        {
            Description = record.Description with { Facts = facts },
            SensitivityClass = SensitivityRules.BuiltIn.Classes[0],
        };
        await using var writer = await RecordWriter.BeginAsync(store, default);
        var patientKey = store.Vault.PatientKey(ConsentFolder.Patient);
        await writer.WriteAsync(record, [patientKey], default, WriteReason.Change);
        var written = new AuditEvent
        {
            Action = AuditAction.Written,
            PatientKey = patientKey,
            Agent = "test",
        };
        await writer.CommitAsync(audit, [written], default);
    }

    private static async Task ForgetAsync(Store store)
    {
        await using var context = store.CreateDbContext();
        await context.Settings.Where(s => s.Name == "labelled").ExecuteDeleteAsync();
    }

    private static async Task<int> CountAsync(Store store)
    {
        await using var context = store.CreateDbContext();
        return await context.Records.CountAsync(r => r.Version == 1);
    }

    private static async Task<(IReadOnlyList<ResourceFacts> Facts, IReadOnlyList<string> Segments)> ReadAsync(
        Store store,
        string reference
    )
    {
        await using var context = store.CreateDbContext();
        var versions = await RecordReader.VersionsAsync(context, store.Vault.RecordKey(reference), default);
        var gate = new RecordGate(store.Vault, new AccessGate(new GateSettings()), store.Time);
        var keys = versions.SelectMany(v => v.Record.Compartments).Select(c => c.PatientKey);
        var states = await new PatientStates(store.Vault, gate).LoadAsync(context, keys, default);
        var request = Requests.BySubject(ConsentFolder.Patient, store.Time.GetUtcNow());
        var facts = new List<ResourceFacts>();
        foreach (var one in new RecordOpener(store.Vault, gate).Open(versions, request, states, null, (_, _) => { }))
        {
            using (one)
                facts.Add(one.Facts);
        }
        return (facts, [.. versions.SelectMany(v => v.Keys).Select(k => k.Segment.ClassKey)]);
    }
}
