using System.Security.Cryptography;
using MedLedger.Crypto.Curves;
using MedLedger.Crypto.Fields;
using MedLedger.Crypto.Groth16;

namespace MedLedger.Consent.Tests.Evidence;

/// <summary>
/// A Groth16 key whose trapdoors the test knows, so that it can make a proof for any public inputs without a circuit
/// (the simulator of the zero-knowledge property: C = (ab - alpha beta - gamma ic(x)) / delta). The verifier is the real one.
/// </summary>
internal sealed class SimulatedSetup
{
    private readonly Fr _alpha = Random();
    private readonly Fr _beta = Random();
    private readonly Fr _gamma = Random();
    private readonly Fr _delta = Random();
    private readonly Fr[] _ic;

    public SimulatedSetup(int inputs)
    {
        _ic = [.. Enumerable.Range(0, inputs + 1).Select(_ => Random())];
        var key = VerifyingKey.TryCreate(
            _alpha * G1Affine.Generator,
            _beta * G2Affine.Generator,
            _gamma * G2Affine.Generator,
            _delta * G2Affine.Generator,
            [.. _ic.Select(x => x * G1Affine.Generator)]
        );
        Key = new PreparedVerifyingKey(key!);
    }

    public PreparedVerifyingKey Key { get; }

    public Proof Prove(IReadOnlyList<Fr> inputs)
    {
        Fr a = Random(),
            b = Random();
        var x = inputs.Select((input, i) => input * _ic[i + 1]).Aggregate(_ic[0], (sum, term) => sum + term);
        var c = (a * b - _alpha * _beta - _gamma * x) * _delta.Inverse();
        return Proof.TryCreate(a * G1Affine.Generator, b * G2Affine.Generator, c * G1Affine.Generator)!;
    }

    private static Fr Random() => Fr.ReduceModR(RandomNumberGenerator.GetBytes(32));
}
