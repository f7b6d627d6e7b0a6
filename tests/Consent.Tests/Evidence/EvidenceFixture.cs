using System.Security.Cryptography;
using MedLedger.Consent.Access;
using MedLedger.Consent.Chain;
using MedLedger.Consent.Chain.Contracts;
using MedLedger.Consent.Commitments;
using MedLedger.Consent.Evidence;
using MedLedger.Consent.Log;
using MedLedger.Consent.Tests.Log;
using MedLedger.Crypto.Ethereum;
using MedLedger.Crypto.Fields;
using MedLedger.Crypto.Groth16;
using MedLedger.Crypto.Log;
using MedLedger.Crypto.Sealing;

namespace MedLedger.Consent.Tests.Evidence;

/// <summary>A right evidence file of three parts, made as the program makes one, for tests to make it wrong.</summary>
public sealed class EvidenceFixture
{
    private const long AsOf = 1_800_000_123;
    private readonly Ed25519PrivateKey _logKey;
    private readonly Ed25519PrivateKey _authorityKey;
    private readonly SimulatedSetup _setup = new(11);

    public EvidenceFixture()
    {
        using var secret = SecretKey.Generate();
        using var other = SecretKey.Generate();
        _logKey = Ed25519PrivateKey.FromSecret(secret);
        _authorityKey = Ed25519PrivateKey.FromSecret(other);
        Authority = new NoteKey("authority.test", _authorityKey.PublicKey);
        // The deployed contracts name the real key; its proofs are simulated under the test's own.
        VerifyingKey = AcceptedCircuit.BuiltIn.Keys.Single();
        Verifier = new EvidenceVerifier(
            new Dictionary<Bytes32, AcceptedCircuit>
            {
                [VerifyingKey] = new(_setup.Key, Context.CircuitVersion, "test"),
            }
        );
        Deployment = new Deployment
        {
            ChainId = 31337,
            FirstBlock = 0,
            ConsentRegistry = Address(1),
            EnrolmentRegistry = Address(2),
            RecordAnchor = Address(3),
            ModelRegistry = Address(4),
            AuditAnchor = Address(5),
            NullifierSet = Address(6),
            AnalysisVerifier = Address(7),
            AnalysisLedger = Address(8),
        };
        Log = new AuditLog(Store, "log.test", _logKey);
        Analysis = new OpenableAnalysis();
        File = BuildAsync().GetAwaiter().GetResult();
        Bytes = EvidenceSigner.Sign(File, _logKey);
        Trust = TrustFile.Create(Deployment, Log.Key, Authority, Compliance.Fingerprint);
    }

    public EvidenceVerifier Verifier { get; }
    public Deployment Deployment { get; }
    public NoteKey Authority { get; }
    public Bytes32 VerifyingKey { get; }
    public AuditLog Log { get; }
    public EvidenceFile File { get; }
    public byte[] Bytes { get; }
    public TrustFile Trust { get; }
    public OpenableAnalysis Analysis { get; }
    public ComplianceKey Compliance => Analysis.Compliance;
    private MemoryLogStore Store { get; } = new();

    /// <summary>Signs a changed file with the log's own key, as a dishonest operator would.</summary>
    public byte[] Sign(EvidenceFile evidence) => EvidenceSigner.Sign(evidence, _logKey);

    public string Note(Fr root, ulong? chainId = null, EthereumAddress? registry = null) =>
        EnrolmentNote.Sign(Authority, _authorityKey, chainId ?? 31337, registry ?? Deployment.EnrolmentRegistry, root);

    /// <summary>Proves the parts again for changed signals: only what is outside the proof can then be wrong.</summary>
    public EvidenceFile Prove(EvidenceFile evidence) =>
        evidence with
        {
            Parts =
            [
                .. evidence.Parts.Select(
                    (part, i) =>
                    {
                        var proof = _setup.Prove(EvidenceVerifier.Signals(evidence, i).ToArray()).ToBytes();
                        return part with { Proof = proof, ProofHash = PartHash(proof, part.ResultCommitment) };
                    }
                ),
            ],
        };

    public async Task<EvidenceReceipt> AppendAsync(AuditEntry entry)
    {
        var append = await Log.AppendAsync([entry], default);
        return new EvidenceReceipt(append.FirstIndex, entry.Encode(), []);
    }

