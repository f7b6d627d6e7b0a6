using System.Text.Json;
using MedLedger.Consent.Commitments;
using MedLedger.Consent.Directives;
using MedLedger.Consent.Vault;
using MedLedger.Crypto.Fields;

namespace MedLedger.Consent.Access;

/// <summary>What decides for one patient, whatever record is asked for.</summary>
public sealed record PatientState
{
    /// <summary>The opaque key of the compartment.</summary>
    public required string PatientKey { get; init; }

    /// <summary><c>Patient/id</c>; null for the organization.</summary>
    public string? Patient { get; init; }

    /// <summary>All Consents stored for the patient, by storage ownership.</summary>
    public IReadOnlyList<ConsentDirective> Directives { get; init; } = [];

    /// <summary>All grants of the patient that have not been deleted.</summary>
    public IReadOnlyList<CommittedGrant> Grants { get; init; } = [];

    /// <summary>References of who may read for the patient now.</summary>
    public IReadOnlyList<string> Delegates { get; init; } = [];

    /// <summary>Emergencies that were declared for the patient.</summary>
    public IReadOnlyList<Emergency> Emergencies { get; init; } = [];

    /// <summary>The patient's keys are being or have been erased.</summary>
    public bool IsErased { get; init; }

    /// <summary>Not all of the patient's Consents can be read: only the patient reads then.</summary>
    public bool IsUncertain { get; init; }
}

/// <summary>The current row of a record in one compartment, with its leaf in the patient's tree.</summary>
public readonly record struct CurrentRecord(string RecordKey, int Version, SealedCompartment Compartment, Fr Leaf);

/// <summary>
/// The gate before sealed rows: opens their facts here, where callers cannot see them, and asks <see cref="AccessGate"/>.
/// A row whose facts cannot be had, or a compartment whose patient's state is not given, is a denial.
/// </summary>
public sealed class RecordGate(RecordVault vault, AccessGate gate, TimeProvider time)
{
    /// <summary>The time by which it decides.</summary>
    public DateTimeOffset Now => time.GetUtcNow();

    /// <summary>The bounds by which it decides.</summary>
    public GateSettings Settings => gate.Settings;

