using System.Security.Cryptography;
using MedLedger.Consent.Chain;
using MedLedger.Crypto.Groth16;

namespace MedLedger.Consent.Evidence;

/// <summary>The verifying keys that this program was built with; no other is accepted, whatever a file says.</summary>
public static class CircuitKeys
{
    private const string Resource = "circuits.verification_key.json";
    private static readonly Lazy<(Bytes32 Hash, PreparedVerifyingKey Key)> Loaded = new(Load);

    /// <summary>SHA-256 of the current <c>verification_key.json</c>.</summary>
    public static Bytes32 CurrentHash => Loaded.Value.Hash;

    /// <summary>The current key.</summary>
    public static PreparedVerifyingKey Current => Loaded.Value.Key;

    /// <summary>All accepted keys by the hash of their file.</summary>
    public static IReadOnlyDictionary<Bytes32, PreparedVerifyingKey> BuiltIn { get; } =
        new Dictionary<Bytes32, PreparedVerifyingKey> { [CurrentHash] = Current };

    private static (Bytes32, PreparedVerifyingKey) Load()
    {
        using var stream = typeof(CircuitKeys).Assembly.GetManifestResourceStream(Resource)!;
        var bytes = new byte[checked((int)stream.Length)];
        stream.ReadExactly(bytes);
        var key =
            SnarkJson.TryReadVerifyingKey(bytes)
            ?? throw new InvalidDataException("The built-in verifying key cannot be read.");
        return (new Bytes32(SHA256.HashData(bytes)), new PreparedVerifyingKey(key));
    }
}
