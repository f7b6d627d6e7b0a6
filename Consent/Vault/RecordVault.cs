using System.Security.Cryptography;
using System.Text;
using MedLedger.Consent.Access;
using MedLedger.Consent.Grants;
using MedLedger.Crypto.Fields;
using MedLedger.Crypto.Sealing;

namespace MedLedger.Consent.Vault;

/// <summary>
/// Seals records and opens them for a permit: the only code that decrypts a record. Rows are the caller's to store; it
/// keeps contexts of encapsulations (<see cref="RecipientCache"/>) and Consents as rules (<see cref="DirectiveCache"/>)
/// for seconds, digests of what was checked (<see cref="CheckedLeaves"/>), and nothing else. Safe for several threads. A null answer means that the thing cannot be had (keys erased,
/// no stanza, damaged or exchanged rows, a permit for something else or too old) and never says which.
/// </summary>
public sealed class RecordVault : IDisposable
{
    private readonly IKeyCustody _custody;
    private readonly TimeProvider _time;
    private readonly SecretKey _recordKeys;
    private readonly SecretKey _patientKeys;
    private readonly SecretKey _tokens;
    private readonly SecretKey _readers;
    private long _forgotten;

    /// <summary>Opens the vault of one deployment.</summary>
    /// <param name="custody">Where the keys live.</param>
    /// <param name="deployment">16 random bytes in 32 hexadecimal digits, chosen once and kept with the data.</param>
    /// <param name="time">Decides whether a permit has expired.</param>
    public RecordVault(IKeyCustody custody, string deployment, TimeProvider time)
    {
        _custody = custody;
        _time = time;
        Recipients = new RecipientCache(time);
        Directives = new DirectiveCache(time);
        Deployment = Identifiers.Parse(deployment, Identifiers.RandomSize, nameof(deployment));
        using var tenant = custody.OpenTenantKey(CustodyAccess.Instance);
        _recordKeys = tenant.Derive("record-keys");
        _patientKeys = tenant.Derive("patient-keys");
        _tokens = tenant.Derive("tenant-tokens");
        _readers = tenant.Derive("readers");
        OrganizationKey = Convert.ToHexStringLower(_patientKeys.Mac("organization"u8));
    }

    /// <summary>The opaque key of the organization's compartment, for resources of no patient.</summary>
    public string OrganizationKey { get; }

    internal byte[] Deployment { get; }

    internal RecipientCache Recipients { get; }

    internal DirectiveCache Directives { get; }

    internal CheckedLeaves Leaves { get; } = new();

    /// <summary>Forgets what is kept of a compartment between requests, when its keys are shredded here.</summary>
    public void Forget(string patientKey)
    {
        Interlocked.Increment(ref _forgotten);
        Recipients.Forget(patientKey);
        Directives.Forget(patientKey);
    }

    /// <summary>How often a compartment was forgotten: what was sealed before the last time may be for nobody.</summary>
    public long Forgotten => Interlocked.Read(ref _forgotten);

    /// <summary>Whether the keys of a compartment can be had.</summary>
    public bool HasKeys(string patientKey)
    {
        using var kek = OpenEncryptionKey(patientKey);
        return kek is not null;
    }

    /// <summary>The opaque storage key of a record: keyed hash of its <c>Type/id</c>, 64 hexadecimal digits.</summary>
    public string RecordKey(string reference) =>
        Convert.ToHexStringLower(_recordKeys.Mac(Encoding.UTF8.GetBytes(reference)));

    /// <summary>The opaque key of a patient's compartment, from <c>Patient/id</c>; unlike the key of the Patient resource.</summary>
    public string PatientKey(string patientReference) =>
        Convert.ToHexStringLower(_patientKeys.Mac(Encoding.UTF8.GetBytes("patient\0" + patientReference)));

    /// <summary>
    /// A search token that is equal across patients: for business identifiers, and family name with birth date as one
    /// token, only (it shows which patients share a value). 32 hexadecimal digits.
    /// </summary>
    public string TenantToken(string parameter, string value) => SearchToken.Compute(_tokens, "", parameter, value);

    /// <summary>Creates a compartment's keys in custody. False when it was erased: it never comes back.</summary>
    public bool TryCreateCompartment(string patientKey) => _custody.TryCreate(CustodyAccess.Instance, patientKey);

    /// <summary>Seals a patient's own reference for the row of the compartment; null when its keys cannot be had.</summary>
    public byte[]? SealReference(string patientKey, string patientReference)
    {
        using var kek = OpenEncryptionKey(patientKey);
        return kek is null
            ? null
            : SealedBytes.Seal(
                kek,
                "patient-reference",
                Encoding.ASCII.GetBytes(patientKey),
                Encoding.UTF8.GetBytes(patientReference)
            );
    }

