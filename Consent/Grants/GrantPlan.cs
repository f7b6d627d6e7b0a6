using MedLedger.Consent.Access;
using MedLedger.Consent.Directives;

namespace MedLedger.Consent.Grants;

/// <summary>
/// What a change of consent asks of the chain, as little as possible and in this order: revocations, alone and at once; then
/// the labels of the patient's records; an anchor; then the new grants (PROTOCOL, section 3).
/// </summary>
public sealed record GrantPlan
{
    /// <summary>Live grants that allow more than the consents now do.</summary>
    public required IReadOnlyList<CommittedGrant> Revocations { get; init; }

    /// <summary>Exception classes that are new: records have to be labelled and anchored before the grants are made.</summary>
    public required IReadOnlyList<ExceptionClass> NewClasses { get; init; }

    /// <summary>Grants to sign.</summary>
    public required IReadOnlyList<Grant> Grants { get; init; }

    /// <summary>Live grants that stay.</summary>
    public required IReadOnlyList<CommittedGrant> Kept { get; init; }

    /// <summary>Exception bits that nothing mentions any more once the revocations are on the chain.</summary>
    public required IReadOnlyList<int> FreedBits { get; init; }

    /// <summary>
    /// The exception classes that records have to carry before the grants are made: those of the new grants, of the grants
    /// that stay, and of grants whose end no block has yet.
    /// </summary>
    public ExceptionClasses Labels { get; init; } = ExceptionClasses.None;

    /// <summary>What the consents came to; null when the plan was not made from consents.</summary>
    public CompiledGrants? Compiled { get; init; }

    /// <summary>Whether the chain has to do nothing.</summary>
    public bool IsEmpty => Revocations.Count == 0 && Grants.Count == 0;

    /// <summary>
    /// Compiles the consents as they are now, with the exception bits that grants on the chain still mention, and compares.
    /// As long as the plan has revocations they go first, and the plan is made again when the chain has them: a bit is
    /// used again only when no live grant mentions it. A plan without revocations can be carried out.
    /// </summary>
    /// <param name="directives">All consents of the patient, by storage ownership.</param>
    /// <param name="options">Options of the compiler; live classes are filled in here.</param>
    /// <param name="live">Grants of the patient that have not ended on the chain.</param>
    /// <param name="classes">Exception classes that records carry now; null when that cannot be known.</param>
    /// <param name="areAllKnown">False when a grant is on the chain whose content cannot be read: then every bit stays taken.</param>
    /// <param name="now">The time of the change.</param>
    /// <param name="renewal">A grant that ends sooner than this from now, though the consents go on, is made anew.</param>
    public static GrantPlan Make(
        IReadOnlyList<ConsentDirective> directives,
        CompilerOptions options,
        IReadOnlyList<CommittedGrant> live,
        ExceptionClasses? classes,
        bool areAllKnown,
        DateTimeOffset now,
        TimeSpan renewal
    )
    {
        ArgumentNullException.ThrowIfNull(directives);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(live);
        var seconds = now.ToUnixTimeSeconds();
        var standing = live.Where(one => one.State != GrantState.Revoked && one.Grant.NotAfter > seconds).ToList();
        var grants = standing.ConvertAll(one => one.Grant);
        IReadOnlyList<ExceptionClass> taken =
        [
            .. (classes ?? ExceptionClasses.None).All.Where(one => !areAllKnown || Forbidden(grants, one.Bit)),
        ];
        var compiled = GrantCompiler.Compile(directives, options with { LiveClasses = taken });
        var plan = Diff(standing, taken, compiled, now, renewal) with
        {
            Labels = new ExceptionClasses(compiled.ExceptionClasses),
            Compiled = compiled,
        };
        if (classes is not null)
            return plan;
        // Nobody knows any more what the bits on the records mean: no grant that mentions one may stay, and none may be
        // made while a grant that may mention one stands.
        return plan with
        {
            Revocations = [.. plan.Revocations, .. plan.Kept.Where(one => Mentions(one.Grant))],
            Kept = [.. plan.Kept.Where(one => !Mentions(one.Grant))],
            Grants = [.. plan.Grants.Where(one => areAllKnown || !Mentions(one))],
        };
    }

    /// <summary>
    /// A live grant stays when one compiled grant allows all that it still can allow; a compiled grant is made unless a
    /// grant that stays already gives it, at least until <paramref name="renewal"/> from now.
    /// </summary>
    /// <param name="live">Grants of the patient, in any state.</param>
    /// <param name="liveClasses">Exception classes in use; the same that the compiler was given.</param>
    /// <param name="compiled">What the consents now come to.</param>
    /// <param name="now">The time of the change.</param>
    /// <param name="renewal">A grant that ends sooner than this from now, though the consents go on, is made anew.</param>
    public static GrantPlan Diff(
        IReadOnlyList<CommittedGrant> live,
        IReadOnlyList<ExceptionClass> liveClasses,
        CompiledGrants compiled,
        DateTimeOffset now,
        TimeSpan renewal
    )
    {
        ArgumentNullException.ThrowIfNull(live);
        ArgumentNullException.ThrowIfNull(liveClasses);
        ArgumentNullException.ThrowIfNull(compiled);
        var seconds = now.ToUnixTimeSeconds();
        var horizon = (now + renewal).ToUnixTimeSeconds();
        var standing = live.Where(one =>
                one.State is GrantState.Active or GrantState.Pending && one.Grant.NotAfter > seconds
            )
            .ToList();
        var kept = standing.FindAll(one =>
            one.UsesLeft > 0 && compiled.Grants.Any(grant => Allows(grant, one.Grant, seconds, one.Grant.NotAfter))
        );
        var missing = compiled
            .Grants.Where(grant =>
                grant.NotAfter > seconds
                && !kept.Exists(one => Allows(one.Grant, grant, seconds, Math.Min(grant.NotAfter, horizon)))
            )
            .ToList();
        var mentioned = missing.Concat(kept.Select(one => one.Grant)).ToList();
        return new GrantPlan
        {
            Revocations = [.. standing.Where(one => !kept.Contains(one))],
            NewClasses =
            [
                .. compiled.ExceptionClasses.Where(one =>
                    Forbidden(mentioned, one.Bit) && !liveClasses.Any(other => other.Key == one.Key)
                ),
            ],
            Grants = missing,
            Kept = kept,
            FreedBits = [.. liveClasses.Select(one => one.Bit).Where(bit => !Forbidden(mentioned, bit))],
        };
    }

    /// <summary>Whether the outer grant allows everything that the inner one does from a second on until another.</summary>
    private static bool Allows(Grant outer, Grant inner, long from, long until) =>
        outer.Grantee == inner.Grantee
        && (inner.Types & ~outer.Types).IsZero
        && (inner.Labels & ~outer.Labels) == 0
        && (inner.Purposes & ~outer.Purposes) == 0
        && (inner.Actions & ~outer.Actions) == 0
        && (inner.ModelClasses & ~outer.ModelClasses) == 0
        && outer.DataFrom <= inner.DataFrom
        && inner.DataTo <= outer.DataTo
        && outer.NotBefore <= Math.Max(inner.NotBefore, from)
        && until <= outer.NotAfter;

    private static bool Mentions(Grant grant) => (grant.Labels & ExceptionClasses.AllBits) != ExceptionClasses.AllBits;

    private static bool Forbidden(List<Grant> grants, int bit) =>
        grants.Exists(grant => ((grant.Labels >> bit) & 1) == 0);
}
