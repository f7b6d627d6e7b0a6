using System.Security.Cryptography;
using MedLedger.Consent.Access;
using MedLedger.Consent.Commitments;
using MedLedger.Crypto.Fields;
using MedLedger.Crypto.Hpke;
using MedLedger.Crypto.Sealing;

namespace MedLedger.Consent.Vault;

/// <summary>
/// Openings of one request. Keys, facts and contexts of encapsulations are kept for its length, so that many records of
/// one write cost one decapsulation; every record still needs its own permit. For one thread.
/// </summary>
public sealed class OpeningSession : IDisposable
{
    private readonly RecordVault _vault;
    private readonly Dictionary<(string Encapsulation, SegmentReader Reader), RecipientCache.Lease> _contexts = [];
    private readonly Dictionary<string, SecretKey?> _keys = new(StringComparer.Ordinal);
    private readonly Dictionary<byte[], SealedFacts?> _facts = new(ReferenceEqualityComparer.Instance);

    internal OpeningSession(RecordVault vault) => _vault = vault;

    /// <summary>Opens a record that is in one compartment.</summary>
    /// <param name="permit">For this record and version, not expired.</param>
    /// <param name="record">The row.</param>
    /// <param name="keys">The rows that open it.</param>
    /// <param name="leaf">
    /// The current leaf of the record in its record tree, which the caller has checked against the root in the log. A row
    /// that was forged or rolled back does not hash to it and is refused.
    /// </param>
    /// <returns>Null when it cannot be opened; the reason is not told.</returns>
    public OpenedRecord? Open(AccessDecision.Permit permit, SealedRecord record, CompartmentKeys keys, Fr leaf) =>
        Open(
            [permit],
            record,
            [keys],
            new Dictionary<string, Fr>(StringComparer.Ordinal) { [permit.PatientKey] = leaf }
        );

    /// <summary>Opens a record that is in several patients' compartments: a permit, keys and a leaf of each are needed.</summary>
    /// <param name="permits">One for each compartment, of the same caller and action; the first one's opening is the record's.</param>
    /// <param name="record">The row.</param>
    /// <param name="keys">One for each compartment.</param>
    /// <param name="leaves">The current leaves, by patient key.</param>
    public OpenedRecord? Open(
        IReadOnlyList<AccessDecision.Permit> permits,
        SealedRecord record,
        IReadOnlyList<CompartmentKeys> keys,
        IReadOnlyDictionary<string, Fr> leaves
    ) => OpenWith(permits, record, keys, leaves);

    /// <summary>
    /// Opens an earlier version, whose leaf the tree no longer has. The permits name that version, and its facts are sealed
    /// under it, so that it cannot pass for the current one.
    /// </summary>
    public OpenedRecord? OpenSuperseded(
        IReadOnlyList<AccessDecision.Permit> permits,
        SealedRecord record,
        IReadOnlyList<CompartmentKeys> keys
    ) => OpenWith(permits, record, keys, leaves: null);

    private OpenedRecord? OpenWith(
        IReadOnlyList<AccessDecision.Permit> permits,
        SealedRecord record,
        IReadOnlyList<CompartmentKeys> keys,
        IReadOnlyDictionary<string, Fr>? leaves
    )
    {
        if (
            permits.Count == 0
            || permits.Any(p => !string.Equals(p.Action, permits[0].Action, StringComparison.Ordinal))
            || permits.Count != record.Compartments.Count
            || !Identifiers.TryParse(record.RecordKey, Identifiers.KeyedSize, out _)
        )
            return null;

        using var key = new ContentKey();
        var openings = new Dictionary<string, SealedFacts>(StringComparer.Ordinal);
        foreach (var compartment in record.Compartments.OrderBy(c => c.PatientKey, StringComparer.Ordinal))
        {
            var permit = permits.FirstOrDefault(p => Fits(p, record, compartment));
            if (permit is null)
                return null;
            if (Share(permit, record, compartment, keys) is not var (header, share))
                return null;
            key.Add(header, share);

            var facts = Facts(record.RecordKey, record.Version, compartment);
            _facts.Remove(compartment.Facts);
            if (facts is null || !openings.TryAdd(compartment.PatientKey, facts))
                return null;
            if (
                leaves is not null
                && !(leaves.TryGetValue(compartment.PatientKey, out var leaf) && _vault.Leaves.IsLeafOf(leaf, facts))
            )
                return null;
        }

        var content = key.Open(record.Content);
        if (content is null)
            return null;
        var digest = Digest248.Of(content);
        if (openings.Values.Any(o => o.ContentDigest != digest))
        {
            CryptographicOperations.ZeroMemory(content);
            return null;
        }
        return new OpenedRecord(record, content, openings[permits[0].PatientKey], permits);
    }