    /// <summary><c>Patient/id</c> of a compartment; null when its keys cannot be had or the row is not what was sealed.</summary>
    public string? OpenReference(string patientKey, byte[] sealedReference)
    {
        using var kek = OpenEncryptionKey(patientKey);
        var opened = kek is null
            ? null
            : SealedBytes.Open(kek, "patient-reference", Encoding.ASCII.GetBytes(patientKey), sealedReference);
        return opened is null ? null : Encoding.UTF8.GetString(opened);
    }

    /// <summary>The keyed digests of one compartment; null when its keys cannot be had.</summary>
    public PatientIndex? OpenIndex(string patientKey)
    {
        using var kek = _custody.OpenEncryptionKey(CustodyAccess.Instance, patientKey);
        return kek is null ? null : new PatientIndex(kek);
    }

    /// <summary>
    /// Makes a segment: a key pair, wrapped for its readers. The patient and break-glass are always among them (in the
    /// organization's compartment, the organization alone is).
    /// </summary>
    /// <param name="patientKey">The compartment.</param>
    /// <param name="classKey"><see cref="PatientIndex.ClassKey"/>.</param>
    /// <param name="epoch">From 1, one more than the newest segment of the class.</param>
    /// <param name="grantees">Grantees whose consent lasts and covers the class.</param>
    /// <returns>Null when the compartment's keys cannot be had.</returns>
    public NewSegment? CreateSegment(
        string patientKey,
        string classKey,
        int epoch,
        IEnumerable<SegmentReader>? grantees = null
    )
    {
        using var kek = _custody.OpenEncryptionKey(CustodyAccess.Instance, patientKey);
        if (kek is null)
            return null;
        SegmentReader[] own = string.Equals(patientKey, OrganizationKey, StringComparison.Ordinal)
            ? [SegmentReader.Organization]
            : [SegmentReader.Subject, SegmentReader.BreakGlass];
        return SegmentKeys.Create(this, kek, patientKey, classKey, epoch, own.Union(grantees ?? []));
    }

    /// <summary>Makes the stanza that lets one more reader open a segment; null when its keys cannot be had.</summary>
    public KeyStanza? AddReader(Segment segment, IReadOnlyList<KeyStanza> stanzas, SegmentReader reader)
    {
        using var kek = _custody.OpenEncryptionKey(CustodyAccess.Instance, segment.PatientKey);
        if (kek is null)
            return null;
        var own = string.Equals(segment.PatientKey, OrganizationKey, StringComparison.Ordinal)
            ? SegmentReader.Organization
            : SegmentReader.Subject;
        var privateKey = SegmentKeys.Unwrap(this, kek, segment, stanzas, own, out _);
        if (privateKey is null)
            return null;
        try
        {
            return SegmentKeys.Wrap(this, kek, segment, reader, privateKey);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(privateKey);
        }
    }

    /// <summary>The stanza that this reader holds among the given ones, to delete it; null when it holds none.</summary>
    public KeyStanza? FindReader(Segment segment, IReadOnlyList<KeyStanza> stanzas, SegmentReader reader)
    {
        using var kek = _custody.OpenEncryptionKey(CustodyAccess.Instance, segment.PatientKey);
        if (kek is null)
            return null;
        var privateKey = SegmentKeys.Unwrap(this, kek, segment, stanzas, reader, out var found);
        CryptographicOperations.ZeroMemory(privateKey);
        return found;
    }

    /// <summary>Starts the sealing of one write transaction: one HPKE encapsulation for each segment that it touches.</summary>
    public SealingTransaction BeginSealing() => new(this);

    /// <summary>Starts a series of openings that share unwrapped keys for the length of one request.</summary>
    public OpeningSession BeginOpening() => new(this);

    /// <summary>Opens a record that is in one compartment. See <see cref="OpeningSession.Open(AccessDecision.Permit, SealedRecord, CompartmentKeys, Fr)"/>.</summary>
    public OpenedRecord? Open(AccessDecision.Permit permit, SealedRecord record, CompartmentKeys keys, Fr leaf)
    {
        using var session = BeginOpening();
        return session.Open(permit, record, keys, leaf);
    }

    /// <summary>
    /// The facts of a record, for the gate, without its content; null when the compartment's keys cannot be had or the
    /// row is not what was sealed. A row that was rolled back shows here, and is refused when it is opened.
    /// </summary>
    internal ResourceFacts? OpenFacts(SealedRecord record, string patientKey)
    {
        var compartment = record.Compartments.FirstOrDefault(c =>
            string.Equals(c.PatientKey, patientKey, StringComparison.Ordinal)
        );
        return compartment is null ? null : OpenFacts(record.RecordKey, record.Version, compartment)?.Facts;
    }

