using System.Numerics;
using MedLedger.Consent.Commitments;
using MedLedger.Crypto.Fields;
using MedLedger.Crypto.Poseidon;

namespace MedLedger.Consent.Statements;

/// <summary>The inputs of circuits/src/analysis_policy.circom for one part of a statement, by the circuit's names.</summary>
public static class CircuitInputs
{
    /// <summary>Levels of 4 in a patient's tree: 16,384 records.</summary>
    public const int RecordDepth = 7;

    /// <summary>Levels of 4 in the enrolment tree and the global record tree.</summary>
    public const int PatientDepth = 12;

    /// <summary>Binary levels of the consent tree.</summary>
    public const int ConsentDepth = 20;

    /// <summary>Binary levels of the model tree.</summary>
    public const int ModelDepth = 8;

    private static readonly Fr[][] UnusedPath = PathOfUnusedSlot();

    /// <summary>Every signal of the circuit, arrays flattened in row-major order.</summary>
    /// <exception cref="ArgumentException">No such part, a path of another depth, or a value that does not pack.</exception>
    public static IReadOnlyDictionary<string, IReadOnlyList<Fr>> Of(AnalysisStatement statement, int part)
    {
        ArgumentNullException.ThrowIfNull(statement);
        var grant = statement.Grant;
        var words = GrantWords.Pack(grant.Terms);
        var inputs = new Dictionary<string, IReadOnlyList<Fr>>(StringComparer.Ordinal);
        foreach (var (name, value) in PublicSignals.Names.Zip(statement.Signals(part).ToArray()))
            inputs[name] = [value];

        inputs["publicKey"] = [grant.PublicKey.X, grant.PublicKey.Y];
        inputs["patientSalt"] = [grant.PatientSalt];
        inputs["custody"] = [Fr.From((ulong)grant.Custody)];
        inputs["signatureR"] = [grant.Signature.R8X, grant.Signature.R8Y];
        inputs["signatureS"] = [grant.Signature.S];
        inputs["patientIndex"] = [Index(statement.Enrolment.Index)];
        inputs["enrolmentPath"] = Flatten(statement.Enrolment.Path, 4, PatientDepth);
        inputs["patientPath"] = Flatten(statement.PatientRecords.Path, 4, PatientDepth);
        inputs["patRoot"] = [statement.PatRoot];

        inputs["grantee"] = [grant.Grantee];
        inputs["masks1"] = [words.Masks1];
        inputs["masks2"] = [words.Masks2];
        inputs["window"] = [words.Window];
        inputs["termsDigest"] = [grant.TermsDigest];
        inputs["grantSecret"] = [grant.GrantSecret];
        inputs["controller"] = [AddressElement.Of(grant.Controller)];
        inputs["grantIndex"] = [Index(statement.Consent.Index)];
        inputs["grantPath"] = Flatten(statement.Consent.Path, 1, ConsentDepth);

        inputs["modelDigest"] = [statement.ModelDigest];
        inputs["modelClass"] = [Index(statement.ModelClass)];
        inputs["modelIndex"] = [Index(statement.Model.Index)];
        inputs["modelPath"] = Flatten(statement.Model.Path, 1, ModelDepth);
        inputs["purpose"] = [Index(statement.Purpose)];
        inputs["action"] = [Index(statement.Action)];
        inputs["requestId"] = [statement.RequestId];
        inputs["slot"] = [Index(statement.Slot)];
        inputs["resultDigest"] = [statement.ResultDigest];
        inputs["resultSalt"] = [statement.ResultSalt];
        inputs["part"] = [Index(part)];
        inputs["parts"] = [Index(statement.Parts)];
        AddRecords(inputs, statement.RecordsOf(part));
        return inputs;
    }

    // An unused slot is all zeros, but its path must still hang together, so it gets that of the zero record.
    private static void AddRecords(Dictionary<string, IReadOnlyList<Fr>> inputs, IReadOnlyList<StatementRecord> records)
    {
        const int slots = ResultCommitment.RecordsPerProof;
        var unused = slots - records.Count;
        var zeros = Enumerable.Repeat(Fr.Zero, unused).ToArray();
        var unusedPath = Flatten(UnusedPath, 4, RecordDepth);
        inputs["active"] = [.. Enumerable.Repeat(Fr.One, records.Count), .. zeros];
        inputs["meta"] = [.. records.Select(record => record.Meta.Pack()), .. zeros];
        inputs["contentDigest"] = [.. records.Select(record => record.ContentDigest), .. zeros];
        inputs["recordSalt"] = [.. records.Select(record => record.RecordSalt), .. zeros];
        inputs["position"] = [.. records.Select(record => Index(record.Place.Index)), .. zeros];
        inputs["recordPath"] =
        [
            .. records.SelectMany(record => Flatten(record.Place.Path, 4, RecordDepth)),
            .. Enumerable.Repeat(unusedPath, unused).SelectMany(path => path),
        ];
    }

    private static Fr[][] PathOfUnusedSlot()
    {
        var path = new Fr[RecordDepth][];
        var node = RecordLeaf.Compute(Fr.Zero, Fr.Zero, Fr.Zero);
        for (var level = 0; level < RecordDepth; level++)
        {
            path[level] = [node, Fr.Zero, Fr.Zero, Fr.Zero];
            node = PoseidonHash.Hash(path[level]);
        }
        return path;
    }

    private static Fr Index(long index) => Fr.FromBigInteger(new BigInteger(index));

    private static Fr[] Flatten(IReadOnlyList<Fr[]> path, int width, int depth)
    {
        if (path.Count != depth || path.Any(level => level.Length != width))
            throw new ArgumentException($"The path must have {depth} levels of {width}.", nameof(path));
        return [.. path.SelectMany(level => level)];
    }
}