    private bool Fits(AccessDecision.Permit permit, SealedRecord record, SealedCompartment compartment) =>
        string.Equals(permit.RecordKey, record.RecordKey, StringComparison.Ordinal)
        && permit.Version == record.Version
        && string.Equals(permit.PatientKey, compartment.PatientKey, StringComparison.Ordinal)
        && (permit.Basis is PermitBasis.Organization)
            == string.Equals(permit.PatientKey, _vault.OrganizationKey, StringComparison.Ordinal)
        && !_vault.HasExpired(permit);

    private (byte[] Header, byte[] Share)? Share(
        AccessDecision.Permit permit,
        SealedRecord record,
        SealedCompartment compartment,
        IReadOnlyList<CompartmentKeys> keys
    )
    {
        var rows = keys.FirstOrDefault(k =>
            string.Equals(k.Encapsulation.Id, compartment.EncapsulationId, StringComparison.Ordinal)
            && string.Equals(k.Encapsulation.SegmentId, k.Segment.Id, StringComparison.Ordinal)
            && string.Equals(k.Segment.PatientKey, compartment.PatientKey, StringComparison.Ordinal)
        );
        if (rows is null || compartment.Sequence < 0 || Recipient(permit, rows) is not { } recipient)
            return null;
        var sequence = (ulong)compartment.Sequence;
        var header = SealingTransaction
            .Header(_vault, rows.Segment, record.RecordKey, record.Version, sequence)
            .Encode();
        var share = recipient.Open(sequence, header, compartment.KeyShare);
        return share is { Length: SecretKey.Size } ? (header, share) : null;
    }

    /// <summary>The facts of a row, opened once for the gate and for the opening that follows; null when they do not open.</summary>
    internal SealedFacts? Facts(string recordKey, int version, SealedCompartment compartment)
    {
        if (!_facts.TryGetValue(compartment.Facts, out var facts))
        {
            facts = Key(compartment.PatientKey) is { } kek
                ? SealedFacts.Open(kek, recordKey, version, compartment.Facts)
                : null;
            _facts.Add(compartment.Facts, facts);
        }
        return facts;
    }

    private SecretKey? Key(string patientKey)
    {
        if (!_keys.TryGetValue(patientKey, out var key))
            _keys.Add(patientKey, key = _vault.OpenEncryptionKey(patientKey));
        return key;
    }

    private HpkeRecipient? Recipient(AccessDecision.Permit permit, CompartmentKeys rows)
    {
        var reader = SegmentReader.Of(permit);
        if (_contexts.TryGetValue((rows.Encapsulation.Id, reader), out var lease))
            return lease.Recipient;
        // Without the compartment's key there is nothing to lend either.
        if (Key(rows.Segment.PatientKey) is not { } kek)
            return null;
        lease = _vault.Recipients.Rent(rows, reader) ?? Decapsulate(kek, rows, reader);
        if (lease is null)
            return null;
        _contexts.Add((rows.Encapsulation.Id, reader), lease);
        return lease.Recipient;
    }

    private RecipientCache.Lease? Decapsulate(SecretKey kek, CompartmentKeys rows, SegmentReader reader)
    {
        var privateKey = SegmentKeys.Unwrap(_vault, kek, rows.Segment, rows.Stanzas, reader, out var stanza);
        if (privateKey is not { Length: Kem.PrivateKeySize })
            return null;
        try
        {
            var info = SealingTransaction.Info(_vault, rows.Segment);
            var encapsulation = rows.Encapsulation.Encapsulation;
            return HpkeSuite.Segment.TrySetupRecipient(encapsulation, privateKey, info, out var recipient)
                ? _vault.Recipients.Add(rows, reader, stanza!, recipient)
                : null;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(privateKey);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var lease in _contexts.Values)
            _vault.Recipients.Return(lease);
        foreach (var key in _keys.Values)
            key?.Dispose();
        _contexts.Clear();
        _keys.Clear();
    }
}
