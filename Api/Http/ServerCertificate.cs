using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using MedLedger.Api.Keys;

namespace MedLedger.Api.Http;

/// <summary>The certificate that the server shows: of two PEM files, or one made on this machine for trying things out.</summary>
internal static class ServerCertificate
{
    /// <summary>How long a development certificate lasts.</summary>
    public static readonly TimeSpan DevelopmentLifetime = TimeSpan.FromDays(7);

    private static readonly TimeSpan Leeway = TimeSpan.FromHours(12);
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";

    /// <summary>Reads a certificate and its key.</summary>
    /// <exception cref="CryptographicException">They are not PEM, or do not belong together.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static X509Certificate2 Read(string certificateFile, string keyFile)
    {
        using var read = Pem(certificateFile, keyFile);
        // Windows wants the key in a store of its own; elsewhere it is the same.
        return X509CertificateLoader.LoadPkcs12(read.Export(X509ContentType.Pkcs12), password: null);
    }

    /// <summary>
    /// The development certificate of a folder, made anew when there is none or it ends soon: for the names of the loopback
    /// interface alone, signed by itself. The key file is its owner's only (mode 600).
    /// </summary>
    /// <param name="certificateFile">Where it lies, for clients to trust.</param>
    /// <param name="keyFile">Where its key lies.</param>
    /// <param name="now">The time.</param>
    public static X509Certificate2 Development(string certificateFile, string keyFile, DateTimeOffset now)
    {
        if (File.Exists(certificateFile) && File.Exists(keyFile))
        {
            var known = Read(certificateFile, keyFile);
            if (
                known.NotBefore.ToUniversalTime() <= now.UtcDateTime
                && (now + Leeway).UtcDateTime < known.NotAfter.ToUniversalTime()
            )
                return known;
            known.Dispose();
        }
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var made = Make(key, now);
        DurableFile.Write(keyFile, Encoding.ASCII.GetBytes(key.ExportPkcs8PrivateKeyPem()), replace: true);
        DurableFile.Write(certificateFile, Encoding.ASCII.GetBytes(made.ExportCertificatePem()), replace: true);
        return Read(certificateFile, keyFile);
    }

    private static X509Certificate2 Pem(string certificateFile, string keyFile)
    {
        try
        {
            return X509Certificate2.CreateFromPemFile(certificateFile, keyFile);
        }
        catch (ArgumentException other) // a key, and not this certificate's
        {
            throw new CryptographicException("The key is not the one of the certificate.", other);
        }
    }

    private static X509Certificate2 Make(ECDsa key, DateTimeOffset now)
    {
        var request = new CertificateRequest("CN=MedLedger development", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, critical: true));
        request.CertificateExtensions.Add(
            new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true)
        );
        request.CertificateExtensions.Add(
            new X509EnhancedKeyUsageExtension([new Oid(ServerAuthentication)], critical: false)
        );
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        names.AddIpAddress(IPAddress.IPv6Loopback);
        request.CertificateExtensions.Add(names.Build());
        return request.CreateSelfSigned(now.AddMinutes(-5), now + DevelopmentLifetime);
    }
}
