using System.Security.Cryptography;
using System.Text;
using MedLedger.Crypto.Curves;
using MedLedger.Crypto.Fields;
using MedLedger.Crypto.R1cs;
using Org.BouncyCastle.Crypto.Digests;

namespace MedLedger.Crypto.Ceremony;

/// <summary>
/// One contribution to phase 2 of a Groth16 setup, as a .zkey file lists it: the party multiplied delta by a secret x and
/// proves that it knows x (Bowe, Gabizon, Miers: "Scalable multi-party computation for zk-SNARK parameters in the random
/// beacon model", eprint 2017/1050).
/// </summary>
public sealed class Contribution
{
    private const int MaxIterations = 30; // minutes; files that ask for more, in all their beacons, are not waited for

    private readonly byte[] _transcript;

    private Contribution(
        G1Affine deltaAfter,
        G1Affine s,
        G1Affine sx,
        G2Affine spx,
        byte[] transcript,
        (string? Name, int Iterations, byte[]? Beacon) parameters,
        bool isBeacon
    )
    {
        (DeltaAfter, S, Sx, Spx, _transcript) = (deltaAfter, s, sx, spx, transcript);
        Name = parameters.Name;
        if (isBeacon)
            (Beacon, BeaconIterationsPower) = (parameters.Beacon, parameters.Iterations);
        Hash = Blake2b([.. PublicKey()]);
    }

    /// <summary>What the contributor called it, control characters replaced; null when it has no name.</summary>
    public string? Name { get; }

    /// <summary>BLAKE2b-512 of the contribution: what its author publishes.</summary>
    public byte[] Hash { get; }

    /// <summary>The random beacon that the secret was made from; null for a contribution with a secret of its own.</summary>
    public byte[]? Beacon { get; }

    /// <summary>The beacon is hashed 2^this times with SHA-256.</summary>
    public int BeaconIterationsPower { get; }

    /// <summary>delta in G1 after the contribution.</summary>
    internal G1Affine DeltaAfter { get; }

    private G1Affine S { get; }

    private G1Affine Sx { get; }

    private G2Affine Spx { get; }

    /// <summary>Reads the section: hash of the circuit, number, contributions.</summary>
    /// <exception cref="InvalidDataException">It is damaged, or a point is not in its group.</exception>
    internal static (byte[] CircuitHash, IReadOnlyList<Contribution> Contributions) ReadAll(ReadOnlySpan<byte> section)
    {
        var reader = new SectionReader(section, "contributions");
        var circuitHash = reader.ReadBytes(64).ToArray();
        const int Smallest = 3 * 64 + 128 + 64 + 8;
        var count = reader.ReadCount(reader.Remaining / Smallest);
        var contributions = new List<Contribution>();
        var hashed = 0L;
        for (var i = 0; i < count; i++)
        {
            contributions.Add(Read(ref reader));
            hashed += contributions[i].Beacon is null ? 0 : 1L << contributions[i].BeaconIterationsPower;
            if (hashed > 1L << MaxIterations)
                throw new InvalidDataException("The beacons were hashed too often.");
        }
        reader.ExpectEnd();
        return (circuitHash, contributions);
    }

    /// <summary>Null when the contributions follow from each other, from delta = 1; else what is wrong with which.</summary>
    internal static string? FindFault(
        byte[] circuitHash,
        IReadOnlyList<Contribution> contributions,
        CancellationToken cancel = default
    )
    {
        var delta = G1Affine.Generator;
        var history = Digest(circuitHash);
        for (var i = 0; i < contributions.Count; i++)
        {
            cancel.ThrowIfCancellationRequested();
            var contribution = contributions[i];
            if (contribution.FindFault(delta, history, cancel) is { } fault)
                return $"Contribution {i + 1}: {fault}";
            Update(history, contribution.PublicKey());
            delta = contribution.DeltaAfter;
        }
        return null;
    }

