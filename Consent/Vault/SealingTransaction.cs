using System.Security.Cryptography;
using MedLedger.Consent.Commitments;
using MedLedger.Crypto.Hpke;
using MedLedger.Crypto.Sealing;

namespace MedLedger.Consent.Vault;

/// <summary>
/// The sealing of one write transaction. It makes one encapsulation for each segment and seals all its keys in that
/// context by sequence number; a retried transaction starts a new one, since a context begun again would repeat nonces.
/// For one thread; what <see cref="TryPrepare"/> made ready, several may seal at the same time.
/// </summary>
public sealed class SealingTransaction : IDisposable
{
    private readonly RecordVault _vault;
    private readonly Dictionary<string, (HpkeSender Sender, KeyEncapsulation Row)> _contexts = [];
    private readonly Dictionary<string, (SecretKey Kek, PatientIndex Index)> _keys = [];

    internal SealingTransaction(RecordVault vault) => _vault = vault;

    /// <summary>The encapsulations made so far; they are stored in the same database transaction as the records.</summary>
    public IReadOnlyCollection<KeyEncapsulation> Encapsulations => [.. _contexts.Values.Select(c => c.Row)];

    /// <summary>Makes segments ready to be sealed to; false when the keys of one of their compartments cannot be had.</summary>
    public bool TryPrepare(IEnumerable<Segment> segments) =>
        segments.All(segment => Keys(segment.PatientKey) is { } keys && Context(segment, keys.Kek) is not null);

    /// <summary>Seals one version of a record; null when the keys of one of its compartments cannot be had.</summary>
    /// <exception cref="ArgumentException">No compartment, one twice, or a version below 1.</exception>
    public SealedWrite? Seal(RecordToSeal record)
    {
        var compartments = record.Compartments.OrderBy(c => c.Segment.PatientKey, StringComparer.Ordinal).ToArray();
        if (
            compartments.Length == 0
            || compartments.DistinctBy(c => c.Segment.PatientKey, StringComparer.Ordinal).Count() != compartments.Length
        )
            throw new ArgumentException("A record is in one compartment or more, and once in each.", nameof(record));
        if (record.Version < 1)
            throw new ArgumentException("Versions are counted from 1.", nameof(record));

        var recordKey = _vault.RecordKey(record.Facts.Reference);
        var digest = Digest248.Of(record.Content.Span);
        var rows = new List<SealedCompartment>(compartments.Length);
        var sealedFacts = new Dictionary<string, SealedFacts>(StringComparer.Ordinal);
        using var key = new ContentKey();
        foreach (var (segment, meta) in compartments)
        {
            if (Keys(segment.PatientKey) is not { } keys || Context(segment, keys.Kek) is not { } context)
                return null;

            var share = RandomNumberGenerator.GetBytes(SecretKey.Size);
            byte[] header = [];
            var keyShare = context.Sender.Seal(
                n => header = Header(_vault, segment, recordKey, record.Version, n).Encode(),
                share,
                out var sequence
            );
            key.Add(header, share);

            var facts = SealedFacts.Create(record.Facts, meta, digest);
            sealedFacts.Add(segment.PatientKey, facts);
            rows.Add(
                new SealedCompartment
                {
                    PatientKey = segment.PatientKey,
                    EncapsulationId = context.Row.Id,
                    Sequence = (long)sequence,
                    KeyShare = keyShare,
                    Facts = facts.Seal(keys.Kek, recordKey, record.Version),
                    ContentTag = keys.Index.ContentTag(recordKey, record.Content.Span),
                }
            );
        }

        var sealedRecord = new SealedRecord
        {
            RecordKey = recordKey,
            Version = record.Version,
            Content = key.Seal(record.Content.Span),
            Compartments = rows,
        };
        return new SealedWrite(sealedRecord, sealedFacts);
    }

    /// <summary>
    /// Seals a stored version again, with a new content key for other segments of the same compartments (newer epochs). Its
    /// facts, tags and leaves stay as they are; nothing of the content leaves. Null when it does not open, or the keys of a
    /// compartment cannot be had.
    /// </summary>
    /// <param name="opening">The openings of this transaction.</param>
    /// <param name="record">The row.</param>
    /// <param name="keys">What opens it.</param>
    /// <param name="targets">One for each compartment.</param>
    public SealedRecord? Reseal(
        OpeningSession opening,
        SealedRecord record,
        IReadOnlyList<CompartmentKeys> keys,
        IReadOnlyList<Segment> targets
    )
    {
        ArgumentNullException.ThrowIfNull(opening);
        ArgumentNullException.ThrowIfNull(record);
        var permits = record.Compartments.Select(c => _vault.OwnPermit(record, c.PatientKey)).ToList();
        using var opened = opening.OpenSuperseded(permits, record, keys);
        if (opened is null)
            return null;
        var rows = new List<SealedCompartment>(record.Compartments.Count);
        using var key = new ContentKey();
        foreach (var compartment in record.Compartments.OrderBy(c => c.PatientKey, StringComparer.Ordinal))
        {
            var segment = targets.FirstOrDefault(s =>
                string.Equals(s.PatientKey, compartment.PatientKey, StringComparison.Ordinal)
            );
            if (
                segment is null
                || Keys(segment.PatientKey) is not { } own
                || Context(segment, own.Kek) is not { } context
            )
                return null;
            var share = RandomNumberGenerator.GetBytes(SecretKey.Size);
            byte[] header = [];
            var keyShare = context.Sender.Seal(
                n => header = Header(_vault, segment, record.RecordKey, record.Version, n).Encode(),
                share,
                out var sequence
            );
            key.Add(header, share);
            rows.Add(
                compartment with
                {
                    EncapsulationId = context.Row.Id,
                    Sequence = (long)sequence,
                    KeyShare = keyShare,
                }
            );
        }
        return record with { Content = key.Seal(opened.Content().Span), Compartments = rows };
    }

    internal static RecordHeader Header(
        RecordVault vault,
        Segment segment,
        string recordKey,
        int version,
        ulong sequence
    ) =>
        new(
            vault.Deployment,
            Convert.FromHexString(segment.Id),
            segment.Epoch,
            Convert.FromHexString(recordKey),
            version,
            sequence
        );

    internal static byte[] Info(RecordVault vault, Segment segment) =>
        [.. "medledger/v1/segment\0"u8, .. SegmentKeys.Context(vault, segment)];

    private (HpkeSender Sender, KeyEncapsulation Row)? Context(Segment segment, SecretKey kek)
    {
        if (_contexts.TryGetValue(segment.Id, out var context))
            return context;
        if (!SegmentKeys.IsAuthentic(_vault, kek, segment))
            return null;
        var sender = HpkeSuite.Segment.SetupSender(segment.PublicKey, Info(_vault, segment));
        if (sender is null)
            return null;
        context = (
            sender,
            new KeyEncapsulation
            {
                Id = Identifiers.Random(),
                SegmentId = segment.Id,
                Encapsulation = sender.Encapsulation.ToArray(),
            }
        );
        _contexts.Add(segment.Id, context);
        return context;
    }

    private (SecretKey Kek, PatientIndex Index)? Keys(string patientKey)
    {
        if (_keys.TryGetValue(patientKey, out var keys))
            return keys;
        var kek = _vault.OpenEncryptionKey(patientKey);
        if (kek is null)
            return null;
        keys = (kek, new PatientIndex(kek));
        _keys.Add(patientKey, keys);
        return keys;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var (sender, _) in _contexts.Values)
            sender.Dispose();
        foreach (var (kek, index) in _keys.Values)
        {
            kek.Dispose();
            index.Dispose();
        }
    }
}
