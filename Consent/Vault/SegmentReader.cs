using MedLedger.Consent.Access;

namespace MedLedger.Consent.Vault;

/// <summary>Somebody who may hold a stanza of a segment.</summary>
public sealed record SegmentReader
{
    private SegmentReader(string label, string reference) => (Label, Reference) = (label, reference);

    /// <summary>The patient; every segment of a patient has this stanza, and readers are added through it.</summary>
    public static SegmentReader Subject { get; } = new("reader/subject", "");

    /// <summary>Break-glass: every segment of a patient has this stanza; its use is logged first and reviewed.</summary>
    public static SegmentReader BreakGlass { get; } = new("reader/break-glass", "");

    /// <summary>Whoever works for the organization, on resources of no patient.</summary>
    public static SegmentReader Organization { get; } = new("reader/organization", "");

    internal string Label { get; }

    internal string Reference { get; }

    /// <summary>A grantee as the consent names it (<c>Practitioner/x</c>, <c>Organization/y</c>); its stanza lasts as long as the consent.</summary>
    public static SegmentReader Grantee(string reference)
    {
        ArgumentException.ThrowIfNullOrEmpty(reference);
        return new SegmentReader("reader/grantee", reference);
    }

    internal static SegmentReader Of(AccessDecision.Permit permit) =>
        permit.Basis switch
        {
            PermitBasis.Consent => Grantee(permit.Grantee),
            PermitBasis.Subject => Subject,
            PermitBasis.BreakGlass => BreakGlass,
            PermitBasis.Organization => Organization,
            _ => throw new System.Diagnostics.UnreachableException(),
        };
}
