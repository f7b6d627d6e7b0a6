using System.CommandLine;
using MedLedger.Api.Jobs;
using MedLedger.Api.Persistence;
using Microsoft.EntityFrameworkCore;

namespace MedLedger.Api.Cli;

/// <summary><c>patients</c>: who is stored, by FHIR id and number of records; names stay sealed.</summary>
internal static class PatientsCommand
{
    internal static Command Create()
    {
        var command = new Command("patients", "List the patients by FHIR id; names stay sealed.");
        command.Handle(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(CommandContext context, CancellationToken cancellation)
    {
        using var store = await Store.OpenAsync(context, "patients", cancellation);
        using var audit = new AuditTrail(store);
        await audit.AppendAsync([CommandEvents.Listed(store, "Patient")], cancellation);
        await using var database = store.CreateDbContext();
        var rows = await database
            .Patients.AsNoTracking()
            .Where(p => p.Index >= 0)
            .OrderBy(p => p.Index)
            .Select(p => new
            {
                Row = p,
                Records = database
                    .Compartments.Where(c => c.PatientKey == p.PatientKey)
                    .Select(c => c.RecordKey)
                    .Distinct()
                    .Count(),
            })
            .ToListAsync(cancellation);
        var patients = rows.Select(r => new
            {
                id = store.Vault.OpenReference(r.Row.PatientKey, r.Row.Reference)?["Patient/".Length..],
                records = r.Records,
                erased = r.Row.Erased is not null,
            })
            .ToList();

        foreach (var patient in patients)
        {
            var line = patient.erased ? "(erased)" : patient.id ?? "(keys cannot be had)";
            (context.Settings.IsJson ? context.Terminal.Error : context.Terminal.Output).WriteLine(
                $"{line}\t{patient.records}"
            );
        }
        if (context.Settings.IsJson)
            context.Terminal.WriteJson(new { ok = true, patients });
        return ExitCode.Good;
    }
}
