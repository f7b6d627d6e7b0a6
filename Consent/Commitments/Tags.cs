using System.Numerics;
using System.Text;
using MedLedger.Crypto.Fields;

namespace MedLedger.Consent.Commitments;

/// <summary>
/// The domain tags, first input of every commitment: the big-endian integer of an ASCII text, so that it can be read in
/// a hex dump and no two uses share one (circuits/COMMITMENTS.md).
/// </summary>
public static class Tags
{
    /// <summary>P, the patient.</summary>
    public static Fr Patient { get; } = Of("medledger.patient");

    /// <summary>E, the leaf of the enrolment tree.</summary>
    public static Fr Enrolment { get; } = Of("medledger.enrolment");

    /// <summary>The grantee.</summary>
    public static Fr Grantee { get; } = Of("medledger.grantee");

    /// <summary>Gi, the inner commitment of a grant.</summary>
    public static Fr GrantInner { get; } = Of("medledger.grant.inner");

    /// <summary>G, the leaf of the consent tree.</summary>
    public static Fr Grant { get; } = Of("medledger.grant");

    /// <summary>R, the leaf of a patient's tree.</summary>
    public static Fr Record { get; } = Of("medledger.record");

    /// <summary>L, the leaf of the record tree.</summary>
    public static Fr PatientRecords { get; } = Of("medledger.patient.records");

    /// <summary>M, the leaf of the model tree.</summary>
    public static Fr Model { get; } = Of("medledger.model");

    /// <summary>Q, the request.</summary>
    public static Fr Request { get; } = Of("medledger.request");

    /// <summary>The salt inside Q.</summary>
    public static Fr RequestSalt { get; } = Of("medledger.request.salt");

    /// <summary>U, the nullifier of one use.</summary>
    public static Fr Nullifier { get; } = Of("medledger.nullifier");

    /// <summary>O, the result.</summary>
    public static Fr Result { get; } = Of("medledger.result");

    /// <summary>The record leaves inside O.</summary>
    public static Fr Inputs { get; } = Of("medledger.inputs");

    private static Fr Of(string text) =>
        Fr.FromBigInteger(new BigInteger(Encoding.ASCII.GetBytes(text), isUnsigned: true, isBigEndian: true));
}
