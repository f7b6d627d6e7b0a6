using System.Numerics;
using MedLedger.Consent.Commitments;
using MedLedger.Consent.Grants;
using MedLedger.Consent.Statements;
using MedLedger.Crypto.BabyJubjub;
using MedLedger.Crypto.Ethereum;
using MedLedger.Crypto.Fields;
using MedLedger.Crypto.PoseidonTrees;

namespace MedLedger.Circuits.Tests;

/// <summary>
/// A world in which an analysis can be proven: a patient, a grant at the edges of its masks, records, a model, and the
/// trees they stand in. A test changes what it lies about and builds; everything else follows and stays consistent, so
/// that only the rule under test is broken.
/// </summary>
internal sealed class Scenario : IDisposable
{
    public const int LowType = 5;
    public const int MiddleType = 127;
    public const int HighType = 255;

    public EdDsaPrivateKey Key { get; } = EdDsaPrivateKey.Generate();
    public EdDsaPrivateKey? Signer { get; set; }
    public Func<Fr, Fr> SignedMessage { get; set; } = leaf => leaf;
    public Custody Custody { get; set; } = Custody.Patient;
    public Custody EnrolledCustody { get; set; } = Custody.Patient;
    public long PatientIndex { get; set; } = (1L << 24) - 2;
    public long? RecordsIndex { get; set; }
    public bool Enrolled { get; set; } = true;
    public bool Anchored { get; set; } = true;
    public bool InConsentTree { get; set; } = true;
    public bool ModelApproved { get; set; } = true;
    public int Slot { get; set; } = 2;
    public int Purpose { get; set; } = 63;
    public int Action { get; set; } = 7;
    public int ModelClass { get; set; } = 15;
    public long AsOf { get; set; } = 1000;
    public Fr GrantSecret { get; set; } = Digest248.Random();
    public Fr PatientSalt { get; set; } = Digest248.Random();

    public Grant Terms { get; set; } =
        new()
        {
            Grantee = "Practitioner/1",
            Types = (BigInteger.One << LowType) | (BigInteger.One << MiddleType) | (BigInteger.One << HighType),
            Labels = 0x8000000bu,
            Purposes = (1UL << 63) | 1,
            Actions = 0x81,
            ModelClasses = 0x8001,
            MaxUses = 3,
            NotBefore = 1000,
            NotAfter = 2000,
            DataFrom = 700,
            DataTo = 800,
        };

    /// <summary>Position, type, labels, day.</summary>
    public List<(long Position, int Type, uint Labels, int Day)> Records { get; } =
    [(0, LowType, 0, 700), (1, MiddleType, 0x8000000b, 800), (16383, HighType, 1, 750)];

    /// <summary>Replaces the first records by so many more.</summary>
    public Scenario WithRecords(int count)
    {
        Records.Clear();
        for (var i = 0; i < count; i++)
            Records.Add((i * 7, i % 2 == 0 ? LowType : HighType, (uint)(i % 2), 700 + i));
        return this;
    }

    public AnalysisStatement Build()
    {
        Assert.True(EthereumAddress.TryParse("0xffffffffffffffffffffffffffffffffffffffff", out var controller));
        var unsigned = new GrantOpening
        {
            PublicKey = Key.PublicKey,
            PatientSalt = PatientSalt,
            Custody = Custody,
            Grantee = GranteeCommitment.Compute(Digest248.Of("key"u8), Digest248.Of("npi"u8), Digest248.Random()),
            Terms = Terms,
            TermsDigest = Digest248.Random(),
            GrantSecret = GrantSecret,
            Controller = controller,
            RegistryId = RegistryId.Compute((BigInteger.One << RegistryId.ChainIdBits) - 1, controller),
            Signature = Key.Sign(Fr.One),
        };
        var leaf = unsigned.Commitment.Leaf;
        var grant = unsigned with { Signature = (Signer ?? Key).Sign(SignedMessage(leaf)) };

        var records = Records
            .Select(record =>
                (
                    record.Position,
                    Leaf: new StatementRecord
                    {
                        Meta = new((byte)record.Type, record.Labels, record.Day),
                        ContentDigest = Digest248.Random(),
                        RecordSalt = Digest248.Random(),
                        Place = new(0, []),
                    }
                )
            )
            .ToList();
        var patientTree = Tree(
            4,
            CircuitInputs.RecordDepth,
            [.. records.Select(record => (record.Position, record.Leaf.Leaf))]
        );
        var patRoot = patientTree.Root;
        var recordsIndex = RecordsIndex ?? PatientIndex;
        var enrolment = EnrolmentLeaf.Compute(grant.Patient, EnrolledCustody);
        var patientRecords = PatientRecordsLeaf.Compute(grant.Patient, patRoot);
        var enrolmentTree = Tree(
            4,
            CircuitInputs.PatientDepth,
            [(1, Fr.One), (PatientIndex, Enrolled ? enrolment : Fr.Zero)]
        );
        var recordTree = Tree(
            4,
            CircuitInputs.PatientDepth,
            [(1, Fr.One), (recordsIndex, Anchored ? patientRecords : Fr.Zero)]
        );
        const long grantIndex = (1 << 20) - 3;
        var consentTree = Tree(
            2,
            CircuitInputs.ConsentDepth,
            [(1, Fr.One), (grantIndex, InConsentTree ? leaf : Fr.Zero)]
        );
        var modelDigest = Digest248.Random();
        const long modelIndex = 0xa5;
        var modelTree = Tree(
            2,
            CircuitInputs.ModelDepth,
            [(1, Fr.One), (modelIndex, ModelApproved ? ModelLeaf.Compute(modelDigest, ModelClass) : Fr.Zero)]
        );

        return new()
        {
            Grant = grant,
            Slot = Slot,
            Roots = new(consentTree.Root, recordTree.Root, modelTree.Root, enrolmentTree.Root),
            Consent = Place(consentTree, grantIndex),
            Enrolment = Place(enrolmentTree, PatientIndex),
            PatientRecords = Place(recordTree, recordsIndex),
            PatRoot = patRoot,
            Model = Place(modelTree, modelIndex),
            ModelDigest = modelDigest,
            ModelClass = ModelClass,
            Purpose = Purpose,
            Action = Action,
            RequestId = Digest248.Random(),
            AsOf = AsOf,
            Context = Context.Compute(31337, controller),
            ResultDigest = Digest248.Random(),
            ResultSalt = Digest248.Random(),
            Records = [.. records.Select(record => record.Leaf with { Place = Place(patientTree, record.Position) })],
        };
    }

    public void Dispose()
    {
        Key.Dispose();
        Signer?.Dispose();
    }

    private static PoseidonTree Tree(int arity, int depth, IEnumerable<(long Index, Fr Leaf)> leaves)
    {
        var tree = new PoseidonTree(arity, depth);
        foreach (var (index, leaf) in leaves)
            tree.Set(index, leaf);
        return tree;
    }

    private static TreePlace Place(PoseidonTree tree, long index) => new(index, tree.Path(index));
}
