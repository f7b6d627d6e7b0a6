using System.Buffers.Binary;
using MedLedger.Crypto.Ceremony;
using MedLedger.Crypto.Groth16;
using MedLedger.Crypto.R1cs;
using MedLedger.Tests.Groth16;

namespace MedLedger.Crypto.Tests.Ceremony;

/// <summary>Every way in which a setup can be wrong, and snarkjs's agreement on those it looks at.</summary>
[Collection("small ceremony")]
public sealed class CeremonyVerifierTests(SmallCeremony ceremony)
{
    private const int FirstContribution = Sections.FirstContribution;
    private const int ContributionSize = Sections.ContributionSize;

    [Fact]
    public async Task The_setup_that_snarkjs_made_is_valid_here_and_there()
    {
        var report = Verify(ceremony.Key);
        Assert.Null(report.Fault);
        Assert.Equal(
            "first second end",
            string.Join(' ', report.Contributions.Select(contribution => contribution.Name))
        );
        Assert.Equal([0xc0, 0xff, 0xee], report.Contributions[^1].Beacon);
        Assert.Null(report.Contributions[0].Beacon);
        Assert.True(await ceremony.SnarkjsAcceptsAsync(ceremony.System, ceremony.Powers, ceremony.Key));
    }

    /// <summary>Points exchanged: both are still on the curve and in the group.</summary>
    [Theory]
    [InlineData(3, 64, "IC")]
    [InlineData(5, 64, "A")]
    [InlineData(6, 64, "B1")]
    [InlineData(7, 128, "B2")]
    [InlineData(8, 64, "C")]
    [InlineData(9, 64, "H")]
    public async Task A_section_with_other_points_is_refused_here_and_by_snarkjs(uint section, int size, string name)
    {
        var altered = Alter(key => Sections.SwapPoints(key, section, size), $"section-{section}.zkey");
        Assert.StartsWith($"Section {name} of the key", Verify(altered).Fault, StringComparison.Ordinal);
        Assert.False(await ceremony.SnarkjsAcceptsAsync(ceremony.System, ceremony.Powers, altered));
    }

