using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using MedLedger.Consent.Commitments;
using MedLedger.Crypto.Fields;

namespace MedLedger.Consent.Statements;

/// <summary>What a grantee asks for: the claims of a signed analysis request (PROTOCOL, section 2).</summary>
public sealed record AnalysisRequestClaims
{
    /// <summary>128 random bits in hexadecimal; makes the request unique.</summary>
    [JsonPropertyName("jti")]
    public required string Nonce { get; init; }

    /// <summary>Reference of the grantee (<c>Practitioner/..</c>), whose key signs.</summary>
    [JsonPropertyName("iss")]
    public required string Grantee { get; init; }

    /// <summary>The patient's handle: the opaque key of the compartment, 64 hexadecimal digits.</summary>
    [JsonPropertyName("sub")]
    public required string PatientKey { get; init; }

    /// <summary>The deployment that the request is for.</summary>
    [JsonPropertyName("aud")]
    public required string Deployment { get; init; }

    /// <summary>v3-ActReason code.</summary>
    [JsonPropertyName("purpose")]
    public required string Purpose { get; init; }

    /// <summary>Consent action; an analysis is <c>use</c>.</summary>
    [JsonPropertyName("action")]
    public required string Action { get; init; }

    /// <summary>Resource types to look at; empty means all.</summary>
    [JsonPropertyName("types")]
    public IReadOnlyList<string> Types { get; init; } = [];

    /// <summary>SHA-256 of the model, hexadecimal.</summary>
    [JsonPropertyName("model")]
    public required string Model { get; init; }

    /// <summary>Unix seconds of signing.</summary>
    [JsonPropertyName("iat")]
    public required long IssuedAt { get; init; }

    /// <summary>Unix seconds after which it is refused.</summary>
    [JsonPropertyName("exp")]
    public required long Expires { get; init; }
}

/// <summary>
/// A signed analysis request: a JWS in compact form (RFC 7515) with ES256 (RFC 7518, section 3.4). The digest of what
/// is signed is the request's id, in the log, on the chain (salted) and in the evidence.
/// </summary>
public sealed class SignedRequest
{
    /// <summary>The longest request that is looked at.</summary>
    public const int MaxLength = 8192;

    private static readonly byte[] Header = """{"alg":"ES256","typ":"medledger-analysis+jwt"}"""u8.ToArray();

    private static readonly JsonSerializerOptions Json = new()
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        AllowDuplicateProperties = false,
    };

    private SignedRequest(string compact, AnalysisRequestClaims claims) => (Compact, Claims) = (compact, claims);

    /// <summary>The compact serialization.</summary>
    public string Compact { get; }

    /// <summary>What it says.</summary>
    public AnalysisRequestClaims Claims { get; }

    /// <summary>
    /// SHA-256 of what is signed, header and payload, cut to 248 bits. Not of the signature: ECDSA has a twin of each, and
    /// with it the same request would be another one, and count again.
    /// </summary>
    public Fr RequestId => Digest248.Of(Encoding.ASCII.GetBytes(Compact[..Compact.LastIndexOf('.')]));

    /// <summary>Signs claims with the grantee's key (P-256).</summary>
    public static SignedRequest Sign(AnalysisRequestClaims claims, ECDsa key)
    {
        ArgumentNullException.ThrowIfNull(key);
        var signed = $"{Encode(Header)}.{Encode(JsonSerializer.SerializeToUtf8Bytes(claims, Json))}";
        var signature = key.SignData(
            Encoding.ASCII.GetBytes(signed),
            HashAlgorithmName.SHA256,
            DSASignatureFormat.IeeeP1363FixedFieldConcatenation
        );
        return new SignedRequest($"{signed}.{Encode(signature)}", claims);
    }

    /// <summary>
    /// Reads a request and checks its signature with the key that <paramref name="keyOf"/> names for the grantee it
    /// claims. Null when anything is wrong: form, header, claims, an unknown grantee, the signature.
    /// </summary>
    public static SignedRequest? TryOpen(string compact, Func<string, ECDsa?> keyOf)
    {
        ArgumentNullException.ThrowIfNull(compact);
        ArgumentNullException.ThrowIfNull(keyOf);
        if (compact.Length > MaxLength || compact.Split('.') is not [var header, var payload, var signature])
            return null;
        // One header only: nobody chooses another algorithm, or none.
        if (!string.Equals(header, Encode(Header), StringComparison.Ordinal))
            return null;
        if (TryDecode(payload) is not { } claimBytes || TryDecode(signature) is not { } signatureBytes)
            return null;
        AnalysisRequestClaims? claims;
        try
        {
            claims = JsonSerializer.Deserialize<AnalysisRequestClaims>(claimBytes, Json);
        }
        catch (JsonException)
        {
            return null;
        }
        if (claims is not { Types: not null, Grantee: not null, Purpose: not null, Action: not null, Model: not null })
            return null;
        using var key = keyOf(claims.Grantee);
        return
            key is not null
            && key.VerifyData(
                Encoding.ASCII.GetBytes($"{header}.{payload}"),
                signatureBytes,
                HashAlgorithmName.SHA256,
                DSASignatureFormat.IeeeP1363FixedFieldConcatenation
            )
            ? new SignedRequest(compact, claims)
            : null;
    }

    /// <summary>The grantee that a request says it is from, to look up the key; nothing is checked yet. Null when it says none.</summary>
    public static string? ClaimedGrantee(string compact) => Claimed(compact)?.Grantee;

    /// <summary>The claims as they stand, to refuse early what would be refused anyway; nothing is checked yet. Null when they cannot be read.</summary>
    public static AnalysisRequestClaims? Claimed(string compact)
    {
        ArgumentNullException.ThrowIfNull(compact);
        if (
            compact.Length > MaxLength
            || compact.Split('.') is not [_, var payload, _]
            || TryDecode(payload) is not { } bytes
        )
            return null;
        try
        {
            return JsonSerializer.Deserialize<AnalysisRequestClaims>(bytes, Json);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string Encode(ReadOnlySpan<byte> bytes) => System.Buffers.Text.Base64Url.EncodeToString(bytes);

    private static byte[]? TryDecode(string text)
    {
        try
        {
            var bytes = System.Buffers.Text.Base64Url.DecodeFromChars(text);
            return string.Equals(Encode(bytes), text, StringComparison.Ordinal) ? bytes : null;
        }
        catch (FormatException)
        {
            return null;
        }
    }
}
