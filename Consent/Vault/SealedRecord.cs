namespace MedLedger.Consent.Vault;

/// <summary>
/// One key pair per compartment, sensitivity class and epoch; records are sealed to its public key, so that they can be
/// written while the patient is away. A row of its own; it says nothing about the person.
/// </summary>
public sealed record Segment
{
    /// <summary>16 random bytes, hexadecimal. Primary key.</summary>
    public required string Id { get; init; }

    /// <summary>The opaque key of the compartment (<see cref="RecordVault.PatientKey"/>), 64 hexadecimal digits.</summary>
    public required string PatientKey { get; init; }

    /// <summary>The opaque key of compartment and class (<see cref="PatientIndex.ClassKey"/>). Unique together with <see cref="Epoch"/>.</summary>
    public required string ClassKey { get; init; }

    /// <summary>From 1; a revocation starts the next one. Records are sealed to the newest.</summary>
    public required int Epoch { get; init; }

    /// <summary>The X-Wing encapsulation key, 1,216 bytes.</summary>
    public required byte[] PublicKey { get; init; }

    /// <summary>
    /// HMAC of all other members under the compartment's key, 32 bytes: without it, whoever writes to the database could
    /// put a public key of their own here and read all later records.
    /// </summary>
    public required byte[] Authenticator { get; init; }
}

/// <summary>
/// A segment's private key, wrapped for one reader over a wrap under the compartment's key-encryption key. Who the reader
/// is does not stand in it: readers try the few stanzas of a segment.
/// </summary>
public sealed record KeyStanza
{
    /// <summary>16 random bytes, hexadecimal. Primary key.</summary>
    public required string Tag { get; init; }

    /// <summary><see cref="Segment.Id"/>.</summary>
    public required string SegmentId { get; init; }

    /// <summary>The wrapped key.</summary>
    public required byte[] Wrapped { get; init; }
}

/// <summary>One HPKE encapsulation to a segment, made for one write transaction and never rebuilt.</summary>
public sealed record KeyEncapsulation
{
    /// <summary>16 random bytes, hexadecimal. Primary key.</summary>
    public required string Id { get; init; }

    /// <summary><see cref="Segment.Id"/>.</summary>
    public required string SegmentId { get; init; }

    /// <summary><c>enc</c> of X-Wing, 1,120 bytes.</summary>
    public required byte[] Encapsulation { get; init; }
}

/// <summary>One version of one record, sealed.</summary>
public sealed record SealedRecord
{
    /// <summary><see cref="RecordVault.RecordKey"/> of its <c>Type/id</c>, 64 hexadecimal digits. Primary key with <see cref="Version"/>.</summary>
    public required string RecordKey { get; init; }

    /// <summary>From 1.</summary>
    public required int Version { get; init; }

    /// <summary>The padded and encrypted content. Its key is made of the shares of all compartments.</summary>
    public required byte[] Content { get; init; }

    /// <summary>One for each compartment, ordered by <see cref="SealedCompartment.PatientKey"/>; all are needed to open.</summary>
    public required IReadOnlyList<SealedCompartment> Compartments { get; init; }
}

/// <summary>What one record version has in one compartment. Primary key: record key, version, patient key.</summary>
public sealed record SealedCompartment
{
    /// <summary>The opaque key of the compartment.</summary>
    public required string PatientKey { get; init; }

    /// <summary><see cref="KeyEncapsulation.Id"/>; unique together with <see cref="Sequence"/>.</summary>
    public required string EncapsulationId { get; init; }

    /// <summary>The sequence number in the encapsulation's context, from 0.</summary>
    public required long Sequence { get; init; }

    /// <summary>The share of the record key, sealed in the HPKE context: 48 bytes.</summary>
    public required byte[] KeyShare { get; init; }

    /// <summary>The facts that consent rules speak of, with the opening of the record leaf, sealed under the compartment's facts key.</summary>
    public required byte[] Facts { get; init; }

    /// <summary>Keyed digest of the content (<see cref="PatientIndex.ContentTag"/>): equal content of the same record has the same tag. 32 bytes.</summary>
    public required byte[] ContentTag { get; init; }
}

/// <summary>The stored rows that open one compartment of a record.</summary>
public sealed record CompartmentKeys
{
    /// <summary>The segment of the encapsulation.</summary>
    public required Segment Segment { get; init; }

    /// <summary>The encapsulation that the compartment names.</summary>
    public required KeyEncapsulation Encapsulation { get; init; }

    /// <summary>All stanzas of the segment.</summary>
    public required IReadOnlyList<KeyStanza> Stanzas { get; init; }
}
