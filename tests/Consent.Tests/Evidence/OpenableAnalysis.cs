using System.Security.Cryptography;
using System.Text;
using MedLedger.Consent.Commitments;
using MedLedger.Consent.Evidence;
using MedLedger.Consent.Statements;
using MedLedger.Crypto.BabyJubjub;
using MedLedger.Crypto.Fields;
using MedLedger.Crypto.PoseidonTrees;
using MedLedger.Crypto.Sealing;

namespace MedLedger.Consent.Tests.Evidence;

/// <summary>Commitments of an analysis over 29 records (three parts), with what opens them.</summary>
public sealed class OpenableAnalysis
{
    private const int Index = 5;
    private static readonly string Model = new('a', 64);

    public OpenableAnalysis()
    {
        using var secret = SecretKey.Generate();
        Compliance = ComplianceKey.FromSecret(secret);

        using var grantee = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var granteeKey = grantee.ExportSubjectPublicKeyInfo();
        var request = SignedRequest.Sign(
            new AnalysisRequestClaims
            {
                Nonce = new string('0', 32),
                Grantee = "Practitioner/one",
                PatientKey = new string('b', 64),
                Deployment = "deployment",
                Purpose = "TREAT",
                Action = "use",
                Model = Model,
                IssuedAt = 1_800_000_000,
                Expires = 1_800_003_600,
            },
            grantee
        );
        var (granteeSalt, requestSalt) = (Digest248.Random(), Digest248.Random());
        var modelDigest = Digest248.FromSha256(Convert.FromHexString(Model));
        var model = ModelLeaf.Compute(modelDigest, 0);
        RequestCommitment = Commitments.RequestCommitment.Compute(
            GranteeCommitment.Compute(
                Digest248.Of(granteeKey),
                Digest248.Of(Encoding.UTF8.GetBytes("Practitioner/one")),
                granteeSalt
            ),
            MedLedger.Consent.Grants.Vocabulary.PurposeBit("TREAT")!.Value,
            MedLedger.Consent.Grants.Vocabulary.ActionBit("use")!.Value,
            model,
            request.RequestId,
            requestSalt
        );

        using var patientKey = EdDsaPrivateKey.Generate();
        var (publicKey, patientSalt) = (patientKey.PublicKey, Digest248.Random());
        var patient = PatientCommitment.Compute(publicKey.X, publicKey.Y, patientSalt);
        var own = new PoseidonTree(4, 7);
        for (var i = 0; i < 40; i++)
            own.Set(i, Digest248.Random());
        var (records, enrolment) = (new PoseidonTree(4, 12), new PoseidonTree(4, 12));
        records.Set(2, Fr.One);
        records.Set(Index, PatientRecordsLeaf.Compute(patient, own.Root));
        enrolment.Set(Index, EnrolmentLeaf.Compute(patient, Custody.Operator));
        (RecordRoot, EnrolRoot) = (records.Root, enrolment.Root);

        var (resultDigest, resultSalt) = (Digest248.Random(), Digest248.Random());
        var positions = Enumerable.Range(3, 29).ToArray();
        Results =
        [
            .. positions
                .Chunk(ResultCommitment.RecordsPerProof)
                .Select(
                    (part, i) =>
                        ResultCommitment.Compute(
                            resultDigest,
                            ResultCommitment.InputsDigest([.. part.Select(p => own.Get(p))]),
                            model,
                            i,
                            3,
                            resultSalt
                        )
                ),
        ];
        Openings = new Openings
        {
            Format = Openings.CurrentFormat,
            Request = new RequestOpening
            {
                Signed = request.Compact,
                GranteeKey = granteeKey,
                GranteeSalt = granteeSalt,
                ModelDigest = modelDigest,
                ModelClass = 0,
                RequestSalt = requestSalt,
            },
            Patient = new PatientOpening
            {
                PublicKeyX = publicKey.X,
                PublicKeyY = publicKey.Y,
                PatientSalt = patientSalt,
                Index = Index,
                EnrolmentPath = enrolment.Path(Index),
                PatRoot = own.Root,
                RecordsPath = records.Path(Index),
            },
            Result = new ResultOpening
            {
                ResultDigest = resultDigest,
                ResultSalt = resultSalt,
                Records = [.. positions.Select(p => new RecordOpening(p, own.Path(p)))],
            },
        };
    }

    public ComplianceKey Compliance { get; }
    public Openings Openings { get; }
    public Fr RequestCommitment { get; }
    public Fr RecordRoot { get; }
    public Fr EnrolRoot { get; }
    public IReadOnlyList<Fr> Results { get; }
}
