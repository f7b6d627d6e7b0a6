using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Json;
using CsCheck;
using MedLedger.Crypto.Fields;
using MedLedger.Crypto.Groth16;

namespace MedLedger.Crypto.Tests.Groth16;

public class SnarkJsonTests
{
    public static TheoryData<string> Names => [.. SnarkVectors.Names];

    /// <summary>The same JSON values as snarkjs wrote, e(alpha, beta) included.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void Writing_what_was_read_gives_what_snarkjs_wrote(string name)
    {
        var (key, proof, inputs) = SnarkVectors.Load(name);
        AssertSame(SnarkVectors.Json(name, "proof"), SnarkJsonWriter.WriteProof(proof));
        AssertSame(SnarkVectors.Json(name, "public"), SnarkJsonWriter.WritePublicInputs(inputs));
        AssertSame(SnarkVectors.Json(name, "verificationKey"), SnarkJsonWriter.WriteVerifyingKey(key));
    }

    [Fact]
    [Trait("threat", "aliased number")]
    public void Aliased_numbers_are_refused()
    {
        var json = SnarkVectors.Json("poseidon-seven-public", "public");
        var (_, proof, inputs) = SnarkVectors.Load("poseidon-seven-public");
        var alias = (inputs[0].ToBigInteger() + Fr.Modulus).ToString(CultureInfo.InvariantCulture);
        Assert.Null(SnarkJson.TryReadPublicInputs(Replace(json, inputs[0].ToString(), alias)));
        foreach (var coordinate in new[] { proof.A.X, proof.B.X.C0, proof.B.Y.C1, proof.C.Y })
        {
            var moved = (coordinate.ToBigInteger() + Fq.Modulus).ToString(CultureInfo.InvariantCulture);
            var text = SnarkVectors.Json("poseidon-seven-public", "proof");
            Assert.Null(SnarkJson.TryReadProof(Replace(text, coordinate.ToString(), moved)));
        }
    }

    [Theory]
    [InlineData("\"groth16\"", "\"plonk\"")]
    [InlineData("\"bn128\"", "\"bls12381\"")]
    [InlineData("\"curve\"", "\"curves\"")]
    [InlineData("\"1\"", "\"2\"")]
    [InlineData("\"1\"", "1")]
    [InlineData("\"protocol\"", "\"protocol\":\"groth16\",\"protocol\"")]
    [InlineData("\"pi_a\"", "\"extra\":1,\"pi_a\"")]
    public void A_proof_of_another_shape_is_refused(string from, string to)
    {
        var json = SnarkVectors.Json("one-constraint", "proof");
        Assert.NotNull(SnarkJson.TryReadProof(Encoding.UTF8.GetBytes(json)));
        Assert.Null(SnarkJson.TryReadProof(Replace(json, from, to)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("{\"pi_a\":\"\\ud800\"}")]
    public void What_is_no_proof_is_refused(string json) =>
        Assert.Null(SnarkJson.TryReadProof(Encoding.UTF8.GetBytes(json)));

    [Fact]
    public void Deep_nesting_is_refused()
    {
        var deep = Encoding.UTF8.GetBytes(new string('[', 10_000));
        Assert.Null(SnarkJson.TryReadProof(deep));
        Assert.Null(SnarkJson.TryReadPublicInputs(deep));
        Assert.Null(SnarkJson.TryReadVerifyingKey(deep));
    }

    [Fact]
    public void A_mutated_file_is_refused_or_means_the_same()
    {
        var bytes = SnarkVectors.Utf8("one-constraint", "verificationKey");
        var (original, _, _) = SnarkVectors.Load("one-constraint");
        Gen.Select(Gen.Int[0, bytes.Length - 1], Gen.Byte)
            .Sample(
                (position, value) =>
                {
                    var mutated = (byte[])bytes.Clone();
                    mutated[position] = value;
                    var key = SnarkJson.TryReadVerifyingKey(mutated);
                    Assert.True(key is null || key.Delta == original.Delta && key.Alpha == original.Alpha);
                },
                iter: 300
            );
    }

    [Fact]
    public void Calldata_has_the_coefficients_of_b_swapped()
    {
        var (_, proof, inputs) = SnarkVectors.Load("one-constraint");
        var numbers = JsonDocument
            .Parse("[" + SnarkJsonWriter.WriteSolidityCalldata(proof, inputs) + "]")
            .RootElement.EnumerateArray()
            .ToArray();
        Assert.Equal(4, numbers.Length);
        Assert.Equal(proof.B.X.C1.ToBigInteger(), Number(numbers[1][0][0]));
        Assert.Equal(proof.B.Y.C0.ToBigInteger(), Number(numbers[1][1][1]));
        Assert.Equal(inputs[0].ToBigInteger(), Number(numbers[3][0]));
    }

    private static BigInteger Number(JsonElement element) =>
        BigInteger.Parse("0" + element.GetString()![2..], NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    private static byte[] Replace(string json, string from, string to) =>
        Encoding.UTF8.GetBytes(json.Replace(from, to, StringComparison.Ordinal));

    private static void AssertSame(string expected, byte[] actual)
    {
        using var left = JsonDocument.Parse(expected);
        using var right = JsonDocument.Parse(actual);
        Assert.True(JsonElement.DeepEquals(left.RootElement, right.RootElement));
    }
}
