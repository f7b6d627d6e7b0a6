using MedLedger.Crypto.Fields;
using MedLedger.Crypto.Poseidon;

namespace MedLedger.Consent.Commitments;

/// <summary>Who holds the patient's private key; a public signal of every proof.</summary>
public enum Custody
{
    /// <summary>The operator, under its master key: then the patient's signature is the operator's word.</summary>
    Operator = 0,

    /// <summary>Only the patient.</summary>
    Patient = 1,
}

/// <summary>P = H(tag, A.x, A.y, patientSalt, 0): the patient, inside every other commitment.</summary>
public static class PatientCommitment
{
    /// <summary>Computes P from the patient's Baby Jubjub key and salt.</summary>
    public static Fr Compute(Fr publicKeyX, Fr publicKeyY, Fr patientSalt) =>
        PoseidonHash.Hash(Tags.Patient, publicKeyX, publicKeyY, patientSalt, Fr.Zero);
}

/// <summary>E = H(tag, P, custody, 0, 0): the leaf of the enrolment tree.</summary>
public static class EnrolmentLeaf
{
    /// <summary>Computes E.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No such custody.</exception>
    public static Fr Compute(Fr patient, Custody custody) =>
        Enum.IsDefined(custody)
            ? PoseidonHash.Hash(Tags.Enrolment, patient, Fr.From((ulong)custody), Fr.Zero, Fr.Zero)
            : throw new ArgumentOutOfRangeException(nameof(custody));

    /// <summary>Computes many E, in the order of what they are made of.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No such custody.</exception>
    public static Fr[] ComputeMany(ReadOnlySpan<(Fr Patient, Custody Custody)> openings)
    {
        const int Inputs = 5;
        var (inputs, leaves) = (new Fr[openings.Length * Inputs], new Fr[openings.Length]);
        for (var i = 0; i < openings.Length; i++)
        {
            var (patient, custody) = openings[i];
            if (!Enum.IsDefined(custody))
                throw new ArgumentOutOfRangeException(nameof(openings));
            ReadOnlySpan<Fr> one = [Tags.Enrolment, patient, Fr.From((ulong)custody), Fr.Zero, Fr.Zero];
            one.CopyTo(inputs.AsSpan(i * Inputs));
        }
        PoseidonHash.HashMany(Inputs, inputs, leaves);
        return leaves;
    }
}

/// <summary>L = H(tag, P, patRoot): the leaf of the global record tree.</summary>
public static class PatientRecordsLeaf
{
    /// <summary>Computes L from the patient and the root of the patient's own tree.</summary>
    public static Fr Compute(Fr patient, Fr patRoot) => PoseidonHash.Hash(Tags.PatientRecords, patient, patRoot);

    /// <summary>Computes many L, in the order of what they are made of.</summary>
    public static Fr[] ComputeMany(ReadOnlySpan<(Fr Patient, Fr PatRoot)> openings)
    {
        const int Inputs = 3;
        var (inputs, leaves) = (new Fr[openings.Length * Inputs], new Fr[openings.Length]);
        for (var i = 0; i < openings.Length; i++)
        {
            ReadOnlySpan<Fr> one = [Tags.PatientRecords, openings[i].Patient, openings[i].PatRoot];
            one.CopyTo(inputs.AsSpan(i * Inputs));
        }
        PoseidonHash.HashMany(Inputs, inputs, leaves);
        return leaves;
    }
}

/// <summary>grantee = H(tag, keyDigest, identifierDigest, granteeSalt).</summary>
public static class GranteeCommitment
{
    /// <summary>Computes the grantee from the digests of its signing key and identifier (248 bits each) and its salt.</summary>
    public static Fr Compute(Fr keyDigest, Fr identifierDigest, Fr granteeSalt) =>
        PoseidonHash.Hash(Tags.Grantee, keyDigest, identifierDigest, granteeSalt);
}
