using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using MedLedger.Api.Cli;
using MedLedger.Api.Http;
using MedLedger.Api.Tests.Cli;

namespace MedLedger.Api.Tests.Identity;

/// <summary>TLS by two PEM files, or by a development certificate that is made here.</summary>
public sealed class TlsTests : IDisposable
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UtcNow;
    private readonly TemporaryFolder _folder = new();

    private string File => _folder.File("dev-certificate.pem");

    private string Key => _folder.File("dev-certificate.key");

    [Fact]
    public void A_development_certificate_is_short_lived_for_loopback_names_and_its_key_is_the_owners()
    {
        using var made = ServerCertificate.Development(File, Key, Now);
        Assert.True(made.NotAfter.ToUniversalTime() - made.NotBefore.ToUniversalTime() < TimeSpan.FromDays(8));
        Assert.True(made.MatchesHostname("localhost"));
        Assert.True(made.MatchesHostname("127.0.0.1"));
        Assert.True(made.MatchesHostname("::1"));
        Assert.False(made.MatchesHostname("records.example"));
        Assert.False(made.MatchesHostname("localhost.example"));
        Assert.False(made.Extensions.OfType<X509BasicConstraintsExtension>().Single().CertificateAuthority);
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, System.IO.File.GetUnixFileMode(Key));
        using var again = ServerCertificate.Development(File, Key, Now);
        Assert.Equal(made.Thumbprint, again.Thumbprint);
        using var later = ServerCertificate.Development(File, Key, Now + ServerCertificate.DevelopmentLifetime);
        Assert.NotEqual(made.Thumbprint, later.Thumbprint, StringComparer.Ordinal);
    }

    [Fact]
    public async Task A_server_answers_with_the_development_certificate_and_http_does_not()
    {
        using var made = ServerCertificate.Development(File, Key, Now);
        await AnswersAsync(made);
    }

    [Fact]
    public async Task A_server_answers_with_the_certificate_of_two_PEM_files_and_says_HSTS()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest(
            "CN=records.example",
            key,
            HashAlgorithmName.SHA256,
            RSASignaturePadding.Pss
        );
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("records.example");
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using var made = request.CreateSelfSigned(Now.AddMinutes(-5), Now.AddDays(2));
        System.IO.File.WriteAllText(File, made.ExportCertificatePem());
        System.IO.File.WriteAllText(Key, key.ExportPkcs8PrivateKeyPem());
        using var read = ServerCertificate.Read(File, Key);
        await AnswersAsync(read);
    }

    [Theory]
    [InlineData("--dev-certificate", "https://0.0.0.0:0")]
    [InlineData("--dev-certificate", "https://records.example:0")]
    [InlineData("--dev-certificate", "https://127.0.0.1:0;https://192.0.2.1:0")]
    [InlineData("--samples", "https://127.0.0.1:0")]
    public async Task No_development_certificate_beyond_loopback_and_no_https_without_one(string flag, string urls)
    {
        string[] store = ["--data", _folder.File("data"), "--key-file", _folder.File("master")];
        var ran = await CommandRun.Of(["serve", flag, "--urls", urls, .. store]);
        Assert.Equal(ExitCode.Usage, ran.ExitCode);
        Assert.Contains("certificate", ran.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder.File("data")));
    }

    [Theory]
    [InlineData("garbage", "garbage")]
    [InlineData(null, "other key")]
    public void What_is_no_certificate_with_its_key_is_refused(string? certificate, string key)
    {
        using (ServerCertificate.Development(File, Key, Now)) { }
        if (certificate is not null)
            System.IO.File.WriteAllText(File, certificate);
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        System.IO.File.WriteAllText(Key, key == "other key" ? other.ExportPkcs8PrivateKeyPem() : key);
        Assert.ThrowsAny<CryptographicException>(() => ServerCertificate.Read(File, Key));
        Assert.ThrowsAny<CryptographicException>(() => ServerCertificate.Development(File, Key, Now));
    }

    public void Dispose() => _folder.Dispose();

    private static async Task AnswersAsync(X509Certificate2 certificate)
    {
        await using var server = await IdentityServer.StartAsync(certificate: certificate);
        var seen = new List<SslPolicyErrors>();
        using var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            SslOptions = new SslClientAuthenticationOptions
            {
                CertificateChainPolicy = new X509ChainPolicy
                {
                    TrustMode = X509ChainTrustMode.CustomRootTrust,
                    CustomTrustStore = { certificate },
                    RevocationMode = X509RevocationMode.NoCheck,
                },
                // Another Host header is another name for the client.
                RemoteCertificateValidationCallback = (_, _, _, errors) =>
                {
                    seen.Add(errors);
                    return (errors & ~SslPolicyErrors.RemoteCertificateNameMismatch) == SslPolicyErrors.None;
                },
            },
        };
        using var http = new HttpClient(handler) { BaseAddress = server.Http.BaseAddress };
        using (var answer = await http.GetAsync("/account/login"))
        {
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            Assert.False(answer.Headers.Contains("Strict-Transport-Security")); // a loopback name
            Assert.Equal([SslPolicyErrors.None], seen);
        }
        using (var request = new HttpRequestMessage(HttpMethod.Get, "/account/login"))
        {
            request.Headers.Host = "records.example";
            using var answer = await http.SendAsync(request);
            Assert.Equal("max-age=31536000", Assert.Single(answer.Headers.GetValues("Strict-Transport-Security")));
        }
        // The session's cookie is for https alone.
        var reset = await CommandRun.Of(["user", "reset", "patient1", .. server.Folder]);
        using (var login = new HttpRequestMessage(HttpMethod.Post, "/account/password"))
        {
            login.Headers.TryAddWithoutValidation("Origin", http.BaseAddress!.GetLeftPart(UriPartial.Authority));
            login.Content = new FormUrlEncodedContent([
                KeyValuePair.Create("name", "patient1"),
                KeyValuePair.Create("oneTime", reset.Output.TrimEnd()),
                KeyValuePair.Create("password", "a long enough sentence"),
            ]);
            using var answer = await http.SendAsync(login);
            Assert.Contains(
                "secure",
                answer.Headers.GetValues("Set-Cookie").First(),
                StringComparison.OrdinalIgnoreCase
            );
        }
        // Whoever does not trust the certificate gets no answer, and neither does plain HTTP.
        using var trusting = new HttpClient { BaseAddress = http.BaseAddress };
        await Assert.ThrowsAsync<HttpRequestException>(() => trusting.GetAsync("/account/login"));
        var plain = new UriBuilder(http.BaseAddress!) { Scheme = Uri.UriSchemeHttp }.Uri;
        await Assert.ThrowsAsync<HttpRequestException>(() => trusting.GetAsync(plain));
    }
}
