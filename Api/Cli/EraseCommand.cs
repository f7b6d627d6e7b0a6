using System.CommandLine;
using MedLedger.Api.Jobs;
using MedLedger.Api.Node;
using MedLedger.Api.Persistence;
using MedLedger.Api.Records;
using MedLedger.Api.Toolchain;
using MedLedger.Consent.Chain.Rpc;

namespace MedLedger.Api.Cli;

/// <summary><c>erase --patient ID</c>: shreds a patient's keys and rows, and ends what stands on the chain.</summary>
internal static class EraseCommand
{
    internal static Command Create()
    {
        var patient = new Option<string>("--patient")
        {
            Description = "The patient's FHIR id, or Patient/id.",
            HelpName = "ID",
            Required = true,
        };
        var chain = ChainSettings.Option();
        var command = new Command("erase", "Erase a patient: keys, records, grants. It cannot be undone.")
        {
            patient,
            chain,
        };
        command.Handle(
            (context, cancellation) =>
                RunAsync(
                    context,
                    PatientOption.ToReference(context.Arguments.GetValue(patient)!),
                    ChainSettings.Endpoint(context.Settings, chain),
                    cancellation
                )
        );
        return command;
    }

    private static async Task<int> RunAsync(
        CommandContext context,
        string patient,
        Uri? endpoint,
        CancellationToken cancellation
    )
    {
        using var store = await Store.OpenAsync(context, "erase", cancellation);
        using var audit = new AuditTrail(store);
        var erasure = new Erasure(store, audit);
        if (!await erasure.AcceptAsync(patient, cancellation))
            throw CommandFailure.Refused("There is no such patient.");
        // The keys go first: whether the chain answers does not matter for that.
        var waiting = await erasure.ResumeAsync(null, null, cancellation);
        if (waiting > 0)
            waiting = await TellChainAsync(context, store, audit, erasure, endpoint, cancellation);

        context.Terminal.Say(
            "Erased: keys, records, search tokens, grants' openings, audit details. What remains: commitments on the "
                + "chain and in the log, which nobody can open any more; what readers copied; proofs that were published."
        );
        if (waiting > 0)
            context.Terminal.Say("The chain could not be told yet; run erase again, or serve.");
        foreach (var stuck in await erasure.ExplainStuckAsync(cancellation))
            context.Terminal.Say(stuck);
        if (context.Settings.IsJson)
            context.Terminal.WriteJson(
                new
                {
                    ok = true,
                    erased = true,
                    chain = waiting == 0,
                }
            );
        return ExitCode.Good;
    }

    private static async Task<int> TellChainAsync(
        CommandContext context,
        Store store,
        AuditTrail audit,
        Erasure erasure,
        Uri? endpoint,
        CancellationToken cancellation
    )
    {
        // Never used with a chain: there is nothing on it.
        if (endpoint is null && !File.Exists(store.Folder.File(LedgerChain.DeploymentFile)))
            return 0;
        try
        {
            await using var chain = await LedgerChain.OpenAsync(store, endpoint, context.Terminal.Say, cancellation);
            using var anchoring = new Anchoring(store, chain, audit);
            return await erasure.ResumeAsync(chain, anchoring, cancellation);
        }
        catch (Exception failure)
            when (failure
                    is MachineException
                        or ChainUnavailableException
                        or CommandFailure { ExitCode: ExitCode.Machine }
            )
        {
            context.Terminal.Say(failure.Message);
            return 1;
        }
    }
}
