using MedLedger.Consent.Access;

namespace MedLedger.Consent.Grants;

/// <summary>Who may receive a grant, and all that they act as and hold, complete: the consents are read for exactly this caller.</summary>
/// <param name="Reference">The reference whose key the grant is bound to.</param>
/// <param name="ActsAs">Organizations, groups, teams and roles they act as.</param>
/// <param name="Roles">Bare role codes.</param>
public sealed record GranteeIdentity(string Reference, IReadOnlyList<string> ActsAs, IReadOnlyList<string> Roles)
{
    /// <summary>Somebody who acts for nobody else.</summary>
    public GranteeIdentity(string reference)
        : this(reference, [], []) { }
}

/// <summary>What the compiler needs besides the consents.</summary>
public sealed record CompilerOptions
{
    /// <summary><c>Patient/id</c> by storage ownership.</summary>
    public required string Patient { get; init; }

    /// <summary>Grants start here at the earliest.</summary>
    public required DateTimeOffset ValidFrom { get; init; }

    /// <summary>Grants end here at the latest, also when a consent has no end.</summary>
    public required DateTimeOffset ValidUntil { get; init; }

    /// <summary>Analyses under one grant.</summary>
    public int MaxUses { get; init; } = 1024;

    /// <summary>Model classes, which a FHIR Consent cannot name; text extraction and de-identification unless said otherwise.</summary>
    public ushort ModelClasses { get; init; } = 0b11;

    /// <summary>Who may receive grants; null for everybody whom the consents name, each for themselves.</summary>
    public IReadOnlyList<GranteeIdentity>? Grantees { get; init; }

    /// <summary>Exception classes that live grants mention: the same criteria keep their bit, and no other takes it.</summary>
    public IReadOnlyList<ExceptionClass> LiveClasses { get; init; } = [];
}

/// <summary>Something that the consents permit and no grant covers, and why.</summary>
/// <param name="Consent"><c>Consent/id</c>; null when it concerns all.</param>
/// <param name="Provision">The rule's path.</param>
/// <param name="Grantee">Whom it concerns; null for everybody.</param>
/// <param name="Words">What is not covered, and why, in a sentence.</param>
public sealed record GrantGap(string? Consent, string? Provision, string? Grantee, string Words);

/// <summary>What the active consents of one patient come to.</summary>
public sealed record CompiledGrants
{
    /// <summary>As few conjunctions as were found; none permits what the consents deny.</summary>
    public required IReadOnlyList<Grant> Grants { get; init; }

    /// <summary>Bits that must stand on the patient's records before these grants are made.</summary>
    public required IReadOnlyList<ExceptionClass> ExceptionClasses { get; init; }

    /// <summary>What the consents permit and these grants do not cover.</summary>
    public required IReadOnlyList<GrantGap> Report { get; init; }

    /// <summary>SHA-256 over the canonical bytes of all consents compiled, with versions and the compiler's version.</summary>
    public required ReadOnlyMemory<byte> TermsDigest { get; init; }

    /// <summary>All 32 label bits of a record: what it is labelled with, and the patient's exception classes.</summary>
    public uint LabelsOf(ResourceFacts record)
    {
        ArgumentNullException.ThrowIfNull(record);
        return Vocabulary.RecordLabels(record.Labels) | new ExceptionClasses(ExceptionClasses).BitsOf(record);
    }
}
