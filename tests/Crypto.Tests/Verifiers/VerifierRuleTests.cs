using MedLedger.Crypto.Curves;
using MedLedger.Crypto.Groth16;
using MedLedger.Crypto.Tests.Groth16;

namespace MedLedger.Crypto.Tests.Verifiers;

/// <summary>The rules of verifiers.md: nothing that is tried under a row is accepted here, whatever snarkjs says to it.</summary>
public sealed class VerifierRuleTests(SnarkjsAnswers snarkjs) : IClassFixture<SnarkjsAnswers>
{
    [Fact]
    public void The_statement_that_is_altered_is_accepted_by_both()
    {
        Assert.True(Attempts.Sound.IsAccepted);
        Assert.Equal("accepts", Assert.Single(snarkjs.To("sound")));
    }

    [Fact]
    [Trait("verifier", "negated pair")]
    public void The_negated_pair_is_another_proof_of_the_same()
    {
        Assert.NotEqual(Attempts.Sound.Proof, Attempts.NegatedPair.Proof, StringComparer.Ordinal);
        Assert.True(Attempts.NegatedPair.IsAccepted);
        Assert.Equal("accepts", Assert.Single(snarkjs.To("negated pair")));
    }

    [Fact]
    [Trait("verifier", "input plus r")]
    public void An_input_plus_r_is_refused() => IsRefused("input plus r");

    [Fact]
    [Trait("verifier", "input missing")]
    public void A_list_without_its_last_zero_is_refused() => IsRefused("input missing");

    [Fact]
    [Trait("verifier", "input too many")]
    public void A_list_with_another_zero_is_refused() => IsRefused("input too many");

    [Fact]
    [Trait("verifier", "other input")]
    public void Another_input_is_refused() => IsRefused("other input");

    [Fact]
    [Trait("verifier", "coordinate plus q")]
    public void A_coordinate_plus_q_is_refused() => IsRefused("coordinate plus q");

    [Fact]
    [Trait("verifier", "point in other coordinates")]
    public void A_point_in_other_coordinates_is_refused() => IsRefused("point in other coordinates");

    [Fact]
    [Trait("verifier", "point off the curve")]
    public void A_point_off_the_curve_is_refused() => IsRefused("point off the curve");

    [Fact]
    [Trait("verifier", "point outside the subgroup")]
    public void A_point_outside_the_subgroup_is_refused()
    {
        var (x, y) = Attempts.PointOutsideSubgroup();
        Assert.True(G2Affine.IsOnCurve(new(x, y)));
        Assert.False(G2Affine.TryCreate(x, y, out _));
        IsRefused("point outside the subgroup");
    }

    [Fact]
    [Trait("verifier", "infinity in a proof")]
    public void Infinity_in_a_proof_is_refused() => IsRefused("infinity in a proof");

    [Fact]
    [Trait("verifier", "infinity as B")]
    public void Infinity_as_B_is_refused() => IsRefused("infinity as B");

    [Fact]
    [Trait("verifier", "number in another spelling")]
    public void A_number_in_another_spelling_is_refused() => IsRefused("number in another spelling");

    [Fact]
    [Trait("verifier", "member twice")]
    public void A_member_that_stands_twice_is_refused() => IsRefused("member twice");

    [Fact]
    [Trait("verifier", "another curve or protocol")]
    public void A_proof_of_another_curve_or_protocol_is_refused() => IsRefused("another curve or protocol");

    /// <summary>The forgery needs no secret; a key that snarkjs made without contribution is refused as well.</summary>
    [Fact]
    [Trait("verifier", "no contribution")]
    [Trait("threat", "forged setup")]
    public void A_forgery_for_a_key_without_contribution_is_refused()
    {
        IsRefused("no contribution");
        Assert.Null(SnarkJson.TryReadVerifyingKey(SnarkVectors.Utf8("no-contribution", "verificationKey")));
    }

    [Fact]
    [Trait("verifier", "delta opposite to gamma")]
    public void A_forgery_for_a_key_with_opposite_delta_and_gamma_is_refused() => IsRefused("delta opposite to gamma");

    [Fact]
    [Trait("verifier", "generator in the key")]
    public void A_generator_in_the_key_is_refused() => IsRefused("generator in the key");

    [Fact]
    [Trait("verifier", "infinity as alpha")]
    public void A_forgery_for_a_key_without_alpha_is_refused() => IsRefused("infinity as alpha");

    [Fact]
    [Trait("verifier", "infinity as beta, gamma or delta")]
    public void Infinity_of_G2_in_the_key_is_refused() => IsRefused("infinity as beta, gamma or delta");

    [Fact]
    [Trait("verifier", "input without weight")]
    [Trait("threat", "weightless signal")]
    public void A_key_with_an_input_without_weight_is_refused() => IsRefused("input without weight");

    /// <summary>The column of snarkjs is what snarkjs says: to all attempts of a row the same.</summary>
    [Fact]
    public void The_table_says_what_snarkjs_says()
    {
        foreach (var row in VerifierTable.Rows)
            Assert.True(
                snarkjs.To(row.Id).All(answer => string.Equals(answer, row.Snarkjs, StringComparison.Ordinal)),
                $"'{row.Id}': snarkjs {string.Join(", ", snarkjs.To(row.Id))}"
            );
    }

    private static void IsRefused(string row)
    {
        Assert.NotEmpty(Attempts.All[row]);
        Assert.All(Attempts.All[row], statement => Assert.False(statement.IsAccepted));
    }
}
