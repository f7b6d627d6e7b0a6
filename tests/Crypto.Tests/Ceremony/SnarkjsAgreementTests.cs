using MedLedger.Crypto.Ceremony;
using MedLedger.Crypto.Groth16;
using MedLedger.Crypto.R1cs;

namespace MedLedger.Crypto.Tests.Ceremony;

/// <summary>Each kind of broken setup before both verifiers: <c>ceremony verify</c> here and <c>zkey verify</c> of snarkjs.</summary>
[Collection("small ceremony")]
public sealed class SnarkjsAgreementTests(SmallCeremony ceremony)
{
    private const int First = Sections.FirstContribution;
    private const int Second = First + Sections.ContributionSize;

    private sealed record Setup(string Name, string System, string Powers, string Key, bool SnarkjsAccepts);

    /// <summary>
    /// snarkjs refuses all but two kinds: powers of tau in G2, or times alpha or beta, that are none, which it does not look at
    /// here (its command <c>powersoftau verify</c> does), and a key that nobody contributed to.
    /// </summary>
    [Fact]
    [Trait("threat", "forged setup")]
    public async Task Snarkjs_refuses_what_is_refused_here_but_for_two_kinds()
    {
        var setups = All().ToArray();
        var answers = await ceremony.SnarkjsAnswersAsync(
            setups.Select(setup => (setup.System, setup.Powers, setup.Key))
        );
        var wrong = setups
            .Zip(answers)
            .Where(pair =>
                (pair.Second == "accepts") != pair.First.SnarkjsAccepts
                || IsValidHere(pair.First) != (pair.First.Name == "sound")
            )
            .Select(pair =>
                $"{pair.First.Name}: snarkjs {pair.Second}, here {(IsValidHere(pair.First) ? "accepts" : "refuses")}"
            );
        Assert.Equal("", string.Join('\n', wrong));
    }

    private IEnumerable<Setup> All()
    {
        yield return new("sound", ceremony.System, ceremony.Powers, ceremony.Key, SnarkjsAccepts: true);
        foreach (var section in new uint[] { 3, 5, 6, 7, 8, 9 })
        {
            var size = section == 7 ? 128 : 64;
            yield return Key($"section {section}: points exchanged", key => Sections.SwapPoints(key, section, size));
            if (section > 3)
                yield return Key($"section {section}: off the curve", key => Sections.Of(key, section)[^size] ^= 1);
        }
        yield return Key("another coefficient", key => Sections.Of(key, 4)[4 + 12] ^= 1);
        int[] offsets = [0, 64, 128, 256, 384, 448, 576];
        for (var i = 0; i < 6; i++)
        {
            var (from, to) = (84 + offsets[i], 84 + offsets[i + 1]);
            yield return Key($"header: point {i} negated", key => Sections.Negate(Sections.Of(key, 2)[from..to]));
        }
        yield return Key("the circuit's hash", key => Sections.Of(key, 10)[0] ^= 1);
        foreach (var (name, start) in new[] { ("first", First), ("second", Second) })
        {
            yield return Key($"{name}: delta", key => Sections.NegateField(Sections.Of(key, 10).Slice(start + 32, 32)));
            yield return Key($"{name}: s", key => Sections.NegateField(Sections.Of(key, 10).Slice(start + 96, 32)));
            yield return Key($"{name}: s x", key => Sections.NegateField(Sections.Of(key, 10).Slice(start + 160, 32)));
            yield return Key(
                $"{name}: point of G2",
                key => Sections.Negate(Sections.Of(key, 10).Slice(start + 192, 128))
            );
            yield return Key($"{name}: transcript", key => Sections.Of(key, 10)[start + 320] ^= 1);
        }
        yield return Key("another beacon", key => Sections.Of(key, 10)[^1] ^= 1);
        yield return new("no contribution", ceremony.System, ceremony.Powers, ceremony.FirstKey, SnarkjsAccepts: true);
        yield return new("powers of another ceremony", ceremony.System, ceremony.OtherPowers, ceremony.Key, false);
        var system = Alter(ceremony.System, "other.r1cs", bytes => Sections.Of(bytes, 2)[^32] ^= 1);
        yield return new("other constraints", system, ceremony.Powers, ceremony.Key, false);
        foreach (var (section, size) in new (uint, int)[] { (2, 64), (3, 128), (4, 64), (5, 64) })
        {
            var powers = Alter(
                ceremony.Powers,
                $"{section}.ptau",
                bytes =>
                    Sections
                        .Of(bytes, section)
                        .Slice(10 * size, size)
                        .CopyTo(Sections.Of(bytes, section)[(20 * size)..])
            );
            yield return new(
                $"powers, section {section}: a point twice",
                ceremony.System,
                powers,
                ceremony.Key,
                section > 2
            );
        }
    }

    private Setup Key(string name, Action<byte[]> change) =>
        new(
            name,
            ceremony.System,
            ceremony.Powers,
            Alter(ceremony.Key, name.Replace(' ', '-') + ".zkey", change),
            false
        );

    private string Alter(string file, string name, Action<byte[]> change)
    {
        var bytes = File.ReadAllBytes(file);
        change(bytes);
        var path = ceremony.At("agreement-" + name.Replace(':', '-'));
        File.WriteAllBytes(path, bytes);
        return path;
    }

    private static bool IsValidHere(Setup setup)
    {
        try
        {
            using var key = ProvingKey.Load(setup.Key);
            using var powers = PowersOfTau.Load(setup.Powers);
            return CeremonyVerifier.Verify(key, ConstraintSystem.Load(setup.System), powers).IsValid;
        }
        catch (InvalidDataException)
        {
            return false;
        }
    }
}
