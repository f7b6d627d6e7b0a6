using System.Security.Cryptography;
using System.Text.Json;
using MedLedger.Crypto.Groth16;

namespace MedLedger.Consent.Statements;

/// <summary>
/// circuits/manifest.json and the verifying key as they were when this program was built: the only circuit, keys and
/// ceremony that it accepts. Both are embedded, so that no file beside the program can change what it trusts.
/// </summary>
public sealed class CircuitManifest
{
    /// <summary>File name of the proving key.</summary>
    public const string ProvingKeyFile = "analysis_policy.zkey";

    /// <summary>File name of the witness program.</summary>
    public const string WitnessFile = "analysis_policy.wasm";

    /// <summary>File name of the constraints.</summary>
    public const string ConstraintsFile = "analysis_policy.r1cs";

    /// <summary>File name of the verifying key.</summary>
    public const string VerifyingKeyFile = "verification_key.json";

    /// <summary>File name of the powers of tau that the keys were made from.</summary>
    public const string PowersOfTauFile = "powers_of_tau_16.ptau";

    private static readonly Lazy<CircuitManifest> LazyPinned = new(LoadPinned);

    private readonly Dictionary<string, string> _hashes;

    private CircuitManifest(JsonElement root, byte[] verifyingKey)
    {
        _hashes = root.GetProperty("files")
            .EnumerateObject()
            .ToDictionary(
                file => file.Name,
                file => file.Value.GetProperty("sha256").GetString()!,
                StringComparer.Ordinal
            );
        CircuitVersion = root.GetProperty("circuitVersion").GetInt32();
        var ceremony = root.GetProperty("ceremony");
        Ceremony = ceremony.GetProperty("summary").GetString()!;
        var phase2 = ceremony.GetProperty("phase2");
        CircuitHash = phase2.GetProperty("circuitHash").GetString()!;
        var beacon = phase2.GetProperty("beacon");
        BeaconValue = beacon.GetProperty("value").GetString()!;
        ContributionHashes =
        [
            .. phase2
                .GetProperty("contributions")
                .EnumerateArray()
                .Append(beacon)
                .Select(contribution => contribution.GetProperty("contributionHash").GetString()!),
        ];
        VerifyingKeyHash = SHA256.HashData(verifyingKey);
        if (!Accepts(VerifyingKeyFile, VerifyingKeyHash))
            throw new InvalidDataException("The embedded verifying key is not the manifest's.");
        VerifyingKey = new(
            SnarkJson.TryReadVerifyingKey(verifyingKey)
                ?? throw new InvalidDataException("The embedded verifying key cannot be read.")
        );
    }

    /// <summary>What this program was built with.</summary>
    public static CircuitManifest Pinned => LazyPinned.Value;

    /// <summary>Version of the circuit; part of every proof's context.</summary>
    public int CircuitVersion { get; }

    /// <summary>In one sentence how the keys came about and what that is worth; evidence repeats it.</summary>
    public string Ceremony { get; }

    /// <summary>The hash, in hexadecimal, of the circuit that the contributions to phase 2 start from.</summary>
    public string CircuitHash { get; }

    /// <summary>The hashes, in hexadecimal, of the contributions to phase 2 in order; the last is the beacon's.</summary>
    public IReadOnlyList<string> ContributionHashes { get; }

    /// <summary>The beacon of phase 2, in hexadecimal.</summary>
    public string BeaconValue { get; }

    /// <summary>The verifying key.</summary>
    public PreparedVerifyingKey VerifyingKey { get; }

    /// <summary>SHA-256 of verification_key.json, 32 bytes; the Solidity verifier and evidence name it.</summary>
    public byte[] VerifyingKeyHash { get; }

    /// <summary>
    /// The path of a file of the manifest inside <paramref name="folder"/>, once its content has been found to be the
    /// pinned one.
    /// </summary>
    /// <exception cref="FileNotFoundException">It is not there.</exception>
    /// <exception cref="InvalidDataException">It is another file than the program was built with.</exception>
    public string Open(string folder, string name)
    {
        var path = Path.Combine(folder, name);
        if (!File.Exists(path))
            throw new FileNotFoundException($"The circuit's file {name} is missing.", path);
        using var content = File.OpenRead(path);
        if (!Accepts(name, SHA256.HashData(content)))
            throw new InvalidDataException(
                $"The circuit's file {name} is not the one that this program was built with."
            );
        return path;
    }

    /// <summary>
    /// Where the large files lie: <c>circuits</c> beside the program when it is published, else <c>circuits/artifacts</c>
    /// of the working tree that the program was built in; null when there is neither.
    /// </summary>
    public static string? FindFolder()
    {
        var published = Path.Combine(AppContext.BaseDirectory, "circuits");
        if (File.Exists(Path.Combine(published, ProvingKeyFile)))
            return published;
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var artifacts = Path.Combine(folder.FullName, "circuits", "artifacts");
            if (File.Exists(Path.Combine(artifacts, ProvingKeyFile)))
                return artifacts;
        }
        return null;
    }

    /// <summary>True when a file of that name must have this SHA-256.</summary>
    public bool Accepts(string name, ReadOnlySpan<byte> sha256) =>
        _hashes.TryGetValue(name, out var expected)
        && string.Equals(expected, Convert.ToHexStringLower(sha256), StringComparison.Ordinal);

    private static CircuitManifest LoadPinned()
    {
        using var manifest = JsonDocument.Parse(Embedded("circuits.manifest.json"));
        return new(manifest.RootElement, Embedded("circuits.verification_key.json"));
    }

    private static byte[] Embedded(string name)
    {
        using var stream =
            typeof(CircuitManifest).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"{name} is not embedded.");
        using var copy = new MemoryStream();
        stream.CopyTo(copy);
        return copy.ToArray();
    }
}
