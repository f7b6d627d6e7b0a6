using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using MedLedger.Api.Identity;
using MedLedger.Api.Jobs;
using MedLedger.Api.Node;
using MedLedger.Api.Persistence;
using MedLedger.Api.Records;
using MedLedger.Api.Samples;
using MedLedger.Consent.Chain.Contracts;
using Microsoft.EntityFrameworkCore;

namespace MedLedger.Api.Cli;

/// <summary><c>demo</c>: all set-up and the whole story, on the sample patients or on Bundles of your own.</summary>
internal static class DemoCommand
{
    internal static Command Create()
    {
        var bundles = new Option<string[]>("--bundle")
        {
            Description = "FHIR R4 Bundles to tell the story on, instead of the sample patients.",
            HelpName = "FILE",
            AllowMultipleArgumentsPerToken = true,
        };
        var chain = ChainSettings.Option();
        var command = new Command("demo", "Import, grant, analyse, prove, refuse, revoke, verify: the whole story.")
        {
            bundles,
            chain,
        };
        command.Handle(
            (context, cancellation) =>
                RunAsync(
                    context,
                    context.Arguments.GetValue(bundles) ?? [],
                    ChainSettings.Endpoint(context.Settings, chain),
                    cancellation
                )
        );
        return command;
    }

    private static async Task<int> RunAsync(
        CommandContext context,
        string[] bundles,
        Uri? chain,
        CancellationToken cancellation
    )
    {
        var total = Stopwatch.StartNew();
        var say = context.Terminal.Say;
        var files =
            bundles.Length == 0
                ? null
                : ImportSource.Expand(bundles, out var missing)
                    ?? throw CommandFailure.Usage($"There is no file or folder {missing}.");
        using var store = await Store.OpenAsync(context, "demo", cancellation);
        await SampleUsers.EnsureAsync(new Accounts(store), cancellation);
        say("1. The chain");
        await using var ledger = await OpenLedger.OpenAsync(store, chain, line => say("  " + line), cancellation);
        ledger.Analyses.Progress = state => say($"     {state}");
        var story = new DemoStory(ledger, say);

        say("2. Records are imported and sealed");
        var import = Stopwatch.StartNew();
        var report = await ImportAsync(context, ledger, files, cancellation);
        import.Stop();
        foreach (var rejection in report.Rejections)
            say($"  rejected: {rejection.File}, {rejection.Position}: {rejection.Reason}");
        say($"  {report.Records} records, {report.Rejected} rejected.");
        var stored = await story.PatientsAsync(cancellation); // a sample patient may have been erased
        var patients = files is null
            ? [.. SampleFiles.Patients.Select(SampleFiles.PatientOf).Intersect(stored, StringComparer.Ordinal)]
            : stored;
        if (patients.Count == 0)
            throw CommandFailure.Refused("There is no patient to tell the story on.");

        say("3. Patients grant consent on the chain");
        var granting = files is null
            ? patients.Where(patient => SampleFiles.ReadConsentOf(patient) is not null).ToList()
            : [.. patients];
        if (granting.Count == 0)
            throw CommandFailure.Refused("There is no patient who consents.");
        var consents = new List<string>();
        foreach (var patient in granting)
        {
            var sample = files is null ? SampleFiles.ReadConsentOf(patient) : null;
            consents.Add(await story.GrantAsync(patient, sample, cancellation));
        }

        say("4. A clinician analyses what the consents allow");
        var analyses = new List<ToldAnalysis>();
        foreach (var patient in granting)
        {
            say($"  {SampleFiles.PermittedClinician} asks for {patient}.");
            var told = await story.AnalyseAsync(SampleFiles.PermittedClinician, patient, cancellation);
            if (told.Row.State != AnalysisState.Delivered)
                throw CommandFailure.Refused($"The analysis of {patient} ended as {told.Row.State}: {told.Row.Why}.");
            analyses.Add(told);
            say(
                $"  {told.Content.Records.Count} records, {told.Content.Findings} findings, "
                    + $"{told.Content.Proofs.Count} proofs, published in {told.Content.Publication!.Hash}."
            );
        }

        say("5. Who has no consent is refused; who is revoked, too");
        var denials = new List<string>
        {
            await RefusedAsync(story, SampleFiles.OutsideClinician, granting[0], say, cancellation),
        };
        if (await ledger.Consents.RevokeAsync(consents[0], cancellation) is not { } change)
            throw CommandFailure.Refused($"{consents[0]} could not be revoked.");
        say($"  {granting[0]} revokes {consents[0]}: {change.Revoked.Count} grants ended on the chain.");
        denials.Add(await RefusedAsync(story, SampleFiles.PermittedClinician, granting[0], say, cancellation));

        say("6. A compliance officer verifies, offline");
        var log = await story.VerifyLogAsync(cancellation);
        var exported = store.Folder.File(LogExport.Folder);
        await new LogExport(store, ledger.Audit.Key).WriteAsync(exported, cancellation);
        var evidenceHolds = analyses.ConvertAll(told => story.VerifyEvidence(told.EvidencePath!));
        say($"  log of {log.Size} entries: {(log.Verified ? "hashes to its signed head" : "DOES NOT HASH")}.");
        say($"  evidence: {evidenceHolds.Count(holds => holds)} of {evidenceHolds.Count} files valid.");

        await using var database = store.CreateDbContext();
        var isGood = report.Rejected == 0 && log.Verified && evidenceHolds.TrueForAll(holds => holds);
        Hints(context, analyses[0].EvidencePath!, exported, ledger.TrustPath);
        if (context.Settings.IsJson)
        {
            var head = ledger.Chain.Follower.State.Head!;
            context.Terminal.WriteJson(
                new
                {
                    ok = isGood,
                    patients = patients.Count,
                    records = report.Records,
                    rejected = report.Rejected,
                    sealedBytes = await database.Records.SumAsync(r => (long)r.Content.Length, cancellation),
                    chain = new
                    {
                        chainId = ledger.Chain.Deployment.ChainId,
                        block = head.Number,
                        contracts = ledger.Chain.Deployment.Contracts.ToDictionary(
                            c => JsonNamingPolicy.CamelCase.ConvertName(c.Name),
                            c => c.Address.ToString(),
                            StringComparer.Ordinal
                        ),
                    },
                    grants = await database.Set<GrantRow>().CountAsync(g => g.IsGranted, cancellation),
                    analyses = analyses.Select((told, i) => Tell(told, evidenceHolds[i])),
                    denials = denials.Select(why => new { why }),
                    log = new
                    {
                        size = log.Size,
                        root = log.Root,
                        verified = log.Verified,
                    },
                    trust = ledger.TrustPath,
                    milliseconds = new
                    {
                        import = import.ElapsedMilliseconds,
                        analysis = analyses.Sum(a => a.Content.Times.Analysis),
                        witness = analyses.Sum(a => a.Content.Times.Witness),
                        prove = analyses.Sum(a => a.Content.Times.Prove),
                        verify = analyses.Sum(a => a.Content.Times.Verify),
                        total = total.ElapsedMilliseconds,
                    },
                }
            );
        }
        return isGood ? ExitCode.Good : ExitCode.Refused;
    }