    [Theory]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(9)]
    public void A_point_off_the_curve_is_refused(uint section)
    {
        var altered = Alter(key => Sections.Of(key, section)[^(section == 7 ? 128 : 64)] ^= 1, $"off-{section}.zkey");
        Assert.Equal("The key has a point outside its group.", Verify(altered).Fault);
    }

    [Fact]
    public void Other_coefficients_are_refused()
    {
        var altered = Alter(key => Sections.Of(key, 4)[4 + 12] ^= 1, "coefficients.zkey");
        Assert.Equal("The key's matrices are not those of the constraint system.", Verify(altered).Fault);
    }

    /// <summary>alpha, beta in G1, beta in G2, gamma, delta in G1, delta in G2: each replaced by its opposite.</summary>
    [Theory]
    [InlineData(0, "alpha")]
    [InlineData(1, "beta")]
    [InlineData(2, "beta")]
    [InlineData(3, "gamma")]
    [InlineData(4, "delta")]
    [InlineData(5, "delta")]
    public void Another_point_in_the_header_is_refused(int which, string name)
    {
        int[] offsets = [0, 64, 128, 256, 384, 448];
        int[] sizes = [64, 64, 128, 128, 64, 128];
        var altered = Alter(
            key => Sections.Negate(Sections.Of(key, 2).Slice(84 + offsets[which], sizes[which])),
            $"header-{which}.zkey"
        );
        Assert.StartsWith(name, Verify(altered).Fault, StringComparison.Ordinal);
    }

    /// <summary>The circuit's hash; then delta, s, s x, the point of G2 and the transcript of the first and second contribution.</summary>
    [Theory]
    [InlineData(0, false)]
    [InlineData(FirstContribution + 32, true)]
    [InlineData(FirstContribution + 64 + 32, true)]
    [InlineData(FirstContribution + 128 + 32, true)]
    [InlineData(FirstContribution + 192 + 64, true)]
    [InlineData(FirstContribution + 192 + 128, false)]
    [InlineData(FirstContribution + ContributionSize + 32, true)]
    [InlineData(FirstContribution + ContributionSize + 192 + 128, false)]
    [Trait("threat", "forged setup")]
    public void An_altered_contribution_is_refused(int offset, bool isY)
    {
        var altered = Alter(
            key =>
            {
                var section = Sections.Of(key, 10);
                if (isY)
                    Sections.NegateField(section.Slice(offset, 32)); // in G1 the point stays on the curve
                else
                    section[offset] ^= 1;
            },
            $"contribution-{offset}.zkey"
        );
        var fault = Verify(altered).Fault;
        Assert.True(
            fault is "A point of G2 is not valid."
                || fault?.StartsWith("Contribution ", StringComparison.Ordinal) == true,
            fault
        );
    }

    [Fact]
    public void A_beacon_that_did_not_make_the_last_contribution_is_refused()
    {
        var altered = Alter(key => Sections.Of(key, 10)[^1] ^= 1, "beacon.zkey");
        Assert.Equal("Contribution 3: its secret does not follow from the beacon.", Verify(altered).Fault);
    }

    /// <summary>The last parameter but the beacon, which has three bytes: the exponent of the iterations.</summary>
    [Fact]
    public void A_beacon_that_would_take_for_ever_is_refused()
    {
        var altered = Alter(key => Sections.Of(key, 10)[^6] = 31, "endless.zkey");
        Assert.Equal("A beacon is missing or was hashed too often.", Verify(altered).Fault);
    }

    [Fact]
    public void Cancelling_ends_the_hashing_of_a_beacon()
    {
        var altered = Alter(key => Sections.Of(key, 10)[^6] = 30, "long.zkey");
        using var cancelled = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
        using var key = ProvingKey.Load(altered);
        using var powers = PowersOfTau.Load(ceremony.Powers);
        var system = ConstraintSystem.Load(ceremony.System);
        Assert.Throws<OperationCanceledException>(() =>
            CeremonyVerifier.Verify(key, system, powers, cancel: cancelled.Token)
        );
    }

    [Fact]
    [Trait("threat", "forged setup")]
    public void A_key_without_contribution_is_refused()
    {
        var path = ceremony.At("known.zkey");
        KnownTauSetup.Write(ceremony.System, path);
        Assert.Equal("The key has no contribution.", Verify(path).Fault);
    }

    [Fact]
    [Trait("threat", "forged setup")]
    public async Task Other_constraints_are_refused_here_and_by_snarkjs()
    {
        var other = ceremony.At("other.r1cs");
        var bytes = File.ReadAllBytes(ceremony.System);
        Sections.Of(bytes, 2)[^32] ^= 1; // the last coefficient: -1 or 1 becomes another number
        File.WriteAllBytes(other, bytes);
        Assert.Equal(
            "Section C of the key does not belong to the constraint system.",
            Verify(ceremony.Key, other).Fault
        );
        Assert.False(await ceremony.SnarkjsAcceptsAsync(other, ceremony.Powers, ceremony.Key));

        new SmallCircuit(59, 3).WriteAndLoad(other);
        Assert.Equal("The key is for a circuit with other signals.", Verify(ceremony.Key, other).Fault);
    }

    [Fact]
    public async Task Other_powers_of_tau_are_refused_here_and_by_snarkjs()
    {
        Assert.Equal(
            "alpha is not that of the powers of tau.",
            Verify(ceremony.Key, powers: ceremony.OtherPowers).Fault
        );
        Assert.False(await ceremony.SnarkjsAcceptsAsync(ceremony.System, ceremony.OtherPowers, ceremony.Key));
    }

    [Theory]
    [InlineData(2, 64)]
    [InlineData(3, 128)]
    [InlineData(4, 64)]
    [InlineData(5, 64)]
    public void Powers_of_tau_with_a_point_in_another_place_are_refused(uint section, int size)
    {
        var bytes = File.ReadAllBytes(ceremony.Powers);
        var points = Sections.Of(bytes, section);
        points.Slice(10 * size, size).CopyTo(points[(20 * size)..]);
        var path = ceremony.At($"powers-{section}.ptau");
        File.WriteAllBytes(path, bytes);
        Assert.StartsWith("The powers of tau", Verify(ceremony.Key, powers: path).Fault, StringComparison.Ordinal);
    }

    [Fact]
    public void Powers_of_tau_of_power_zero_are_refused()
    {
        var bytes = File.ReadAllBytes(ceremony.Powers);
        BinaryPrimitives.WriteUInt32LittleEndian(Sections.Of(bytes, 1)[36..], 0); // after the length and bytes of the modulus
        var path = ceremony.At("zero.ptau");
        File.WriteAllBytes(path, bytes);
        var fault = Assert.Throws<InvalidDataException>(() => PowersOfTau.Load(path));
        Assert.Equal("The file has no power of tau but the first.", fault.Message);
    }

    /// <summary>A tau of one, as a new file has it, and a tau of zero.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Trait("threat", "forged setup")]
    public void Powers_of_tau_without_a_contribution_are_refused(bool isZero)
    {
        var bytes = File.ReadAllBytes(ceremony.Powers);
        foreach (var (section, size) in new (uint, int)[] { (2, 64), (3, 128), (4, 64), (5, 64) })
        {
            var points = Sections.Of(bytes, section);
            for (var at = size; at < points.Length; at += size)
            {
                if (isZero)
                    points.Slice(at, size).Clear();
                else
                    points[..size].CopyTo(points[at..]);
            }
        }
        var path = ceremony.At("constant.ptau");
        File.WriteAllBytes(path, bytes);
        Assert.Equal("The powers of tau have no contribution.", Verify(ceremony.Key, powers: path).Fault);
    }

    /// <summary>Each of them would be waited for, all of them would not end.</summary>
    [Fact]
    public void Beacons_that_were_hashed_too_often_together_are_refused()
    {
        var bytes = File.ReadAllBytes(ceremony.Key);
        var section = Sections.Of(bytes, 10).ToArray();
        section[^6] = 30;
        var beacon = section[(FirstContribution + 2 * ContributionSize + 1)..]; // the second name has one letter more
        section[64] = 4;
        byte[] twice = [.. section, .. beacon];
        Assert.Contains(
            "hashed too often",
            Assert.Throws<InvalidDataException>(() => Contribution.ReadAll(twice)).Message,
            StringComparison.Ordinal
        );
        section[64] = 3;
        Assert.Equal(3, Contribution.ReadAll(section).Contributions.Count);
    }

    [Fact]
    public void Cancelling_ends_the_verification()
    {
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        using var key = ProvingKey.Load(ceremony.Key);
        using var powers = PowersOfTau.Load(ceremony.Powers);
        var system = ConstraintSystem.Load(ceremony.System);
        Assert.Throws<OperationCanceledException>(() =>
            CeremonyVerifier.Verify(key, system, powers, cancel: cancelled.Token)
        );
    }

    private CeremonyReport Verify(string keyPath, string? system = null, string? powers = null)
    {
        using var key = ProvingKey.Load(keyPath);
        using var tau = PowersOfTau.Load(powers ?? ceremony.Powers);
        return CeremonyVerifier.Verify(key, ConstraintSystem.Load(system ?? ceremony.System), tau);
    }

    private string Alter(Action<byte[]> change, string name)
    {
        var bytes = File.ReadAllBytes(ceremony.Key);
        change(bytes);
        var path = ceremony.At(name);
        File.WriteAllBytes(path, bytes);
        return path;
    }
}
