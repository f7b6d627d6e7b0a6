using MedLedger.Crypto.Curves;
using MedLedger.Crypto.Fields;
using MedLedger.Crypto.Groth16;

namespace MedLedger.Crypto.Tests.Groth16;

public class BatchVerifierTests
{
    [Fact]
    public void Valid_proofs_pass_together_and_one_wrong_fails_all()
    {
        var (key, proof, inputs) = SnarkVectors.Load("poseidon-seven-public");
        var prepared = new PreparedVerifyingKey(key);
        var negated = Proof.TryCreate(-proof.A, -proof.B, proof.C)!;
        var statements = Enumerable
            .Range(0, 10)
            .Select(i => (i % 2 == 0 ? proof : negated, (IReadOnlyList<Fr>)inputs))
            .ToList();
        Assert.True(BatchVerifier.VerifyBatch(prepared, statements));
        Assert.True(BatchVerifier.VerifyBatch(prepared, []));

        Fr[] changed = [inputs[0] + Fr.One, .. inputs[1..]];
        Assert.False(BatchVerifier.VerifyBatch(prepared, [.. statements, (proof, changed)]));
        Assert.False(BatchVerifier.VerifyBatch(prepared, [.. statements, (proof, inputs[1..])]));
        var wrong = Proof.TryCreate(proof.A, proof.B, -proof.C)!;
        Assert.False(BatchVerifier.VerifyBatch(prepared, [.. statements, (wrong, inputs)]));
    }

    /// <summary>Two errors that cancel when equations are merely multiplied: the random powers find them.</summary>
    [Fact]
    public void Errors_that_cancel_are_found()
    {
        var (key, proof, inputs) = SnarkVectors.Load("one-constraint");
        var prepared = new PreparedVerifyingKey(key);
        var offset = Fr.From(9) * G1Affine.Generator;
        var plus = Proof.TryCreate(proof.A, proof.B, proof.C + offset)!;
        var minus = Proof.TryCreate(proof.A, proof.B, proof.C + -offset)!;
        Assert.False(BatchVerifier.VerifyBatch(prepared, [(plus, inputs), (minus, inputs)]));
    }
}
