using MedLedger.Consent.Commitments;
using MedLedger.Consent.Delegations;
using MedLedger.Consent.Directives;
using MedLedger.Consent.Grants;

namespace MedLedger.Consent.Access;

/// <summary>Where a grant stands, from the patient's signature on.</summary>
public enum GrantState
{
    /// <summary>Signed, not yet seen in a block.</summary>
    Pending,

    /// <summary>In the consent tree at the block that was read.</summary>
    Active,

    /// <summary>The patient has signed its end; it counts as ended although no block has it yet.</summary>
    RevocationSigned,

    /// <summary>Ended on the chain.</summary>
    Revoked,
}

/// <summary>A grant of one patient as the gate sees it.</summary>
/// <param name="Grant">What it allows.</param>
/// <param name="Leaf">Its commitment G as in the consent tree, for the caller to find it again.</param>
/// <param name="State">Where it stands.</param>
/// <param name="UsesLeft">Analyses that may still be made under it.</param>
public sealed record CommittedGrant(Grant Grant, Crypto.Fields.Fr Leaf, GrantState State, int UsesLeft);

/// <summary>The state of the chain on which the gate decides.</summary>
/// <param name="Block">The block's number.</param>
/// <param name="Time">The block's time stamp.</param>
/// <param name="ReadAt">When, by the local clock, it was last confirmed to be the head.</param>
public sealed record ChainView(ulong Block, DateTimeOffset Time, DateTimeOffset ReadAt);

/// <summary>One compartment of a record: a patient with everything that decides for them, or the organization.</summary>
public sealed record Compartment
{
    /// <summary>The opaque key of the compartment.</summary>
    public required string PatientKey { get; init; }

    /// <summary><c>Patient/id</c>; null for the organization's compartment.</summary>
    public string? Patient { get; init; }

    /// <summary>Type, labels and day as the record's leaf in this patient's tree has them.</summary>
    public required RecordMeta Meta { get; init; }

    /// <summary>All Consents stored for the patient, active or not, chosen by storage ownership.</summary>
    public IReadOnlyList<ConsentDirective> Directives { get; init; } = [];

    /// <summary>All grants of the patient that have not been deleted.</summary>
    public IReadOnlyList<CommittedGrant> Grants { get; init; } = [];

    /// <summary>References of who may read for the patient now, within a recorded power (<c>RelatedPerson/id</c>).</summary>
    public IReadOnlyList<string> Delegates { get; init; } = [];

    /// <summary>Emergencies that were declared for the patient; which of them hold, the gate says.</summary>
    public IReadOnlyList<Emergency> Emergencies { get; init; } = [];

    /// <summary>The patient's keys are being or have been erased.</summary>
    public bool IsErased { get; init; }

    /// <summary>Not all of the patient's Consents can be read: one that is missing might forbid.</summary>
    public bool IsUncertain { get; init; }
}

/// <summary>What the gate answered for one compartment, with what it rests on.</summary>
public sealed record GateDecision(AccessDecision Decision, Evaluation? Evaluation, CommittedGrant? Grant);

