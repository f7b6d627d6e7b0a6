using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace MedLedger.Api.Tests.Cli;

/// <summary><c>serve --dev-certificate</c> as a whole, in a process of its own.</summary>
public sealed class ServeCertificateTests
{
    private const string Mark = "Listening on ";

    [Fact]
    public async Task Who_trusts_the_certificate_that_was_made_reaches_the_server_and_nobody_else()
    {
        using var folder = new TemporaryFolder();
        using var process = ChildProgram.Start(
            "serve",
            "--dev-certificate",
            "--urls",
            "https://127.0.0.1:0",
            "--data",
            folder.File("data"),
            "--key-file",
            folder.File("master.key")
        );
        try
        {
            var address = await ListeningAsync(process.StandardError);
            Assert.StartsWith("https://127.0.0.1:", address, StringComparison.Ordinal);
            _ = process.StandardError.ReadToEndAsync(); // so that it never waits to be read

            var file = Path.Combine(folder.File("data"), "dev-certificate.pem");
            using var certificate = X509CertificateLoader.LoadCertificateFromFile(file);
            using var handler = new SocketsHttpHandler
            {
                SslOptions = new SslClientAuthenticationOptions
                {
                    CertificateChainPolicy = new X509ChainPolicy
                    {
                        TrustMode = X509ChainTrustMode.CustomRootTrust,
                        CustomTrustStore = { certificate },
                        RevocationMode = X509RevocationMode.NoCheck,
                    },
                },
            };
            using (var trusting = new HttpClient(handler))
            {
                using var ready = await trusting.GetAsync(new Uri(address + "/health/ready"));
                Assert.Equal(HttpStatusCode.OK, ready.StatusCode);
            }
            using var other = new HttpClient();
            var failure = await Assert.ThrowsAsync<HttpRequestException>(() =>
                other.GetAsync(new Uri(address + "/health/ready"))
            );
            Assert.Equal(HttpRequestError.SecureConnectionError, failure.HttpRequestError);
        }
        finally
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync();
        }
    }

    private static async Task<string> ListeningAsync(StreamReader said)
    {
        var lines = new List<string>();
        while (await said.ReadLineAsync() is { } line)
        {
            if (line.StartsWith(Mark, StringComparison.Ordinal))
                return line[Mark.Length..].Split(';')[0];
            lines.Add(line);
        }
        throw new InvalidOperationException("The server ended: " + string.Join('\n', lines));
    }
}
