using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using MedLedger.Api.Persistence;
using Microsoft.EntityFrameworkCore;

namespace MedLedger.Api.Identity;

/// <summary>The accounts of a data folder. Changes are durable when a method returns, also beside a running server.</summary>
internal sealed class Accounts(Store store)
{
    /// <summary>How long a one-time password can be exchanged.</summary>
    public static readonly TimeSpan OneTimeLifetime = TimeSpan.FromHours(72);

    private const int LongestName = 64;

    /// <summary>Letters a to z, digits, dot, hyphen, underscore; 1 to 64 of them.</summary>
    public static bool IsName(string name) =>
        name.Length is > 0 and <= LongestName
        && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '.' or '-' or '_');

    /// <summary>The account of a name; null when there is none.</summary>
    public async Task<Account?> FindAsync(string name, CancellationToken cancellation)
    {
        if (!IsName(name))
            return null;
        var key = NameKey(name);
        await using var context = store.CreateDbContext();
        return Open(await Rows(context).SingleOrDefaultAsync(a => a.NameKey == key, cancellation));
    }

    /// <summary>The account of an id; null when there is none.</summary>
    public async Task<Account?> FindByIdAsync(string id, CancellationToken cancellation)
    {
        await using var context = store.CreateDbContext();
        return Open(await Rows(context).SingleOrDefaultAsync(a => a.Id == id, cancellation));
    }

    /// <summary>The account of somebody at an external provider; null when there is none: accounts are never made from outside.</summary>
    public async Task<Account?> FindExternalAsync(ExternalIdentity external, CancellationToken cancellation)
    {
        var key = ExternalKey(external);
        await using var context = store.CreateDbContext();
        return Open(await Rows(context).SingleOrDefaultAsync(a => a.ExternalKey == key, cancellation));
    }

    /// <summary>All accounts, by name.</summary>
    public async Task<IReadOnlyList<Account>> ListAsync(CancellationToken cancellation)
    {
        await using var context = store.CreateDbContext();
        var rows = await Rows(context).ToListAsync(cancellation);
        return [.. rows.Select(r => Open(r)!).OrderBy(a => a.User.Name, StringComparer.Ordinal)];
    }

    /// <summary>Whether there is any account.</summary>
    public async Task<bool> AnyAsync(CancellationToken cancellation)
    {
        await using var context = store.CreateDbContext();
        return await Rows(context).AnyAsync(cancellation);
    }

    /// <summary>Makes an account without credentials; null when the name, or who it is outside, is taken.</summary>
    /// <exception cref="ArgumentException">Not a name (<see cref="IsName"/>).</exception>
    public async Task<Account?> AddAsync(
        string name,
        Role role,
        string reference,
        IReadOnlyList<string> affiliations,
        ExternalIdentity? external,
        CancellationToken cancellation
    )
    {
        if (!IsName(name))
            throw new ArgumentException("Not the name of a user.", nameof(name));
        var account = new Account
        {
            User = new User(RandomId(), name, role, reference) { Affiliations = affiliations },
            External = external,
        };
        await using var context = store.CreateDbContext();
        var key = NameKey(name);
        var externalKey = external is null ? null : ExternalKey(external);
        if (
            await Rows(context)
                .AnyAsync(a => a.NameKey == key || (externalKey != null && a.ExternalKey == externalKey), cancellation)
        )
            return null;
        context.Add(
            new AccountRow
            {
                Id = account.User.Id,
                NameKey = key,
                ExternalKey = externalKey,
                Content = Seal(account),
                Version = 1,
            }
        );
        await context.SaveChangesAsync(cancellation);
        return account;
    }

    /// <summary>
    /// Changes an account. The change is computed from what is stored, and again when somebody else was faster. Null when
    /// there is no such account.
    /// </summary>
    public async Task<Account?> UpdateAsync(string id, Func<Account, Account> change, CancellationToken cancellation)
    {
        while (true)
        {
            await using var context = store.CreateDbContext();
            var row = await context.Set<AccountRow>().SingleOrDefaultAsync(a => a.Id == id, cancellation);
            if (Open(row) is not { } account)
                return null;
            var changed = change(account);
            row!.Content = Seal(changed);
            row.Version++;
            try
            {
                await context.SaveChangesAsync(cancellation);
                return changed;
            }
            catch (DbUpdateConcurrencyException)
            {
                // Read again.
            }
        }
    }

    /// <summary>
    /// A new one-time password, with which the user sets their own; an authenticator that was set up is forgotten, and
    /// every session of the account ends. Null when there is no such account.
    /// </summary>
    public async Task<string?> ResetAsync(string id, CancellationToken cancellation)
    {
        // 130 bits: nothing to guess, whatever the lock-out does.
        var password = Totp.Text(RandomNumberGenerator.GetBytes(16));
        var until = (store.Time.GetUtcNow() + OneTimeLifetime).ToUnixTimeSeconds();
        var hash = Crypto.Sealing.PasswordHash.Create(password);
        var changed = await UpdateAsync(
            id,
            account =>
                account with
                {
                    Password = hash,
                    OneTimeUntil = until,
                    TotpSecret = null,
                    TotpStep = 0,
                    Failures = 0,
                    LockedUntil = 0,
                },
            cancellation
        );
        if (changed is null)
            return null;
        await EndSessionsAsync(id, cancellation);
        return password;
    }

    /// <summary>Disables or enables an account; disabling ends its sessions. False when there is no such account.</summary>
    public async Task<bool> DisableAsync(string id, bool isDisabled, CancellationToken cancellation)
    {
        if (await UpdateAsync(id, a => a with { IsDisabled = isDisabled }, cancellation) is null)
            return false;
        if (isDisabled)
            await EndSessionsAsync(id, cancellation);
        return true;
    }

    /// <summary>Ends every session of an account.</summary>
    public async Task EndSessionsAsync(string id, CancellationToken cancellation)
    {
        await using var context = store.CreateDbContext();
        await context
            .Set<SessionRow>()
            .Where(s => s.AccountId == id)
            .ExecuteUpdateAsync(set => set.SetProperty(s => s.IsRevoked, true), cancellation);
    }

    /// <summary>16 random bytes, base64url.</summary>
    public static string RandomId() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(16));

    private static IQueryable<AccountRow> Rows(LedgerContext context) => context.Set<AccountRow>().AsNoTracking();

    private string NameKey(string name) => store.Vault.RecordKey("account\0" + name);

    private string ExternalKey(ExternalIdentity external) =>
        store.Vault.RecordKey($"account-external\0{external.Issuer}\0{external.Subject}");

    private byte[] Seal(Account account)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(account);
        var content = store.SealEntry(Place(account.User.Id), json);
        CryptographicOperations.ZeroMemory(json);
        return content;
    }

    /// <summary>The account of a row; a row that was exchanged or damaged is refused, never skipped.</summary>
    internal Account? Open(AccountRow? row)
    {
        if (row is null)
            return null;
        return
            store.OpenEntry(Place(row.Id), row.Content) is { } json
            && JsonSerializer.Deserialize<Account>(json) is { } account
            ? account
            : throw new InvalidDataException("An account is damaged; restore the database.");
    }

    private static string Place(string id) => "account/" + id;
}
