using MedLedger.Api.Cli;

namespace MedLedger.Api.Identity;

/// <summary>
/// An OpenID provider of somebody else, at which accounts of this server may sign in: who it says somebody is, is looked up
/// here; account and role are this server's own.
/// </summary>
/// <param name="Issuer">Its issuer identifier, without a slash at the end.</param>
/// <param name="ClientId">What this server is called there.</param>
/// <param name="ClientSecret">Its secret there; null for a public client, which PKCE protects.</param>
/// <param name="Name">What the login page calls it.</param>
internal sealed record ExternalProvider(Uri Issuer, string ClientId, string? ClientSecret, string Name)
{
    /// <summary>The setting that names the issuer.</summary>
    public const string IssuerSetting = "oidc-issuer";

    /// <summary>The provider of the settings; null when none is named.</summary>
    /// <exception cref="CommandFailure">The settings do not go together (exit 2).</exception>
    public static ExternalProvider? Read(Settings settings)
    {
        if (settings.Value(IssuerSetting) is not { } issuer)
            return null;
        if (
            !Uri.TryCreate(issuer.TrimEnd('/'), UriKind.Absolute, out var uri)
            || (uri.Scheme != Uri.UriSchemeHttps && !(uri.Scheme == Uri.UriSchemeHttp && uri.IsLoopback))
        )
            throw CommandFailure.Usage("The setting oidc-issuer is an https:// address.");
        if (settings.Value("oidc-client-id") is not { } client)
            throw CommandFailure.Usage("With oidc-issuer the setting oidc-client-id is needed.");
        return new ExternalProvider(
            uri,
            client,
            settings.Value("oidc-client-secret-file") is { } file ? ReadSecret(file) : null,
            settings.Value("oidc-name") ?? uri.Host
        );
    }

    private static string ReadSecret(string file)
    {
        try
        {
            return File.ReadLines(file).FirstOrDefault() is { Length: > 0 } secret
                ? secret
                : throw CommandFailure.Usage("The file of oidc-client-secret-file has no secret in its first line.");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw CommandFailure.Usage("The file of oidc-client-secret-file cannot be read.");
        }
    }
}