    /// <param name="deltaBefore">delta before it.</param>
    /// <param name="history">The hash over the circuit's hash and all contributions before it.</param>
    /// <param name="cancel">Ends the hashing of a beacon.</param>
    private string? FindFault(in G1Affine deltaBefore, Blake2bDigest history, CancellationToken cancel)
    {
        var own = new Blake2bDigest(history);
        Update(own, [.. S.ToBytes(), .. Sx.ToBytes()]);
        var transcript = Finish(own);
        if (!CryptographicOperations.FixedTimeEquals(transcript, _transcript))
            return "its transcript is not that of the contributions before it.";
        var challenge = new ChaChaStream(_transcript).NextG2();
        if (!HaveSameRatio(S, Sx, challenge, Spx))
            return "it does not prove that its author knew the secret.";
        if (!HaveSameRatio(deltaBefore, DeltaAfter, challenge, Spx))
            return "delta was not multiplied with its secret.";
        if (Beacon is null)
            return null;
        var seed = SHA256.HashData(Beacon);
        for (var i = 1L; i < 1L << BeaconIterationsPower; i++)
        {
            if (i % (1 << 14) == 0)
                cancel.ThrowIfCancellationRequested();
            SHA256.HashData(seed, seed);
        }
        var stream = new ChaChaStream(seed);
        var secret = stream.NextFr();
        var s = stream.NextG1();
        return s == S && secret * s == Sx ? null : "its secret does not follow from the beacon.";
    }

    /// <summary>True when s1/s0 = t1/t0: e(s0, t1) = e(s1, t0). Infinity has no ratio.</summary>
    internal static bool HaveSameRatio(in G1Affine s0, in G1Affine s1, in G2Affine t0, in G2Affine t1) =>
        !s0.IsInfinity
        && !s1.IsInfinity
        && !t0.IsInfinity
        && !t1.IsInfinity
        && Pairing.IsProductOne([s0, -s1], [t1, t0]);

    private byte[] PublicKey() =>
        [.. DeltaAfter.ToBytes(), .. S.ToBytes(), .. Sx.ToBytes(), .. Spx.ToBytes(), .. _transcript];

    private static Contribution Read(ref SectionReader reader)
    {
        var deltaAfter = StoredPoint.ToG1(reader.Read<AffinePoint<Fq>>());
        var s = StoredPoint.ToG1(reader.Read<AffinePoint<Fq>>());
        var sx = StoredPoint.ToG1(reader.Read<AffinePoint<Fq>>());
        var spx = StoredPoint.ToG2(reader.Read<AffinePoint<Fq2>>());
        var transcript = reader.ReadBytes(64).ToArray();
        var type = reader.ReadUInt32();
        if (type > 1)
            throw new InvalidDataException("A contribution is of an unknown type.");
        var length = reader.ReadCount(reader.Remaining);
        var parameters = ReadParameters(new SectionReader(reader.ReadBytes(length), "contributions"));
        if (type == 1 && (parameters.Beacon is not { Length: > 0 } || parameters.Iterations > MaxIterations))
            throw new InvalidDataException("A beacon is missing or was hashed too often.");
        return new Contribution(deltaAfter, s, sx, spx, transcript, parameters, type == 1);
    }

    /// <summary>Name (1), exponent of the iterations (2) and beacon (3), in this order, each at most once.</summary>
    private static (string? Name, int Iterations, byte[]? Beacon) ReadParameters(SectionReader reader)
    {
        (string? Name, int Iterations, byte[]? Beacon) result = default;
        for (var last = 0; reader.Remaining > 0; )
        {
            int kind = reader.ReadBytes(1)[0];
            if (kind <= last)
                throw new InvalidDataException("The parameters of a contribution are out of order.");
            last = kind;
            switch (kind)
            {
                case 1:
                    result.Name = Plain(Encoding.UTF8.GetString(reader.ReadBytes(reader.ReadBytes(1)[0])));
                    break;
                case 2:
                    result.Iterations = reader.ReadBytes(1)[0];
                    break;
                case 3:
                    result.Beacon = reader.ReadBytes(reader.ReadBytes(1)[0]).ToArray();
                    break;
                default:
                    throw new InvalidDataException("A contribution has an unknown parameter.");
            }
        }
        return result;
    }

    private static string Plain(string name) => string.Concat(name.Select(c => char.IsControl(c) ? '?' : c));

    private static byte[] Blake2b(byte[] input) => Finish(Digest(input));

    private static Blake2bDigest Digest(byte[] input)
    {
        var digest = new Blake2bDigest(512);
        Update(digest, input);
        return digest;
    }

    private static void Update(Blake2bDigest digest, byte[] input) => digest.BlockUpdate(input, 0, input.Length);

    private static byte[] Finish(Blake2bDigest digest)
    {
        var output = new byte[64];
        digest.DoFinal(output, 0);
        return output;
    }
}
