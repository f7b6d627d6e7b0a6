using MedLedger.Consent.Commitments;
using MedLedger.Consent.Statements;
using MedLedger.Crypto.BabyJubjub;
using MedLedger.Crypto.Fields;
using MedLedger.Crypto.Poseidon;

namespace MedLedger.Circuits.Tests;

/// <summary>
/// A dishonest prover's inputs: any input may be set to any field element, and everything that follows from it (paths,
/// roots, the patient's signature, commitments) is made to fit again, so that only the rule under test is broken.
/// </summary>
internal sealed class LyingInputs(IReadOnlyDictionary<string, IReadOnlyList<Fr>> honest)
{
    private readonly Dictionary<string, Fr[]> _values = honest.ToDictionary(
        input => input.Key,
        input => input.Value.ToArray(),
        StringComparer.Ordinal
    );

    public Fr[] this[string name] => _values[name];

    public IReadOnlyDictionary<string, IReadOnlyList<Fr>> ToInputs() =>
        _values.ToDictionary(input => input.Key, input => (IReadOnlyList<Fr>)input.Value, StringComparer.Ordinal);

    public void Add(string name, Fr difference) => _values[name][0] += difference;

    /// <summary>2^exponent.</summary>
    public static Fr Power(int exponent) => Fr.FromBigInteger(System.Numerics.BigInteger.One << exponent);

    /// <summary>Makes the path of a slot fit its leaf. The first slot's root becomes the patient's.</summary>
    public void FitSlot(int slot)
    {
        const int size = CircuitInputs.RecordDepth * 4;
        var leaf = Leaf(slot);
        var path = this["recordPath"].AsSpan(slot * size, size);
        var root = Fit4(path, leaf, (int)(ulong)(this["position"][slot].ToBigInteger() & 0x3fff));
        if (slot == 0)
            this["patRoot"][0] = root;
    }

    /// <summary>Makes trees, signature and public signals fit the private inputs.</summary>
    public LyingInputs Fit(EdDsaPrivateKey key)
    {
        var patient = PatientCommitment.Compute(this["publicKey"][0], this["publicKey"][1], One("patientSalt"));
        var index = (int)(ulong)(One("patientIndex").ToBigInteger() & 0xffffff);
        var enrolment = PoseidonHash.Hash(Tags.Enrolment, patient, One("custody"), Fr.Zero, Fr.Zero);
        this["enrolRoot"][0] = Fit4(this["enrolmentPath"], enrolment, index);
        this["recordRoot"][0] = Fit4(this["patientPath"], PatientRecordsLeaf.Compute(patient, One("patRoot")), index);

        var grant = Grant(patient);
        var signature = key.Sign(grant);
        (this["signatureR"][0], this["signatureR"][1]) = (signature.R8X, signature.R8Y);
        this["signatureS"][0] = signature.S;
        this["consentRoot"][0] = Fold2(this["grantPath"], grant, One("grantIndex"));

        var model = PoseidonHash.Hash(Tags.Model, One("modelDigest"), One("modelClass"));
        this["modelRoot"][0] = Fold2(this["modelPath"], model, One("modelIndex"));
        this["nullifier"][0] = PoseidonHash.Hash(Tags.Nullifier, One("grantSecret"), One("slot"));
        this["requestCommitment"][0] = Request(model);
        this["resultCommitment"][0] = Result(model);
        this["shape"][0] = One("part") + (Power(8) * One("parts")) + (Power(16) * One("custody"));
        return this;
    }

    private Fr One(string name) => _values[name][0];

    private Fr Leaf(int slot) =>
        PoseidonHash.Hash(
            Tags.Record,
            this["meta"][slot],
            this["contentDigest"][slot],
            this["recordSalt"][slot],
            Fr.Zero
        );

    private Fr Grant(Fr patient)
    {
        var inner = PoseidonHash.Hash(
            Tags.GrantInner,
            patient,
            One("grantee"),
            One("masks1"),
            One("masks2"),
            One("window"),
            One("termsDigest"),
            One("grantSecret")
        );
        return PoseidonHash.Hash(Tags.Grant, inner, One("controller"), One("registryId"));
    }

    private Fr Request(Fr model)
    {
        var salt = PoseidonHash.Hash(Tags.RequestSalt, One("grantSecret"), One("slot"));
        return PoseidonHash.Hash(
            Tags.Request,
            One("grantee"),
            One("purpose"),
            One("action"),
            model,
            One("requestId"),
            salt
        );
    }

    private Fr Result(Fr model)
    {
        Fr[] leaves =
        [
            .. Enumerable.Range(0, ResultCommitment.RecordsPerProof).Select(slot => this["active"][slot] * Leaf(slot)),
        ];
        return PoseidonHash.Hash(
            Tags.Result,
            One("resultDigest"),
            PoseidonHash.Hash([Tags.Inputs, .. leaves]),
            model,
            One("part"),
            One("parts"),
            One("resultSalt")
        );
    }

    private static Fr Fit4(Span<Fr> path, Fr leaf, int index)
    {
        for (var level = 0; level < path.Length / 4; level++, index >>= 2)
        {
            path[(4 * level) + (index & 3)] = leaf;
            leaf = PoseidonHash.Hash(path.Slice(4 * level, 4));
        }
        return leaf;
    }

    private static Fr Fold2(ReadOnlySpan<Fr> siblings, Fr leaf, Fr position)
    {
        var index = position.ToBigInteger();
        foreach (var sibling in siblings)
        {
            leaf = index.IsEven ? PoseidonHash.Hash(leaf, sibling) : PoseidonHash.Hash(sibling, leaf);
            index >>= 1;
        }
        return leaf;
    }
}
