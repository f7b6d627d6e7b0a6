namespace MedLedger.Api.Identity;

/// <summary>
/// EHR launch (SMART App Launch 2.2, section 2): somebody who is logged in elsewhere starts an app for the patient they have
/// open. The launch is a session of its own that lets nobody in: for this account, this app, once, within minutes.
/// </summary>
internal static class Launches
{
    /// <summary>How long an app has to come back with it.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(5);

    private const string Method = "launch";

    /// <summary>Begins one; answers the opaque <c>launch</c> parameter.</summary>
    public static Task<string> BeginAsync(
        IdentityStore identity,
        Account account,
        string client,
        string patient,
        CancellationToken cancellation
    ) =>
        identity.Sessions.BeginAsync(
            account,
            new SessionContent
            {
                Client = client,
                Patient = patient,
                Methods = [Method],
            },
            Lifetime,
            cancellation
        );

    /// <summary><c>Patient/id</c> of a launch of this account for this app; null for anything else, whatever is wrong.</summary>
    public static async Task<string?> FindAsync(
        IdentityStore identity,
        string? launch,
        Account account,
        string client,
        CancellationToken cancellation
    ) =>
        launch is { Length: > 0 and < 100 }
        && await identity.Sessions.FindAsync(launch, cancellation) is { Content: { Methods: [Method] } content } session
        && session.User.Id == account.User.Id
        && content.Client == client
            ? content.Patient
            : null;

    /// <summary>Uses it up.</summary>
    public static Task EndAsync(IdentityStore identity, string launch, CancellationToken cancellation) =>
        identity.Sessions.EndAsync(launch, cancellation);
}