    /// <summary>Decides for one record; a permit for every compartment is needed to open it.</summary>
    /// <param name="request">Who asks, for what; its resource is replaced by the facts of the row.</param>
    /// <param name="record">The row.</param>
    /// <param name="states">States by patient key.</param>
    /// <param name="chain">The chain, null when it is out of reach.</param>
    /// <param name="session">The openings that follow, which then need not open the facts again; null for none.</param>
    public IReadOnlyList<GateDecision> Decide(
        AccessRequest request,
        SealedRecord record,
        IReadOnlyDictionary<string, PatientState> states,
        ChainView? chain,
        OpeningSession? session = null
    )
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(record);
        ArgumentNullException.ThrowIfNull(states);
        var decisions = new List<GateDecision>(record.Compartments.Count);
        foreach (var sealedCompartment in record.Compartments)
        {
            var decision = DecideOne(request, record, sealedCompartment, states, chain, session);
            decisions.Add(decision);
            if (decision.Decision is AccessDecision.Deny)
                return decisions;
        }
        return decisions.Count > 0 ? decisions : [new(new AccessDecision.Deny(DenyReason.NoConsent), null, null)];
    }

    /// <summary>
    /// Decides whether a resource with these facts may be written into compartments. What it answers opens nothing: its
    /// permits are for version 0, which no record has.
    /// </summary>
    /// <param name="request">Who asks, for what (collect, correct).</param>
    /// <param name="facts">What the new content says.</param>
    /// <param name="meta">Type, labels and day that its leaf will have.</param>
    /// <param name="patientKeys">The compartments.</param>
    /// <param name="states">States by patient key.</param>
    /// <param name="chain">The chain, null when it is out of reach.</param>
    public bool MayWrite(
        AccessRequest request,
        ResourceFacts facts,
        RecordMeta meta,
        IReadOnlyList<string> patientKeys,
        IReadOnlyDictionary<string, PatientState> states,
        ChainView? chain
    )
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(facts);
        ArgumentNullException.ThrowIfNull(patientKeys);
        ArgumentNullException.ThrowIfNull(states);
        var compartments = new List<Compartment>();
        foreach (var patientKey in patientKeys)
        {
            if (!states.TryGetValue(patientKey, out var state) || state.Patient is null)
                return false;
            compartments.Add(ToCompartment(state, meta));
        }
        var asked = request with { Resource = facts };
        var decisions = gate.DecideAll(
            asked,
            vault.RecordKey(facts.Reference),
            0,
            compartments,
            chain,
            time.GetUtcNow()
        );
        return compartments.Count > 0 && decisions[^1].Decision is AccessDecision.Permit;
    }

    /// <summary>
    /// The keys of the Consents, deleted ones too, among all current records of a compartment: by facts that hash to the
    /// leaves, so that rows which somebody removed or exchanged hide none. Null when the facts of a record cannot be had or
    /// are not those of its leaf: it may be a Consent.
    /// </summary>
    public IReadOnlySet<string>? FindConsents(string patientKey, IEnumerable<CurrentRecord> records)
    {
        ArgumentNullException.ThrowIfNull(records);
        using var kek = vault.OpenEncryptionKey(patientKey);
        if (kek is null)
            return null;
        var found = new HashSet<string>(StringComparer.Ordinal);
        var opened = new List<(Fr, SealedFacts)>();
        foreach (var (recordKey, version, compartment, leaf) in records)
        {
            if (SealedFacts.Open(kek, recordKey, version, compartment.Facts) is not { } facts)
                return null;
            opened.Add((leaf, facts));
            if (facts.Facts.Type == "Consent")
                found.Add(recordKey);
        }
        return vault.Leaves.AreLeavesOf(opened) ? found : null;
    }

    /// <summary>
    /// The rules of a patient's Consents, when they were read in the last seconds and have these leaves now, deleted ones
    /// included; null when they have to be read.
    /// </summary>
    /// <param name="patientKey">The patient, whose keys are there.</param>
    /// <param name="leaves">The current leaves of all Consents, by record key.</param>
    public IReadOnlyList<ConsentDirective>? KnownDirectives(
        string patientKey,
        IReadOnlyDictionary<string, Fr> leaves
    ) => vault.Directives.Find(patientKey, leaves);

    /// <summary>Keeps for seconds what <see cref="TryOpenDirective"/> made of all Consents of a patient.</summary>
    /// <param name="patientKey">The patient.</param>
    /// <param name="leaves">The leaves that they were opened with, by record key.</param>
    /// <param name="directives">The rules.</param>
    public void KeepDirectives(
        string patientKey,
        IReadOnlyDictionary<string, Fr> leaves,
        IReadOnlyList<ConsentDirective> directives
    ) => vault.Directives.Keep(patientKey, leaves, directives);

    /// <summary>
    /// Reads a stored Consent as the rule that it is, for the gate's own use. False when the row is no Consent, cannot be
    /// opened, or is not readable as one.
    /// </summary>
    /// <param name="record">The row in its newest version.</param>
    /// <param name="keys">What opens it.</param>
    /// <param name="leaf">Its leaf in the patient's tree.</param>
    /// <param name="directive">The rule; null when the content says that the Consent was deleted.</param>
    public bool TryOpenDirective(SealedRecord record, CompartmentKeys keys, Fr leaf, out ConsentDirective? directive)
    {
        ArgumentNullException.ThrowIfNull(record);
        ArgumentNullException.ThrowIfNull(keys);
        directive = null;
        if (record.Compartments is not [var only] || vault.OpenFacts(record, only.PatientKey)?.Type != "Consent")
            return false;
        var permit = new AccessDecision.Permit(
            only.PatientKey,
            record.RecordKey,
            record.Version,
            "access",
            "gate",
            PermitBasis.Subject,
            0,
            time.GetUtcNow().AddSeconds(10),
            []
        );
        using var opened = vault.Open(permit, record, keys, leaf);
        if (opened is null)
            return false;
        var content = opened.Content().ToArray();
        return IsDeletion(content) || ConsentDirective.TryParse(content, out directive);
    }

    // A deletion is stored as type and id alone; whether a row is one, its content says, not the row.
    private static bool IsDeletion(byte[] content)
    {
        using var json = JsonDocument.Parse(content, new JsonDocumentOptions { MaxDepth = 512 });
        return json.RootElement.EnumerateObject().All(member => member.Name is "resourceType" or "id");
    }

    private GateDecision DecideOne(
        AccessRequest request,
        SealedRecord record,
        SealedCompartment compartment,
        IReadOnlyDictionary<string, PatientState> states,
        ChainView? chain,
        OpeningSession? session
    )
    {
        var facts = session is null
            ? vault.OpenFacts(record.RecordKey, record.Version, compartment)
            : session.Facts(record.RecordKey, record.Version, compartment);
        if (facts is null || !states.TryGetValue(compartment.PatientKey, out var state))
            return new GateDecision(new AccessDecision.Deny(DenyReason.KeysUnavailable), null, null);
        // Only the organization's own compartment may do without a patient.
        if (state.Patient is null && state.PatientKey != vault.OrganizationKey)
            return new GateDecision(new AccessDecision.Deny(DenyReason.KeysUnavailable), null, null);
        return gate.Decide(
            request with
            {
                Resource = facts.Facts,
            },
            record.RecordKey,
            record.Version,
            ToCompartment(state, facts.Meta),
            chain,
            time.GetUtcNow()
        );
    }

    private static Compartment ToCompartment(PatientState state, RecordMeta meta) =>
        new()
        {
            PatientKey = state.PatientKey,
            Patient = state.Patient,
            Meta = meta,
            Directives = state.Directives,
            Grants = state.Grants,
            Delegates = state.Delegates,
            Emergencies = state.Emergencies,
            IsErased = state.IsErased,
            IsUncertain = state.IsUncertain,
        };
}
