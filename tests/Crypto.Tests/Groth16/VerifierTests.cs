using System.Text;
using System.Text.Json;
using CsCheck;
using MedLedger.Crypto.Curves;
using MedLedger.Crypto.Fields;
using MedLedger.Crypto.Groth16;

namespace MedLedger.Crypto.Tests.Groth16;

public class VerifierTests
{
    public static TheoryData<string> Names => [.. SnarkVectors.Names];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_proof_of_snarkjs_verifies(string name)
    {
        var (key, proof, inputs) = SnarkVectors.Load(name);
        Assert.True(Verifier.Verify(new PreparedVerifyingKey(key), proof, inputs));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Changed_inputs_or_another_number_of_them_are_refused(string name)
    {
        var (key, proof, inputs) = SnarkVectors.Load(name);
        var prepared = new PreparedVerifyingKey(key);
        for (var i = 0; i < inputs.Length; i++)
        {
            var changed = (Fr[])inputs.Clone();
            changed[i] += Fr.One;
            Assert.False(Verifier.Verify(prepared, proof, changed));
        }
        Assert.False(Verifier.Verify(prepared, proof, [.. inputs, Fr.Zero]));
        if (inputs.Length > 0)
            Assert.False(Verifier.Verify(prepared, proof, inputs.AsSpan(0, inputs.Length - 1)));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_part_replaced_by_its_negative_or_by_another_point_is_refused(string name)
    {
        var (key, proof, inputs) = SnarkVectors.Load(name);
        var prepared = new PreparedVerifyingKey(key);
        var other = Fr.From(7) * G1Affine.Generator;
        Assert.False(Verifier.Verify(prepared, Proof.TryCreate(-proof.A, proof.B, proof.C)!, inputs));
        Assert.False(Verifier.Verify(prepared, Proof.TryCreate(proof.A, -proof.B, proof.C)!, inputs));
        Assert.False(Verifier.Verify(prepared, Proof.TryCreate(proof.A, proof.B, -proof.C)!, inputs));
        Assert.False(Verifier.Verify(prepared, Proof.TryCreate(other, proof.B, proof.C)!, inputs));
        Assert.False(Verifier.Verify(prepared, Proof.TryCreate(proof.A, G2Affine.Generator, proof.C)!, inputs));
        Assert.False(Verifier.Verify(prepared, Proof.TryCreate(proof.A, proof.B, other)!, inputs));
    }

    /// <summary>Inherent in Groth16, hence replay protection is the nullifier and never the proof.</summary>
    [Fact]
    [Trait("threat", "malleable proof")]
    public void A_proof_is_malleable_for_the_same_statement()
    {
        var (key, proof, inputs) = SnarkVectors.Load("one-constraint");
        var prepared = new PreparedVerifyingKey(key);
        Assert.True(Verifier.Verify(prepared, Proof.TryCreate(-proof.A, -proof.B, proof.C)!, inputs));
    }

    [Fact]
    [Trait("threat", "false proof")]
    public void Every_flipped_bit_of_a_proof_is_refused()
    {
        var (key, proof, inputs) = SnarkVectors.Load("poseidon-seven-public");
        var prepared = new PreparedVerifyingKey(key);
        Assert.Equal(proof, Proof.TryParse(proof.ToBytes()));
        foreach (var flipped in Flips(proof.ToBytes()))
            Assert.False(Proof.TryParse(flipped) is { } changed && Verifier.Verify(prepared, changed, inputs));
    }

    [Fact]
    [Trait("threat", "false proof")]
    public void Every_flipped_bit_of_a_public_input_is_refused()
    {
        var (key, proof, inputs) = SnarkVectors.Load("one-constraint");
        var prepared = new PreparedVerifyingKey(key);
        foreach (var flipped in Flips(inputs[0].ToBytes()))
            Assert.False(
                Fr.TryParseCanonical(flipped, out var changed)
                    && Verifier.Verify(prepared, proof, [changed, .. inputs[1..]])
            );
    }

    [Fact]
    [Trait("threat", "false proof")]
    public void A_flipped_bit_of_any_of_seven_public_inputs_is_refused()
    {
        var (key, proof, inputs) = SnarkVectors.Load("poseidon-seven-public");
        var prepared = new PreparedVerifyingKey(key);
        Gen.Select(Gen.Int[0, 6], Gen.Int[0, 255])
            .Sample(
                (i, bit) =>
                {
                    var flipped = inputs[i].ToBytes();
                    flipped[bit / 8] ^= (byte)(1 << (bit % 8));
                    if (Fr.TryParseCanonical(flipped, out var changed))
                        Assert.False(Verifier.Verify(prepared, proof, [.. inputs[..i], changed, .. inputs[(i + 1)..]]));
                },
                iter: 250
            );
    }

    [Fact]
    [Trait("threat", "false proof")]
    public void Every_flipped_bit_of_a_key_is_refused()
    {
        var (key, proof, inputs) = SnarkVectors.Load("one-constraint");
        byte[] bytes =
        [
            .. key.Alpha.ToBytes(),
            .. key.Beta.ToBytes(),
            .. key.Gamma.ToBytes(),
            .. key.Delta.ToBytes(),
            .. key.InputPoints.ToArray().SelectMany(point => point.ToBytes()),
        ];
        Assert.True(Verifier.VerifyOnce(ParseKey(bytes)!, proof, inputs));
        foreach (var flipped in Flips(bytes))
            Assert.False(ParseKey(flipped) is { } changed && Verifier.VerifyOnce(changed, proof, inputs));
    }

    private static IEnumerable<byte[]> Flips(byte[] bytes)
    {
        for (var bit = 0; bit < bytes.Length * 8; bit++)
        {
            var flipped = (byte[])bytes.Clone();
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            yield return flipped;
        }
    }

    /// <summary>alpha, beta, gamma, delta, then the inputs' points.</summary>
    private static VerifyingKey? ParseKey(ReadOnlySpan<byte> bytes)
    {
        if (
            !G1Affine.TryParse(bytes[..64], out var alpha)
            || !G2Affine.TryParse(bytes[64..192], out var beta)
            || !G2Affine.TryParse(bytes[192..320], out var gamma)
            || !G2Affine.TryParse(bytes[320..448], out var delta)
        )
            return null;
        var points = new G1Affine[(bytes.Length - 448) / 64];
        for (var i = 0; i < points.Length; i++)
        {
            if (!G1Affine.TryParse(bytes.Slice(448 + 64 * i, 64), out points[i]))
                return null;
        }
        return VerifyingKey.TryCreate(alpha, beta, gamma, delta, points);
    }

    [Fact]
    [Trait("threat", "forged setup")]
    public void A_key_without_phase_two_contribution_is_refused() =>
        Assert.Null(SnarkJson.TryReadVerifyingKey(SnarkVectors.Utf8("no-contribution", "verificationKey")));

    [Fact]
    public void Degenerate_keys_are_refused()
    {
        var (key, _, _) = SnarkVectors.Load("poseidon-seven-public");
        var ic = key.InputPoints.ToArray();
        var (g1, g2) = (G1Affine.Generator, G2Affine.Generator);
        Assert.NotNull(VerifyingKey.TryCreate(key.Alpha, key.Beta, key.Gamma, key.Delta, ic));
        Assert.Null(VerifyingKey.TryCreate(key.Alpha, key.Beta, key.Delta, key.Delta, ic));
        Assert.Null(VerifyingKey.TryCreate(key.Alpha, key.Beta, key.Gamma, -key.Gamma, ic));
        Assert.Null(VerifyingKey.TryCreate(key.Alpha, key.Beta, key.Gamma, g2, ic));
        Assert.Null(VerifyingKey.TryCreate(g1, key.Beta, key.Gamma, key.Delta, ic));
        Assert.Null(VerifyingKey.TryCreate(key.Alpha, g2, key.Gamma, key.Delta, ic));
        Assert.Null(VerifyingKey.TryCreate(default, key.Beta, key.Gamma, key.Delta, ic));
        Assert.Null(VerifyingKey.TryCreate(key.Alpha, default, key.Gamma, key.Delta, ic));
        Assert.Null(VerifyingKey.TryCreate(key.Alpha, key.Beta, default, key.Delta, ic));
        Assert.Null(VerifyingKey.TryCreate(key.Alpha, key.Beta, key.Gamma, default, ic));
        Assert.Null(VerifyingKey.TryCreate(key.Alpha, key.Beta, key.Gamma, key.Delta, []));
        for (var i = 0; i < ic.Length; i++)
        {
            var hole = (G1Affine[])ic.Clone();
            hole[i] = default;
            Assert.Null(VerifyingKey.TryCreate(key.Alpha, key.Beta, key.Gamma, key.Delta, hole));
        }
    }
}
