using MedLedger.Consent.Access;
using MedLedger.Consent.Commitments;
using MedLedger.Consent.Vault;
using MedLedger.Crypto.Fields;

namespace MedLedger.Consent.Tests.Vault;

/// <summary>A vault with two patients, and the rows of what was written, as a store would keep them.</summary>
internal sealed class VaultFixture : IDisposable
{
    public const string Clinician = "Practitioner/p1";
    public static readonly DateTimeOffset Now = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    private readonly Dictionary<string, Segment> _segments = [];
    private readonly Dictionary<string, KeyEncapsulation> _encapsulations = [];
    private readonly List<KeyStanza> _stanzas = [];

    public VaultFixture()
    {
        Vault = new RecordVault(Custody, new string('a', 32), Time);
        Alice = Vault.PatientKey("Patient/alice");
        Bob = Vault.PatientKey("Patient/bob");
        foreach (var key in new[] { Alice, Bob, Vault.OrganizationKey })
            Assert.True(Vault.TryCreateCompartment(key));
    }

    public MemoryCustody Custody { get; } = new();
    public FixedTime Time { get; } = new();
    public RecordVault Vault { get; }
    public string Alice { get; }
    public string Bob { get; }

    public Segment Segment(string patientKey, string sensitivity = "N", int epoch = 1)
    {
        using var index = Vault.OpenIndex(patientKey)!;
        var classKey = index.ClassKey(sensitivity);
        var existing = _segments.Values.FirstOrDefault(s => s.ClassKey == classKey && s.Epoch == epoch);
        if (existing is not null)
            return existing;
        IEnumerable<SegmentReader> grantees =
            patientKey == Vault.OrganizationKey ? [] : [SegmentReader.Grantee(Clinician)];
        var made = Vault.CreateSegment(patientKey, classKey, epoch, grantees)!;
        _segments.Add(made.Segment.Id, made.Segment);
        _stanzas.AddRange(made.Stanzas);
        return made.Segment;
    }

    public SealedWrite Write(string reference, byte[] content, params Segment[] segments)
    {
        using var transaction = Vault.BeginSealing();
        var write = transaction.Seal(Record(reference, content, segments))!;
        Store(transaction);
        return write;
    }

    public void Store(SealingTransaction transaction)
    {
        foreach (var row in transaction.Encapsulations)
            _encapsulations[row.Id] = row;
    }

    public static RecordToSeal Record(string reference, byte[] content, params Segment[] segments) =>
        new()
        {
            Facts = new ResourceFacts
            {
                Reference = reference,
                Type = reference.Split('/')[0],
                Codes = [new Coding("http://loinc.org", "1234-5")],
                Date = "2020-01-02",
            },
            Version = 1,
            Content = content,
            Compartments = [.. segments.Select(s => new CompartmentToSeal(s, new RecordMeta(3, 5, 7)))],
        };

    public List<CompartmentKeys> Keys(SealedRecord record) =>
        [
            .. record.Compartments.Select(c =>
            {
                var encapsulation = _encapsulations[c.EncapsulationId];
                return new CompartmentKeys
                {
                    Encapsulation = encapsulation,
                    Segment = _segments[encapsulation.SegmentId],
                    Stanzas = Stanzas(encapsulation.SegmentId),
                };
            }),
        ];

    public List<KeyStanza> Stanzas(string segmentId) => [.. _stanzas.Where(s => s.SegmentId == segmentId)];

    public void Add(KeyStanza stanza) => _stanzas.Add(stanza);

    public void Remove(KeyStanza stanza) => Assert.True(_stanzas.Remove(stanza));

    public static AccessDecision.Permit Permit(
        SealedRecord record,
        string patientKey,
        PermitBasis basis = PermitBasis.Consent,
        string grantee = Clinician,
        string? recordKey = null,
        int? version = null,
        int seconds = 5
    ) =>
        new(
            patientKey,
            recordKey ?? record.RecordKey,
            version ?? record.Version,
            "access",
            grantee,
            basis,
            1,
            Now.AddSeconds(seconds),
            []
        );

    public OpenedRecord? Open(SealedWrite write, string patientKey, PermitBasis basis = PermitBasis.Consent) =>
        Vault.Open(
            Permit(write.Record, patientKey, basis),
            write.Record,
            Keys(write.Record)[0],
            write.Leaves.GetValueOrDefault(patientKey)
        );

    public void Dispose()
    {
        Vault.Dispose();
        Custody.Dispose();
    }

    internal sealed class FixedTime : TimeProvider
    {
        public DateTimeOffset Value { get; set; } = Now;

        public override DateTimeOffset GetUtcNow() => Value;
    }
}
