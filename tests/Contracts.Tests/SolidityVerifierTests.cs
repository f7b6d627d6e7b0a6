using System.Text;
using System.Text.Json.Nodes;
using MedLedger.Crypto.Groth16;

namespace MedLedger.Tests.Contracts;

public sealed class SolidityVerifierTests
{
    public static TheoryData<string, string, string, string> Verifiers
    {
        get
        {
            var rows = new TheoryData<string, string, string, string>();
            foreach (var (key, contract, file, root) in Golden.Verifiers)
                rows.Add(key, contract, file, root);
            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(Verifiers))]
    public void Committed_verifier_is_what_its_key_generates(string key, string contract, string file, string root) =>
        Golden.AssertFile(RepositoryRoot.File(file), Golden.Verifier(key, contract, root));

    [Fact]
    public void Every_signal_and_every_point_of_the_key_is_in_the_contract()
    {
        var key = Key();
        Assert.True(TryGenerate(key, out var source));
        Assert.Contains("uint256[11] calldata signals", source, StringComparison.Ordinal);
        foreach (var coordinate in key["IC"]!.AsArray().SelectMany(point => point!.AsArray().Take(2)))
            Assert.Contains((string)coordinate!, source, StringComparison.Ordinal);
    }

    public static TheoryData<string, string> HostileKeys =>
        new()
        {
            { "another protocol", "protocol" },
            { "another curve", "curve" },
            { "one IC point too few", "ic-short" },
            { "an IC point at infinity", "ic-infinity" },
            { "an IC point off the curve", "ic-off" },
            { "a coordinate plus q", "alpha-plus-q" },
            { "delta equal to gamma", "delta-gamma" },
            { "beta at infinity", "beta-infinity" },
            { "a number in place of text", "alpha-number" },
            { "no alpha", "no-alpha" },
        };

    [Theory]
    [MemberData(nameof(HostileKeys))]
    public void Refuses_a_key_with(string what, string change)
    {
        Assert.NotEmpty(what);
        var key = Key();
        switch (change)
        {
            case "protocol":
                key["protocol"] = "plonk";
                break;
            case "curve":
                key["curve"] = "bls12381";
                break;
            case "ic-short":
                key["IC"]!.AsArray().RemoveAt(11);
                break;
            case "ic-infinity":
                key["IC"]![3] = new JsonArray("0", "1", "0");
                break;
            case "ic-off":
                key["IC"]![3]![0] = "5";
                break;
            case "alpha-plus-q":
                key["vk_alpha_1"]![0] = (
                    System.Numerics.BigInteger.Parse(
                        (string)key["vk_alpha_1"]![0]!,
                        System.Globalization.CultureInfo.InvariantCulture
                    ) + MedLedger.Crypto.Fields.Fq.Modulus
                ).ToString(System.Globalization.CultureInfo.InvariantCulture);
                break;
            case "delta-gamma":
                key["vk_delta_2"] = key["vk_gamma_2"]!.DeepClone();
                break;
            case "beta-infinity":
                key["vk_beta_2"]![2] = new JsonArray("0", "0");
                break;
            case "alpha-number":
                key["vk_alpha_1"]![0] = 5;
                break;
            default:
                key.Remove("vk_alpha_1");
                break;
        }
        Assert.False(TryGenerate(key, out _));
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{\"protocol\":\"groth16\"")]
    public void Refuses_what_is_no_key(string text) =>
        Assert.False(SolidityVerifier.TryGenerate(Encoding.UTF8.GetBytes(text), "V", ".", out _));

    private static bool TryGenerate(JsonObject key, out string? source) =>
        SolidityVerifier.TryGenerate(Encoding.UTF8.GetBytes(key.ToJsonString()), "V", ".", out source);

    private static JsonObject Key() =>
        JsonNode.Parse(File.ReadAllBytes(RepositoryRoot.File(Golden.Verifiers[1].Key)))!.AsObject();
}