    private static Task<ImportReport> ImportAsync(
        CommandContext context,
        OpenLedger ledger,
        IReadOnlyList<string>? files,
        CancellationToken cancellation
    )
    {
        return context.Terminal.ProgressAsync(
            "  import",
            progress =>
                files is null
                    ? SampleImport.RunAsync(ledger, progress, cancellation)
                    : ledger.Importer.ImportAsync(files, progress, cancellation)
        );
    }

    private static async Task<string> RefusedAsync(
        DemoStory story,
        string clinician,
        string patient,
        Action<string> say,
        CancellationToken cancellation
    )
    {
        var told = await story.AnalyseAsync(clinician, patient, cancellation);
        if (told.Row.State != AnalysisState.Denied)
            throw CommandFailure.Refused($"{clinician} was not refused {patient}: {told.Row.State}.");
        say($"  {clinician} asks for {patient}: refused, {told.Row.Why}.");
        return told.Row.Why!;
    }

    private static object Tell(ToldAnalysis told, bool verified)
    {
        var parts = AnalysisJobs.PartsOf(told.Content);
        var hashes = parts.Select(part => AnalysisLedger.PartHash(part).ToString()).ToList();
        return new
        {
            id = told.Row.Id,
            records = told.Content.Records.Count,
            findings = told.Content.Findings,
            proofHash = hashes[0],
            transaction = told.Content.Publication!.Hash,
            proofs = hashes.Select(
                (proofHash, part) =>
                    new
                    {
                        part,
                        proofHash,
                        verified,
                    }
            ),
            verified,
            verifiedOnChain = told.Content.VerifiedOnChain,
            evidence = told.EvidencePath,
        };
    }

    private static void Hints(CommandContext context, string evidence, string log, string trust)
    {
        var data = context.Settings.DataFolder;
        context.Terminal.Say($"Verify it yourself: medledger verify {evidence} --trust {trust}");
        context.Terminal.Say($"And the whole log:  medledger verify --log {log} --trust {trust}");
        context.Terminal.Say($"Go on with it:      medledger serve --data {data}");
    }
}
