using System.Security.Cryptography;
using MedLedger.Crypto.Sealing;

namespace MedLedger.Api.Identity;

/// <summary>
/// Passwords and codes of the authenticator app. Every failure says the same. Each attempt is counted before it is looked
/// at, so that attempts at once do not count as one; from the fifth failure on the account waits, a minute at first, twice
/// as long each time, an hour at most.
/// </summary>
internal sealed class SignIn(Accounts accounts, TimeProvider time) : IDisposable
{
    /// <summary>Characters of the shortest password that a user may choose (NIST SP 800-63B, OWASP ASVS 5.0 6.2.1: 8; 15 recommended).</summary>
    public const int ShortestPassword = 12;

    private const int FreeFailures = 5;
    private const int LongestWaitMinutes = 60;

    // Argon2id takes 19 MiB: a flood of attempts waits here, and takes no more memory than this.
    private readonly SemaphoreSlim _hashing = new(2);
    private readonly string _nobody = PasswordHash.Create(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)));

    /// <summary>The account whose password and code these are; null for anything else, whatever is wrong.</summary>
    public async Task<Account?> TryAsync(string name, string password, string code, CancellationToken cancellation)
    {
        var account = await accounts.FindAsync(name, cancellation);
        var now = time.GetUtcNow();
        if (account is not null)
        {
            var isLocked = false;
            account = await accounts.UpdateAsync(
                account.User.Id,
                a => (isLocked = a.LockedUntil > now.ToUnixTimeSeconds()) ? a : Counted(a, now),
                cancellation
            );
            if (isLocked)
                return null;
        }
        // An unknown name costs as much as a known one.
        var isRight = await VerifyAsync(account?.Password ?? _nobody, password, cancellation);
        if (account is null || !isRight || account.IsDisabled || account.Password is null)
            return null;
        if (account.OneTimeUntil is { } until && until <= now.ToUnixTimeSeconds())
            return null;
        long? step = null;
        if (account.TotpSecret is { } secret && (step = Totp.Match(secret, code, now, account.TotpStep)) is null)
            return null;
        return await accounts.UpdateAsync(
            account.User.Id,
            a => a with { Failures = 0, LockedUntil = 0, TotpStep = step ?? a.TotpStep },
            cancellation
        );
    }

    /// <summary>
    /// Sets the user's own password, and the authenticator when there is one. Answers what is wrong with it; null when it
    /// was set.
    /// </summary>
    public async Task<string?> ChooseAsync(
        Account account,
        string password,
        byte[]? secret,
        string code,
        CancellationToken cancellation
    )
    {
        if (password.Length < ShortestPassword || password.Length > PasswordHash.MaxBytes / 4)
            return $"A password has {ShortestPassword} to {PasswordHash.MaxBytes / 4} characters.";
        if (password.Contains(account.User.Name, StringComparison.OrdinalIgnoreCase) || password.Distinct().Count() < 5)
            return "The password is too easy to guess.";
        long? step = null;
        if (secret is not null && (step = Totp.Match(secret, code, time.GetUtcNow(), lastStep: 0)) is null)
            return "The code is not the one that the authenticator shows now.";
        await _hashing.WaitAsync(cancellation);
        try
        {
            var hash = PasswordHash.Create(password);
            await accounts.UpdateAsync(
                account.User.Id,
                a =>
                    a with
                    {
                        Password = hash,
                        OneTimeUntil = null,
                        TotpSecret = secret ?? a.TotpSecret,
                        TotpStep = step ?? a.TotpStep,
                    },
                cancellation
            );
            return null;
        }
        finally
        {
            _hashing.Release();
        }
    }

    /// <summary>Roles that do not sign in without an authenticator.</summary>
    public static bool NeedsAuthenticator(Role role) => role is Role.Operator or Role.Compliance or Role.Clinician;

    /// <inheritdoc/>
    public void Dispose() => _hashing.Dispose();

    private static Account Counted(Account account, DateTimeOffset now)
    {
        var failures = account.Failures + 1;
        var over = failures - FreeFailures;
        var wait = over < 0 ? 0 : Math.Min(LongestWaitMinutes, 1 << Math.Min(over, 6));
        return account with
        {
            Failures = failures,
            LockedUntil = wait == 0 ? 0 : now.AddMinutes(wait).ToUnixTimeSeconds(),
        };
    }

    private async Task<bool> VerifyAsync(string hash, string password, CancellationToken cancellation)
    {
        await _hashing.WaitAsync(cancellation);
        try
        {
            return PasswordHash.Verify(hash, password);
        }
        finally
        {
            _hashing.Release();
        }
    }
}
