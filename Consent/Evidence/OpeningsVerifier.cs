using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using MedLedger.Consent.Commitments;
using MedLedger.Consent.Grants;
using MedLedger.Consent.Statements;
using MedLedger.Crypto.Fields;
using MedLedger.Crypto.PoseidonTrees;

namespace MedLedger.Consent.Evidence;

/// <summary>
/// Opens the openings of a file and holds them against the public signals: Q, P under the enrolment and record roots, O of
/// each part over records of P. What opens a commitment is what was committed to, whoever sealed it.
/// </summary>
public static class OpeningsVerifier
{
    private const int Arity = 4;
    private const int PatientDepth = 12;
    private const int RecordDepth = 7;

    /// <summary>Completes the report of a file that passed all other checks; answers what was opened, null when a check failed.</summary>
    public static (EvidenceReport Report, OpenedAnalysis? Opened) Check(
        EvidenceReport report,
        ReadOnlyMemory<byte> file,
        ComplianceKey key
    )
    {
        ArgumentNullException.ThrowIfNull(report);
        ArgumentNullException.ThrowIfNull(key);
        if (!report.IsGood || report.Evidence is not { } evidence)
            return (report, null);
        if (key.Open(file, evidence.Openings) is not { } openings)
            return (report with { Failed = EvidenceCheck.Openings }, null);
        report = report with { Passed = [.. report.Passed, EvidenceCheck.Openings] };
        (EvidenceCheck Check, Func<bool> Holds)[] checks =
        [
            (EvidenceCheck.OpenedRequest, () => RequestOf(evidence, openings.Request) is not null),
            (EvidenceCheck.OpenedPatient, () => IsPatient(evidence, openings.Patient)),
            (EvidenceCheck.OpenedResult, () => IsResult(evidence, openings)),
        ];
        foreach (var (check, holds) in checks)
        {
            if (!holds())
                return (report with { Failed = check }, null);
            report = report with { Passed = [.. report.Passed, check] };
        }
        var claims = RequestOf(evidence, openings.Request)!.Claims;
        return (report, new OpenedAnalysis(claims, openings.Result.Records.Count));
    }

    // The grantee signed a request for this purpose, action and model, and Q commits to exactly it.
    private static SignedRequest? RequestOf(EvidenceFile evidence, RequestOpening opening)
    {
        var request = SignedRequest.TryOpen(opening.Signed, _ => KeyOf(opening.GranteeKey));
        if (
            request is null
            || Vocabulary.PurposeBit(request.Claims.Purpose) is not { } purpose
            || Vocabulary.ActionBit(request.Claims.Action) is not { } action
            || opening.ModelClass is < 0 or > 15
            || !IsModel(request.Claims.Model, opening.ModelDigest)
        )
            return null;
        var grantee = GranteeCommitment.Compute(
            Digest248.Of(opening.GranteeKey),
            Digest248.Of(Encoding.UTF8.GetBytes(request.Claims.Grantee)),
            opening.GranteeSalt
        );
        var commitment = RequestCommitment.Compute(
            grantee,
            purpose,
            action,
            ModelLeaf.Compute(opening.ModelDigest, opening.ModelClass),
            request.RequestId,
            opening.RequestSalt
        );
        return commitment == evidence.Statement.RequestCommitment ? request : null;
    }

    private static bool IsModel(string sha256, Fr digest)
    {
        Span<byte> bytes = stackalloc byte[SHA256.HashSizeInBytes];
        return sha256.Length == 2 * bytes.Length
            && Convert.FromHexString(sha256, bytes, out _, out _) == System.Buffers.OperationStatus.Done
            && Digest248.FromSha256(bytes) == digest;
    }

    private static ECDsa? KeyOf(byte[] publicKey)
    {
        var key = ECDsa.Create();
        try
        {
            key.ImportSubjectPublicKeyInfo(publicKey, out var read);
            if (read == publicKey.Length)
                return key;
        }
        catch (CryptographicException) { }
        key.Dispose();
        return null;
    }

    private static Fr PatientOf(PatientOpening opening) =>
        PatientCommitment.Compute(opening.PublicKeyX, opening.PublicKeyY, opening.PatientSalt);

    private static bool IsPatient(EvidenceFile evidence, PatientOpening opening)
    {
        var patient = PatientOf(opening);
        var custody = string.Equals(evidence.Custody, "patient", StringComparison.Ordinal)
            ? Custody.Patient
            : Custody.Operator;
        var (enrolment, records) = (
            EnrolmentLeaf.Compute(patient, custody),
            PatientRecordsLeaf.Compute(patient, opening.PatRoot)
        );
        return IsPath(PatientDepth, evidence.Statement.EnrolRoot, opening.Index, enrolment, opening.EnrolmentPath)
            && IsPath(PatientDepth, evidence.Statement.RecordRoot, opening.Index, records, opening.RecordsPath);
    }

    private static bool IsResult(EvidenceFile evidence, Openings openings)
    {
        var (result, parts) = (openings.Result, evidence.Parts.Count);
        var needed = (result.Records.Count + ResultCommitment.RecordsPerProof - 1) / ResultCommitment.RecordsPerProof;
        if (needed != parts)
            return false;
        var leaves = new List<Fr>();
        var last = -1L;
        foreach (var record in result.Records)
        {
            if (record.Position <= last || record.Path is not [{ Length: Arity } lowest, ..])
                return false;
            var leaf = lowest[(int)(record.Position % Arity)];
            if (!IsPath(RecordDepth, openings.Patient.PatRoot, record.Position, leaf, record.Path))
                return false;
            leaves.Add(leaf);
            last = record.Position;
        }
        var model = ModelLeaf.Compute(openings.Request.ModelDigest, openings.Request.ModelClass);
        return leaves
            .Chunk(ResultCommitment.RecordsPerProof)
            .Select(
                (part, i) =>
                    ResultCommitment.Compute(
                        result.ResultDigest,
                        ResultCommitment.InputsDigest(part),
                        model,
                        i,
                        parts,
                        result.ResultSalt
                    ) == evidence.Parts[i].ResultCommitment
            )
            .All(same => same);
    }

    private static bool IsPath(int depth, Fr root, long index, Fr leaf, IReadOnlyList<Fr[]> path) =>
        path.Count == depth
        && path.All(level => level is { Length: Arity })
        && leaf != Fr.Zero
        && PoseidonTree.VerifyPath(Arity, root, index, leaf, path);
}

/// <summary>What a compliance officer reads of an analysis, once it opened every commitment.</summary>
/// <param name="Request">The request as its grantee signed it.</param>
/// <param name="Records">Records used.</param>
public sealed record OpenedAnalysis(AnalysisRequestClaims Request, int Records)
{
    /// <summary>When the request was signed.</summary>
    public string Signed =>
        DateTimeOffset
            .FromUnixTimeSeconds(Math.Clamp(Request.IssuedAt, 0, 253_402_300_799))
            .ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
