using System.Buffers.Text;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using MedLedger.Consent.Statements;

namespace MedLedger.Consent.Tests.Statements;

[Trait("threat", "replayed request")]
public sealed class SignedRequestTests : IDisposable
{
    private static readonly BigInteger Order = BigInteger.Parse(
        "115792089210356248762697446949407573529996955224135760342422259061068512044369"
    );

    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    private static AnalysisRequestClaims Claims =>
        new()
        {
            Nonce = "000102030405060708090a0b0c0d0e0f",
            Grantee = "Practitioner/anna",
            PatientKey = new string('a', 64),
            Deployment = "here",
            Purpose = "TREAT",
            Action = "use",
            Model = new string('b', 64),
            IssuedAt = 1000,
            Expires = 2000,
        };

    [Fact]
    public void What_was_signed_opens_with_the_grantees_key_alone()
    {
        var signed = SignedRequest.Sign(Claims, _key);
        var opened = Open(signed.Compact)!;
        Assert.Equal(Claims.Nonce, opened.Claims.Nonce);
        Assert.Equal(signed.RequestId, opened.RequestId);
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Assert.Null(SignedRequest.TryOpen(SignedRequest.Sign(Claims, other).Compact, Key));
        Assert.Null(SignedRequest.TryOpen(signed.Compact, _ => null));
    }

    [Fact]
    public void Any_changed_character_is_refused()
    {
        var compact = SignedRequest.Sign(Claims, _key).Compact;
        for (var i = 0; i < compact.Length; i++)
            Assert.Null(Open(compact[..i] + (compact[i] == 'A' ? 'B' : 'A') + compact[(i + 1)..]));
        Assert.Null(Open(compact + "="));
        Assert.Null(Open(compact + ".AAAA"));
        Assert.Null(Open(compact[..compact.LastIndexOf('.')] + "."));
    }

    [Theory]
    [InlineData("""{"alg":"none"}""")]
    [InlineData("""{"alg":"HS256","typ":"medledger-analysis+jwt"}""")]
    [InlineData("""{"alg":"ES256","typ":"medledger-analysis+jwt" }""")]
    public void Nobody_chooses_another_header(string header)
    {
        var parts = SignedRequest.Sign(Claims, _key).Compact.Split('.');
        var signed = Base64Url.EncodeToString(Encoding.UTF8.GetBytes(header)) + "." + parts[1];
        var signature = _key.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256);
        Assert.Null(Open($"{signed}.{Base64Url.EncodeToString(signature)}"));
        Assert.Null(Open(signed + "."));
    }

    [Fact]
    public void The_twin_of_a_signature_makes_no_other_request()
    {
        var signed = SignedRequest.Sign(Claims, _key);
        var parts = signed.Compact.Split('.');
        var signature = Base64Url.DecodeFromChars(parts[2]);
        var s = new BigInteger(signature.AsSpan(32), isUnsigned: true, isBigEndian: true);
        var twin = (Order - s).ToByteArray(isUnsigned: true, isBigEndian: true);
        signature.AsSpan(32).Clear();
        twin.CopyTo(signature.AsSpan(64 - twin.Length));
        var compact = $"{parts[0]}.{parts[1]}.{Base64Url.EncodeToString(signature)}";
        Assert.NotEqual(signed.Compact, compact, StringComparer.Ordinal);
        Assert.Equal(signed.RequestId, Open(compact)!.RequestId); // it verifies, and is the same
        var later = SignedRequest.Sign(Claims with { IssuedAt = 1001 }, _key);
        Assert.NotEqual(signed.RequestId, later.RequestId);
    }

    public void Dispose() => _key.Dispose();

    private SignedRequest? Open(string compact) => SignedRequest.TryOpen(compact, Key);

    private ECDsa? Key(string grantee) =>
        grantee == "Practitioner/anna" ? ECDsa.Create(_key.ExportParameters(false)) : null;
}