    /// <summary>The receipts of some entries under the newest head.</summary>
    public async Task<EvidenceLog> LogAsync(IReadOnlyList<long> indexes)
    {
        var head = await Store.ReadHeadAsync(default);
        var receipts = new List<EvidenceReceipt>();
        foreach (var index in indexes)
        {
            var receipt = await Log.ReceiptAsync(index, head!, default);
            receipts.Add(new EvidenceReceipt(index, receipt!.Entry, receipt.Proof));
        }
        return new EvidenceLog
        {
            Key = Log.Key.ToString(),
            Checkpoint = head!.Note,
            Receipts = receipts,
            Anchor = null,
        };
    }

    public static AuditEntry Entry(
        AuditAction action,
        Fr subject,
        AuditDecision decision = AuditDecision.None,
        Bytes32 root = default,
        long time = AsOf - (AsOf % 60)
    ) =>
        new()
        {
            Action = action,
            Decision = decision,
            Basis = decision == AuditDecision.Permitted ? PermitBasis.Consent : null,
            Reason = decision == AuditDecision.Refused ? DenyReason.NoGrant : null,
            Time = time,
            Details = Hash(7),
            Subject = new Bytes32(subject.ToBytes()),
            Root = root,
        };

    private async Task<EvidenceFile> BuildAsync()
    {
        var nullifier = Digest248.Random();
        var publication = new EvidenceTransaction(Hash(41), 12, AsOf + 5);
        await AppendAsync(Entry(AuditAction.Enrolled, Fr.Zero));
        await AppendAsync(Entry(AuditAction.AnalysisRequested, nullifier, AuditDecision.Permitted));
        await AppendAsync(Entry(AuditAction.Written, Fr.Zero));
        await AppendAsync(Entry(AuditAction.AnalysisPublished, nullifier, root: publication.Transaction));
        await AppendAsync(Entry(AuditAction.AnalysisDelivered, nullifier));
        var log = await LogAsync([1, 3, 4]);
        for (var i = 0; i < 4; i++)
            await AppendAsync(Entry(AuditAction.Read, Fr.Zero));
        var anchored = await Store.ReadHeadAsync(default);
        log = log with
        {
            Anchor = new EvidenceAnchor(
                anchored!.Note,
                await Log.ConsistencyAsync(5, anchored.Size, default),
                new EvidenceTransaction(Hash(42), 20, AsOf + 60)
            ),
        };

        var enrolRoot = Analysis.EnrolRoot;
        var file = Prove(
            new EvidenceFile
            {
                Format = EvidenceFile.CurrentFormat,
                Chain = "local",
                Deployment = Deployment,
                Circuit = new EvidenceCircuit
                {
                    Version = Context.CircuitVersion,
                    Ceremony = "test",
                    VerifyingKey = VerifyingKey,
                },
                Custody = "operator",
                Statement = new EvidenceStatement
                {
                    Nullifier = nullifier,
                    RequestCommitment = Analysis.RequestCommitment,
                    ConsentRoot = Digest248.Random(),
                    RecordRoot = Analysis.RecordRoot,
                    ModelRoot = Digest248.Random(),
                    EnrolRoot = enrolRoot,
                    Appearances = new EvidenceAppearances(0, 1, 2, 3),
                    Reservation = new EvidenceTransaction(Hash(40), 11, AsOf),
                    Publication = publication,
                },
                Parts = [.. Analysis.Results.Select(result => new EvidencePart(result, [], default))],
                Enrolment = new EvidenceEnrolment(Authority.ToString(), Note(enrolRoot)),
                Log = log,
                Openings = SealedOpenings.None,
                Signature = [],
            }
        );
        return ComplianceKey.Seal(file, Analysis.Openings, Compliance.PublicKey);
    }

    private static Bytes32 PartHash(byte[] proof, Fr result) =>
        AnalysisLedger.PartHash(
            new LedgerPart(
                [
                    .. proof
                        .Chunk(32)
                        .Select(c => new System.Numerics.BigInteger(c, isUnsigned: true, isBigEndian: true)),
                ],
                result
            )
        );

    public static Bytes32 Hash(byte seed) => new(SHA256.HashData([seed]));

    public static EthereumAddress Address(byte seed) => new(SHA256.HashData([seed, 1]).AsSpan(0, 20));
}