    internal SealedFacts? OpenFacts(string recordKey, int version, SealedCompartment compartment)
    {
        using var kek = OpenEncryptionKey(compartment.PatientKey);
        return kek is null ? null : SealedFacts.Open(kek, recordKey, version, compartment.Facts);
    }

    /// <summary>
    /// Gives a record the exception bits that are in force for the compartment's patient: the facts are sealed again with
    /// a new salt, the content stays sealed. A record that has them already stays as it is. Null when the keys cannot be
    /// had or the row is not what was sealed.
    /// </summary>
    public Relabelled? Relabel(
        string recordKey,
        int version,
        SealedCompartment compartment,
        ExceptionClasses classes
    ) => Relabel(recordKey, version, compartment, classes, labelled: null);

    /// <summary>The same, with the facts of a labelling; null leaves the record's own labels as they are.</summary>
    internal Relabelled? Relabel(
        string recordKey,
        int version,
        SealedCompartment compartment,
        ExceptionClasses classes,
        ResourceFacts? labelled
    )
    {
        ArgumentNullException.ThrowIfNull(compartment);
        ArgumentNullException.ThrowIfNull(classes);
        using var kek = OpenEncryptionKey(compartment.PatientKey);
        if (kek is null || SealedFacts.Open(kek, recordKey, version, compartment.Facts) is not { } facts)
            return null;
        var own = labelled is null
            ? facts.Meta.Labels & Vocabulary.AllLabels
            : Vocabulary.RecordLabels(labelled.Labels);
        var labels = own | classes.BitsOf(labelled ?? facts.Facts);
        var isSame =
            labelled is null
            || (Same(labelled.Labels, facts.Facts.Labels) && Same(labelled.Grounds, facts.Facts.Grounds));
        if (labels == facts.Meta.Labels && isSame)
            return new Relabelled(compartment, facts.Leaf, facts.Leaf, IsChanged: false);
        var changed = SealedFacts.Create(
            labelled is null ? facts.Facts : facts.Facts with { Labels = labelled.Labels, Grounds = labelled.Grounds },
            new(facts.Meta.Type, labels, facts.Meta.Day),
            facts.ContentDigest
        );
        var row = compartment with { Facts = changed.Seal(kek, recordKey, version) };
        return new Relabelled(row, facts.Leaf, changed.Leaf, IsChanged: true);

        static bool Same<T>(IReadOnlyList<T> one, IReadOnlyList<T> other) =>
            one.Count == other.Count && one.Zip(other).All(pair => pair.First!.Equals(pair.Second));
    }

    /// <summary>
    /// The labels that the patient gave a record, as a stored version has them, for the next version to keep; none when it
    /// does not open.
    /// </summary>
    public IReadOnlyList<LabelGround> RaisedLabels(string recordKey, int version, SealedCompartment compartment)
    {
        ArgumentNullException.ThrowIfNull(compartment);
        var facts = OpenFacts(recordKey, version, compartment)?.Facts;
        return [.. (facts?.Grounds ?? []).Where(ground => ground.Source == LabelGround.Patient)];
    }

    internal SecretKey? OpenEncryptionKey(string patientKey) =>
        _custody.OpenEncryptionKey(CustodyAccess.Instance, patientKey);

    internal SecretKey? OpenSigningKey(string patientKey) =>
        _custody.OpenSigningKey(CustodyAccess.Instance, patientKey);

    /// <summary>A permit for what the vault does with a record itself, without giving its content out.</summary>
    internal AccessDecision.Permit OwnPermit(SealedRecord record, string patientKey) =>
        new(
            patientKey,
            record.RecordKey,
            record.Version,
            "access",
            "vault",
            string.Equals(patientKey, OrganizationKey, StringComparison.Ordinal)
                ? PermitBasis.Organization
                : PermitBasis.Subject,
            0,
            _time.GetUtcNow().AddSeconds(10),
            []
        );

    internal bool HasExpired(AccessDecision.Permit permit) => _time.GetUtcNow() >= permit.Expires;

    /// <summary>The key of a reader; the patient's own is derived from the compartment's key, all others from the tenant key.</summary>
    internal SecretKey ReaderKey(SecretKey kek, SegmentReader reader) =>
        reader == SegmentReader.Subject
            ? kek.Derive(reader.Label)
            : _readers.Derive(reader.Label, Encoding.UTF8.GetBytes(reader.Reference));

    /// <inheritdoc/>
    public void Dispose()
    {
        Recipients.Dispose();
        _recordKeys.Dispose();
        _patientKeys.Dispose();
        _tokens.Dispose();
        _readers.Dispose();
    }
}
