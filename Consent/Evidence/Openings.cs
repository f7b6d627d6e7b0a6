using MedLedger.Consent.Commitments;
using MedLedger.Consent.Statements;
using MedLedger.Crypto.Fields;

namespace MedLedger.Consent.Evidence;

/// <summary>
/// What opens the commitments behind one analysis: who asked for what (Q), whose records (P) and which of them, with
/// which result (O). It names the grantee and, by an opaque handle that goes with the patient's keys, the patient; it has
/// no content, no patient's name, and not the grant's secret, so that it can neither count nor revoke.
/// </summary>
public sealed record Openings
{
    /// <summary>The only format there is.</summary>
    public const string CurrentFormat = "medledger.openings.v1";

    /// <summary><see cref="CurrentFormat"/>.</summary>
    public required string Format { get; init; }

    /// <summary>Opens Q.</summary>
    public required RequestOpening Request { get; init; }

    /// <summary>Opens P, and shows that enrolment and records of the statement's roots are P's.</summary>
    public required PatientOpening Patient { get; init; }

    /// <summary>Opens O of each part.</summary>
    public required ResultOpening Result { get; init; }

    /// <summary>Takes them out of a statement.</summary>
    /// <param name="statement">The statement that was proven.</param>
    /// <param name="request">The signed request, compact JWS.</param>
    /// <param name="granteeKey">The grantee's public key, SubjectPublicKeyInfo.</param>
    /// <param name="granteeSalt">The salt in the grantee's commitment.</param>
    public static Openings Of(AnalysisStatement statement, string request, byte[] granteeKey, Fr granteeSalt)
    {
        ArgumentNullException.ThrowIfNull(statement);
        return new Openings
        {
            Format = CurrentFormat,
            Request = new RequestOpening
            {
                Signed = request,
                GranteeKey = granteeKey,
                GranteeSalt = granteeSalt,
                ModelDigest = statement.ModelDigest,
                ModelClass = statement.ModelClass,
                RequestSalt = RequestCommitment.Salt(statement.Grant.GrantSecret, statement.Slot),
            },
            Patient = new PatientOpening
            {
                PublicKeyX = statement.Grant.PublicKey.X,
                PublicKeyY = statement.Grant.PublicKey.Y,
                PatientSalt = statement.Grant.PatientSalt,
                Index = statement.Enrolment.Index,
                EnrolmentPath = [.. statement.Enrolment.Path],
                PatRoot = statement.PatRoot,
                RecordsPath = [.. statement.PatientRecords.Path],
            },
            Result = new ResultOpening
            {
                ResultDigest = statement.ResultDigest,
                ResultSalt = statement.ResultSalt,
                Records = [.. statement.Records.Select(r => new RecordOpening(r.Place.Index, [.. r.Place.Path]))],
            },
        };
    }

    /// <summary>The bytes that are sealed.</summary>
    public byte[] ToBytes() => EvidenceJson.Write(this);

    /// <summary>Reads them; false for anything but their one form.</summary>
    public static bool TryParse(
        ReadOnlyMemory<byte> utf8,
        [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out Openings? openings
    ) =>
        EvidenceJson.TryRead(utf8, out openings)
        && string.Equals(openings.Format, CurrentFormat, StringComparison.Ordinal)
        && openings.Result.Records.All(record => record is not null);
}

/// <summary>Q = H(tag, grantee, purpose, action, M, requestId, requestSalt).</summary>
public sealed record RequestOpening
{
    /// <summary>The request as the grantee signed it (<see cref="SignedRequest"/>): its digest is <c>requestId</c>.</summary>
    public required string Signed { get; init; }

    /// <summary>The grantee's public key, SubjectPublicKeyInfo.</summary>
    public required byte[] GranteeKey { get; init; }

    /// <summary>Salt of the grantee's commitment.</summary>
    public required Fr GranteeSalt { get; init; }

    /// <summary>Digest of the model's files.</summary>
    public required Fr ModelDigest { get; init; }

    /// <summary>Bit position of the model's class.</summary>
    public required int ModelClass { get; init; }

    /// <summary>Salt of Q.</summary>
    public required Fr RequestSalt { get; init; }
}

/// <summary>P = H(tag, A.x, A.y, patientSalt, 0), with P's places in the enrolment and the record tree.</summary>
public sealed record PatientOpening
{
    /// <summary>A.x.</summary>
    public required Fr PublicKeyX { get; init; }

    /// <summary>A.y.</summary>
    public required Fr PublicKeyY { get; init; }

    /// <summary>Salt of P.</summary>
    public required Fr PatientSalt { get; init; }

    /// <summary>The patient's index in both trees.</summary>
    public required long Index { get; init; }

    /// <summary>From E to the enrolment root: 12 levels of 4 children.</summary>
    public required IReadOnlyList<Fr[]> EnrolmentPath { get; init; }

    /// <summary>Root of the patient's own tree.</summary>
    public required Fr PatRoot { get; init; }

    /// <summary>From L to the record root: 12 levels of 4 children.</summary>
    public required IReadOnlyList<Fr[]> RecordsPath { get; init; }
}

/// <summary>O = H(tag, resultDigest, inputsDigest, M, part, parts, resultSalt) of all parts.</summary>
public sealed record ResultOpening
{
    /// <summary>Digest of the report.</summary>
    public required Fr ResultDigest { get; init; }

    /// <summary>Salt of O.</summary>
    public required Fr ResultSalt { get; init; }

    /// <summary>The records used, in the order of their positions, 14 a part.</summary>
    public required IReadOnlyList<RecordOpening> Records { get; init; }
}

/// <summary>A record's place in the patient's tree; the leaf R stands in the path.</summary>
/// <param name="Position">0 to 16,383.</param>
/// <param name="Path">7 levels of 4 children.</param>
public sealed record RecordOpening(long Position, IReadOnlyList<Fr[]> Path);
