using System.Numerics;

namespace MedLedger.Consent.Grants;

/// <summary>
/// One conjunction that a patient's consents compile to, before it is committed: who, for which purposes and actions,
/// which types, labels and data period, when, with which model classes, how often (PROTOCOL, section 3).
/// Bit positions are those of <c>Vocabulary</c>.
/// </summary>
public sealed record Grant
{
    /// <summary>Reference of the grantee (Practitioner/.., Organization/..) as the consent names it.</summary>
    public required string Grantee { get; init; }

    /// <summary>Resource types, bit i = type i; 256 bits.</summary>
    public required BigInteger Types { get; init; }

    /// <summary>Labels that may occur on a record; 32 bits, the upper eight are the patient's exception classes.</summary>
    public required uint Labels { get; init; }

    /// <summary>Purposes of use; 64 bits.</summary>
    public required ulong Purposes { get; init; }

    /// <summary>Model classes; 16 bits.</summary>
    public required ushort ModelClasses { get; init; }

    /// <summary>Consent actions; 8 bits.</summary>
    public required byte Actions { get; init; }

    /// <summary>Uses, 1 to 65,536.</summary>
    public required int MaxUses { get; init; }

    /// <summary>Unix seconds from which the grant holds (inclusive), below 2^40.</summary>
    public required long NotBefore { get; init; }

    /// <summary>Unix seconds at which the grant ends (exclusive), below 2^40.</summary>
    public required long NotAfter { get; init; }

    /// <summary>First clinical day covered, days from 0001-01-01 (day 1), below 2^24; 0 covers undated records too.</summary>
    public required int DataFrom { get; init; }

    /// <summary>Last clinical day covered (inclusive), below 2^24.</summary>
    public required int DataTo { get; init; }
}
