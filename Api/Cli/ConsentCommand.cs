using System.CommandLine;
using MedLedger.Api.Jobs;
using MedLedger.Api.Keys;
using MedLedger.Api.Node;
using MedLedger.Api.Persistence;
using MedLedger.Api.Records;
using MedLedger.Consent.Access;
using MedLedger.Consent.Delegations;
using MedLedger.Consent.Directives;
using MedLedger.Crypto.Fields;

namespace MedLedger.Api.Cli;

/// <summary><c>consent add FILE | list | revoke ID</c>: a patient's consents, stored sealed and committed on the chain.</summary>
internal static class ConsentCommand
{
    private const int LargestConsent = 1 << 20;

    internal static Command Create()
    {
        var command = new Command("consent", "Add, list and revoke patients' consents (FHIR Consent).");
        command.Add(CreateAdd());
        command.Add(CreateList());
        command.Add(CreateRevoke());
        command.Add(ReceiptCommand.Create());
        command.Add(DelegateCommand.Create());
        return command;
    }

    private static Command CreateAdd()
    {
        var file = new Argument<string>("FILE") { Description = "A FHIR R4 Consent in JSON." };
        var chain = ChainSettings.Option();
        var actor = DelegateCommand.As();
        var command = new Command("add", "Store a Consent and commit its grants on the chain.") { file, actor, chain };
        command.Handle(
            async (context, cancellation) =>
            {
                var path = Path.GetFullPath(context.Arguments.GetValue(file)!);
                if (!File.Exists(path))
                    throw CommandFailure.Usage($"There is no file {path}.");
                if (new FileInfo(path).Length > LargestConsent)
                    throw CommandFailure.Refused($"The consent was not taken: longer than {LargestConsent} bytes.");
                var json = await File.ReadAllBytesAsync(path, cancellation);
                if (ConsentStore.TryRead(json, out var unreadable) is not { } read)
                    throw CommandFailure.Refused($"The consent was not taken: {unreadable}.");
                using var store = await Store.OpenAsync(context, "consent add", cancellation);
                await using var open = await OpenAsync(context, store, chain, cancellation);
                var who = DelegateCommand.ReferenceOf(context.Arguments.GetValue(actor));
                if (who is not null)
                    await open.AllowAsync(who, read, cancellation);
                var (consent, change, problem) = await open.Consents.AddAsync(json, cancellation, who);
                if (consent is null || change is null)
                    throw CommandFailure.Refused($"The consent was not taken: {problem}.");
                return Report(context, consent, change);
            }
        );
        return command;
    }

    private static Command CreateRevoke()
    {
        var id = new Argument<string>("ID") { Description = "The Consent's FHIR id, or Consent/id." };
        var chain = ChainSettings.Option();
        var actor = DelegateCommand.As();
        var command = new Command("revoke", "End a Consent; its grants are denied at once and ended on the chain.")
        {
            id,
            actor,
            chain,
        };
        command.Handle(
            async (context, cancellation) =>
            {
                var typed = context.Arguments.GetValue(id)!;
                var consent = typed.StartsWith("Consent/", StringComparison.Ordinal) ? typed : $"Consent/{typed}";
                using var store = await Store.OpenAsync(context, "consent revoke", cancellation);
                await using var open = await OpenAsync(context, store, chain, cancellation);
                var who = DelegateCommand.ReferenceOf(context.Arguments.GetValue(actor));
                if (who is not null)
                    await open.AllowRevocationAsync(who, consent, cancellation);
                var change =
                    await open.Consents.RevokeAsync(consent, cancellation, who)
                    ?? throw CommandFailure.Refused("There is no such consent.");
                return Report(context, consent, change);
            }
        );
        return command;
    }

    private static Command CreateList()
    {
        var command = new Command("list", "List the consents of all patients.");
        command.Handle(
            async (context, cancellation) =>
            {
                using var store = await Store.OpenAsync(context, "consent list", cancellation);
                using var audit = new AuditTrail(store);
                await audit.AppendAsync([CommandEvents.Listed(store, "Consent")], cancellation);
                var gate = new RecordGate(store.Vault, new AccessGate(PlaceRules.GateOf(context.Settings)), store.Time);
                var consents = await ConsentStore.ListAsync(store, gate, null, cancellation);
                foreach (var one in consents)
                {
                    var line =
                        $"{one.Consent}\t{one.Patient}\t{(one.IsActive ? "active" : "ended")}{(one.IsWaiting ? "\tthe chain waits" : "")}";
                    (context.Settings.IsJson ? context.Terminal.Error : context.Terminal.Output).WriteLine(line);
                }
                if (context.Settings.IsJson)
                {
                    context.Terminal.WriteJson(
                        new
                        {
                            ok = true,
                            consents = consents.Select(one => new
                            {
                                id = one.Consent,
                                patient = one.Patient,
                                active = one.IsActive,
                                waiting = one.IsWaiting,
                            }),
                        }
                    );
                }
                return ExitCode.Good;
            }
        );
        return command;
    }