/// <summary>Bounds of the gate. The defaults fail closed.</summary>
public sealed record GateSettings
{
    /// <summary>How long a permit opens records.</summary>
    public TimeSpan PermitLifetime { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How far the head's time, the request's time and the clock may lie apart.</summary>
    public TimeSpan MaxClockDifference { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>How long the chain may be out of reach before everything that needs it is denied.</summary>
    public TimeSpan MaxChainSilence { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// Who may declare an emergency: references that a caller acts as (PractitionerRole, Organization, or the practitioner).
    /// </summary>
    public IReadOnlyList<string> EmergencyRoles { get; init; } = [];

    /// <summary>How long an emergency lasts at the longest.</summary>
    public TimeSpan LongestEmergency { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>Whether a consent that forbids BTG binds in this jurisdiction.</summary>
    public bool DissentForbidsBreakGlass { get; init; } = true;

    /// <summary>By whose rules of age somebody acts for a patient.</summary>
    public Jurisdiction Jurisdiction { get; init; } = new(18, TimeSpan.Zero);
}

/// <summary>
/// The one gate before every record, on every path: the patient's consents permit, and a grant that the patient signed is
/// on the chain, not revoked, in its window, and covers the record. Pure: clock and chain state are arguments.
/// </summary>
public sealed class AccessGate(GateSettings settings)
{
    /// <summary>The bounds by which it decides.</summary>
    public GateSettings Settings => settings;

    private const string BreakGlassPurpose = "BTG";
    private const string EmergencyTreatment = "ETREAT";
    private const string Access = "access";
    private const string Use = "use";

    /// <summary>
    /// Decides for a record of one or several compartments; all have to permit. The answers are in the order of the
    /// compartments; after the first denial the list ends with it.
    /// </summary>
    public IReadOnlyList<GateDecision> DecideAll(
        AccessRequest request,
        string recordKey,
        int version,
        IReadOnlyList<Compartment> compartments,
        ChainView? chain,
        DateTimeOffset now
    )
    {
        ArgumentNullException.ThrowIfNull(compartments);
        var decisions = new List<GateDecision>(compartments.Count);
        foreach (var compartment in compartments)
        {
            decisions.Add(Decide(request, recordKey, version, compartment, chain, now));
            if (decisions[^1].Decision is AccessDecision.Deny)
                break;
        }
        return decisions.Count > 0 ? decisions : [Denied(DenyReason.NoConsent)];
    }

    /// <summary>
    /// Decides for one compartment. <see cref="AccessRequest.Patient"/> is replaced by the compartment's patient: whose
    /// record it is, storage says, not the caller.
    /// </summary>
    public GateDecision Decide(
        AccessRequest request,
        string recordKey,
        int version,
        Compartment compartment,
        ChainView? chain,
        DateTimeOffset now
    )
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(compartment);
        if (compartment.IsErased)
            return Denied(DenyReason.KeysUnavailable);
        if (!IsComplete(request, now))
            return Denied(DenyReason.IncompleteRequest);
        if (request.Scopes?.Any(s => s.Covers(request.Resource!.Type, compartment.Patient)) == false)
            return Denied(DenyReason.OutsideScope);

        GateDecision Permitted(
            PermitBasis basis,
            string grantee,
            ulong block,
            Evaluation? evaluation = null,
            CommittedGrant? grant = null
        ) =>
            new(
                new AccessDecision.Permit(
                    compartment.PatientKey,
                    recordKey,
                    version,
                    request.Action!,
                    grantee,
                    basis,
                    block,
                    now + settings.PermitLifetime,
                    evaluation?.Obligations ?? []
                ),
                evaluation,
                grant
            );

        if (compartment.Patient is null)
            return Permitted(PermitBasis.Organization, request.Actors[0], 0);
        if (request.Action != Use && IsSubject(request, compartment))
            return Permitted(PermitBasis.Subject, request.Actors[0], 0);
        if (compartment.IsUncertain)
            return Denied(DenyReason.KeysUnavailable);

        GateDecision ByConsent()
        {
            var evaluation = Evaluate(compartment, request);
            if (!evaluation.Permitted)
                return Denied(evaluation.Reason!.Value, evaluation);
            if (!IsCurrent(chain, now))
                return Denied(DenyReason.ChainUnavailable, evaluation);
            var (grant, reason) = Find(compartment, request, chain!.Time.ToUnixTimeSeconds());
            return grant is null
                ? Denied(reason, evaluation)
                : Permitted(PermitBasis.Consent, grant.Grant.Grantee, chain.Block, evaluation, grant);
        }

        GateDecision ByEmergency()
        {
            var evaluation = Evaluate(compartment, request with { Purpose = BreakGlassPurpose });
            return MayBreakGlass(request, compartment, evaluation, now)
                ? Permitted(PermitBasis.BreakGlass, request.Actors[0], 0, evaluation)
                : Denied(evaluation.Reason ?? DenyReason.IncompleteRequest, evaluation);
        }

        if (request.Purpose == BreakGlassPurpose)
            return ByEmergency();
        var decision = ByConsent();
        if (decision.Decision is AccessDecision.Permit || request.Purpose != EmergencyTreatment)
            return decision;
        // Emergency treatment is what a consent may permit; where it does not, a declaration may.
        var emergency = ByEmergency();
        return emergency.Decision is AccessDecision.Permit ? emergency : decision;
    }

    private static Evaluation Evaluate(Compartment compartment, AccessRequest request) =>
        ConsentEvaluator.Evaluate(compartment.Directives, request with { Patient = compartment.Patient! });

    private static GateDecision Denied(DenyReason reason, Evaluation? evaluation = null) =>
        new(new AccessDecision.Deny(reason), evaluation, null);

    /// <summary>Purpose, action, time, caller and resource are stated, and the time is now.</summary>
    private bool IsComplete(AccessRequest request, DateTimeOffset now)
    {
        if (request.Actors.Count == 0 || request.Resource is null || Vocabulary.ActionBit(request.Action) is null)
            return false;
        if (string.IsNullOrEmpty(request.Purpose) || FhirInterval.Parse(request.Time) is not { } time)
            return false;
        if (time.OffsetMinutes is null)
            return false;
        return (new DateTimeOffset(time.InUtc(0).Start, TimeSpan.Zero) - now).Duration() <= settings.MaxClockDifference;
    }

    /// <summary>
    /// The patient reads, and adds to, what is theirs; who acts for the patient within a power to read, reads it (GDPR 15
    /// and 20, HIPAA 164.524 and 164.502(g)).
    /// </summary>
    private static bool IsSubject(AccessRequest request, Compartment compartment) =>
        request.Actors.Contains(compartment.Patient!, StringComparer.Ordinal)
        || (
            request.Action == Access
            && compartment.Delegates.Any(one => request.Actors.Contains(one, StringComparer.Ordinal))
        );

    /// <summary>
    /// An emergency that this caller declared for this patient, and that has not ended. A consent that forbids it binds
    /// where the jurisdiction lets it; that no consent permits does not matter. It opens for reading, never for a proof.
    /// </summary>
    private bool MayBreakGlass(
        AccessRequest request,
        Compartment compartment,
        Evaluation evaluation,
        DateTimeOffset now
    ) =>
        request.Action == Access
        && compartment.Emergencies.Any(one => one.HoldsFor(request, settings, now))
        && !(settings.DissentForbidsBreakGlass && evaluation.Reason == DenyReason.Forbidden);

    private bool IsCurrent(ChainView? chain, DateTimeOffset now) =>
        chain is not null
        && now - chain.ReadAt <= settings.MaxChainSilence
        && (now - chain.Time).Duration() <= settings.MaxClockDifference;

    /// <summary>
    /// The first grant that covers the request and stands. Otherwise the reason that came closest: a revocation, uses
    /// counted up, a window, then that there is none.
    /// </summary>
    private static (CommittedGrant? Grant, DenyReason Reason) Find(
        Compartment compartment,
        AccessRequest request,
        long blockTime
    )
    {
        var reason = DenyReason.NoGrant;
        if (Vocabulary.PurposeBit(request.Purpose) is not { } purpose)
            return (null, reason);
        var action = Vocabulary.ActionBit(request.Action)!.Value;
        foreach (var candidate in compartment.Grants)
        {
            var grant = candidate.Grant;
            if (
                !request.Actors.Contains(grant.Grantee, StringComparer.Ordinal)
                || !grant.Allows(purpose, action)
                || !grant.Covers(compartment.Meta)
            )
                continue;
            if (candidate.State is GrantState.Revoked or GrantState.RevocationSigned)
                reason = DenyReason.Revoked;
            else if (candidate.State == GrantState.Pending)
                continue;
            else if (!grant.HoldsAt(blockTime))
                reason = reason == DenyReason.NoGrant ? DenyReason.OutsideValidity : reason;
            else if (request.Action == Use && candidate.UsesLeft <= 0)
                reason = reason == DenyReason.Revoked ? reason : DenyReason.UsesExhausted;
            else
                return (candidate, reason);
        }
        return (null, reason);
    }
}
