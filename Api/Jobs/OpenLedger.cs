using MedLedger.Analytics;
using MedLedger.Api.Keys;
using MedLedger.Api.Node;
using MedLedger.Api.Persistence;
using MedLedger.Api.Records;
using MedLedger.Consent.Access;
using MedLedger.Consent.Commitments;
using MedLedger.Consent.Evidence;
using MedLedger.Consent.Statements;
using MedLedger.Crypto.Log;

namespace MedLedger.Api.Jobs;

/// <summary>A data folder with its chain, model and proving key, opened: what the demo and the server work with.</summary>
internal sealed class OpenLedger : IAsyncDisposable
{
    /// <summary>The class of the model that ships with the program: text extraction.</summary>
    public const int ModelClass = 0;

    private readonly Ed25519PrivateKey _authorityKey;

    private OpenLedger(Store store, LedgerChain chain, ClinicalPipeline pipeline, AnalysisProver prover)
    {
        Store = store;
        Chain = chain;
        Pipeline = pipeline;
        Prover = prover;
        Rules = Cli.PlaceRules.GateOf(store.Settings);
        Audit = new AuditTrail(store);
        Anchoring = new Anchoring(store, chain, Audit);
        Grantees = new GranteeDirectory(store, store.Vault, store.Custody);
        Gate = new RecordGate(store.Vault, new AccessGate(Rules), store.Time);
        Issuer = new GrantIssuer(store, chain, Grantees, Anchoring, Audit, Gate);
        Consents = new ConsentStore(store, Gate, Issuer, Audit);
        States = new PatientStates(store.Vault, Gate, Issuer);
        Delegations = new DelegationStore(store, Gate, Audit);
        Disclosures = new Disclosures(store, Audit);
        Emergencies = new EmergencyStore(store, States, Gate, Rules, Audit);
        Importer = new Importer(store, Audit, SensitivityRules.BuiltIn);
        using var secret = store.Custody.OpenOperatorKey("enrolment-note");
        _authorityKey = Ed25519PrivateKey.FromSecret(secret);
        AuthorityKey = new NoteKey("medledger.example/enrolment/" + store.Folder.Id, _authorityKey.PublicKey);
        using var compliance = ComplianceKeyFile.OpenRole(store.Custody);
        CompliancePublicKey = compliance.PublicKey;
        Analyses = new AnalysisJobs(this);
        Exports = new ExportJobs(this);
    }

    /// <summary>The compliance role's public key: openings in evidence are sealed to it.</summary>
    public byte[] CompliancePublicKey { get; }

    public Store Store { get; }

    public LedgerChain Chain { get; }

    public ClinicalPipeline Pipeline { get; }

    public AnalysisProver Prover { get; }

    public AuditTrail Audit { get; }

    public Anchoring Anchoring { get; }

    public GranteeDirectory Grantees { get; }

    /// <summary>The gate's bounds, with the rules of the place.</summary>
    public GateSettings Rules { get; }

    public RecordGate Gate { get; }

    public GrantIssuer Issuer { get; }

    public ConsentStore Consents { get; }

    public PatientStates States { get; }

    public EmergencyStore Emergencies { get; }

    public DelegationStore Delegations { get; }

    public Disclosures Disclosures { get; }

    public Importer Importer { get; }

    public AnalysisJobs Analyses { get; }

    public ExportJobs Exports { get; }

    /// <summary>The enrolment authority's verifier key. In the embedded ledger the operator holds its private key too.</summary>
    public NoteKey AuthorityKey { get; }

    /// <summary>Where the trust file stands.</summary>
    public string TrustPath => Store.Folder.File("trust.json");

    /// <summary>
    /// Opens everything, approves the model on the embedded chain, writes the trust file, and finishes what an earlier
    /// run left half done.
    /// </summary>
    public static async Task<OpenLedger> OpenAsync(
        Store store,
        Uri? endpoint,
        Action<string> progress,
        CancellationToken cancellation
    )
    {
        var chain = await LedgerChain.OpenAsync(store, endpoint, progress, cancellation);
        AnalysisProver? prover = null;
        try
        {
            progress("Loading the language model.");
            var pipeline = TextFindings.Model;
            prover = AnalysisProver.Load(CircuitFolder(), store.Folder.File("witness-code"));
            var ledger = new OpenLedger(store, chain, pipeline, prover);
            await ledger.StartAsync(progress, cancellation);
            return ledger;
        }
        catch
        {
            prover?.Dispose();
            await chain.DisposeAsync();
            throw;
        }
    }

    /// <summary>Where the circuit's pinned files lie.</summary>
    private static string CircuitFolder() =>
        CircuitManifest.FindFolder()
        ?? throw Cli.CommandFailure.Machine("The circuit's files are neither beside the program nor above it.");

    /// <summary>The enrolment authority's note over a root.</summary>
    public string SignEnrolment(Crypto.Fields.Fr root) =>
        EnrolmentNote.Sign(
            AuthorityKey,
            _authorityKey,
            Chain.Deployment.ChainId,
            Chain.Deployment.EnrolmentRegistry,
            root
        );

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Analyses.Dispose();
        Exports.Dispose();
        Issuer.Dispose();
        Anchoring.Dispose();
        Audit.Dispose();
        Prover.Dispose();
        _authorityKey.Dispose();
        await Chain.DisposeAsync();
    }

    private async Task StartAsync(Action<string> progress, CancellationToken cancellation)
    {
        await Chain.Follower.RefreshAsync(cancellation);
        await Anchoring.CheckLogAsync(cancellation); // nothing is opened or written on top of an older state
        await new LabelJob(Store, Audit).BeginAsync(cancellation);
        var trust = TrustFile
            .Create(Chain.Deployment, Audit.Key, AuthorityKey, ComplianceKey.FingerprintOf(CompliancePublicKey))
            .ToBytes();
        DurableFile.Write(TrustPath, trust, replace: true);
        var digest = Digest248.FromSha256(Pipeline.ModelDigest.Span);
        await Anchoring.ApproveModelAsync(digest, ModelClass, cancellation);
        await new Erasure(Store, Audit).ResumeAsync(Chain, Anchoring, cancellation);
        foreach (var problem in await Issuer.ResumeAsync(cancellation))
            progress(problem);
        await Anchoring.EnrolAsync(cancellation);
        await Anchoring.AnchorRecordsAsync(cancellation);
        await Analyses.RecheckAsync(cancellation);
        await Analyses.ResumeAsync(cancellation);
    }
}