    private static int Report(CommandContext context, string consent, GrantChange change)
    {
        context.Terminal.Say(
            $"{consent}: {change.Granted.Count} grants committed, {change.Revoked.Count} ended on the chain."
        );
        foreach (var gap in change.Gaps)
            context.Terminal.Say($"not covered by a grant: {gap}");
        if (change.IsWaiting)
            context.Terminal.Say("The chain does not answer: denials hold already, the rest is done when it does.");
        foreach (var leaf in change.Stuck)
            context.Terminal.Say(GrantIssuer.Explain(leaf));
        if (context.Settings.IsJson)
        {
            context.Terminal.WriteJson(
                new
                {
                    ok = change.Stuck.Count == 0,
                    consent,
                    granted = change.Granted.Select(Hex),
                    revoked = change.Revoked.Select(Hex),
                    stuck = change.Stuck.Select(Hex),
                    waiting = change.IsWaiting,
                    gaps = change.Gaps,
                }
            );
        }
        return change.Stuck.Count == 0 ? ExitCode.Good : ExitCode.Refused;
    }

    private static string Hex(Fr leaf) => "0x" + Convert.ToHexStringLower(leaf.ToBytes());

    /// <summary>Opens the chain and finishes what an earlier run left.</summary>
    internal static async Task<OpenConsents> OpenAsync(
        CommandContext context,
        Store store,
        Option<string?> chainOption,
        CancellationToken cancellation
    )
    {
        var chain = await LedgerChain.OpenAsync(
            store,
            ChainSettings.Endpoint(context.Settings, chainOption),
            context.Terminal.Say,
            cancellation
        );
        var open = new OpenConsents(store, chain);
        try
        {
            await new Erasure(store, open.Audit).ResumeAsync(chain, open.Anchoring, cancellation);
            foreach (var problem in await open.Issuer.ResumeAsync(cancellation))
                context.Terminal.Say(problem);
            return open;
        }
        catch
        {
            await open.DisposeAsync();
            throw;
        }
    }

    /// <summary>Consents with their chain, without model and proving key.</summary>
    internal sealed class OpenConsents : IAsyncDisposable
    {
        private readonly Store store;
        private readonly RecordGate gate;

        public OpenConsents(Store store, LedgerChain chain)
        {
            this.store = store;
            Chain = chain;
            Audit = new AuditTrail(store);
            Anchoring = new Anchoring(store, chain, Audit);
            var grantees = new GranteeDirectory(store, store.Vault, store.Custody);
            gate = new RecordGate(store.Vault, new AccessGate(PlaceRules.GateOf(store.Settings)), store.Time);
            Issuer = new GrantIssuer(store, chain, grantees, Anchoring, Audit, gate);
            Consents = new ConsentStore(store, gate, Issuer, Audit);
            Receipts = new PatientReceipt(store, chain, gate, Audit);
        }

        /// <summary>Ends the command when the delegate may not give this consent.</summary>
        public async Task AllowAsync(string who, PreparedRecord consent, CancellationToken cancellation)
        {
            if (!ConsentDirective.TryParse(consent.Content, out var directive))
                throw CommandFailure.Refused("The consent was not taken.");
            var patient = consent.Description.Patients[0];
            var refusal = await Delegations.RefusesAsync(who, patient, DelegatedAct.Consent, directive, cancellation);
            if (refusal is not null)
                throw CommandFailure.Refused($"The consent was not taken: {refusal}.");
        }

        /// <summary>Ends the command when the delegate may not end this consent.</summary>
        public async Task AllowRevocationAsync(string who, string consent, CancellationToken cancellation)
        {
            var delegations = Delegations;
            var patient =
                await Consents.PatientOfAsync(consent, cancellation)
                ?? throw CommandFailure.Refused("There is no such consent.");
            if (await delegations.RefusesAsync(who, patient, DelegatedAct.Revoke, null, cancellation) is { } refusal)
                throw CommandFailure.Refused($"The consent was not ended: {refusal}.");
        }

        /// <summary>Who acts for whom.</summary>
        public DelegationStore Delegations => new(store, gate, Audit);

        public LedgerChain Chain { get; }

        public AuditTrail Audit { get; }

        public Anchoring Anchoring { get; }

        public GrantIssuer Issuer { get; }

        public ConsentStore Consents { get; }

        public PatientReceipt Receipts { get; }

        public async ValueTask DisposeAsync()
        {
            Issuer.Dispose();
            Anchoring.Dispose();
            Audit.Dispose();
            await Chain.DisposeAsync();
        }
    }
}
