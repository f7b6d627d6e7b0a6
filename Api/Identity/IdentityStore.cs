using System.Security.Cryptography;
using MedLedger.Api.Persistence;

namespace MedLedger.Api.Identity;

/// <summary>Accounts, sessions, signing keys and tokens of one data folder.</summary>
internal sealed class IdentityStore : IDisposable
{
    private const string CodeKeyName = "identity-code-key";

    public IdentityStore(Store store)
    {
        Store = store;
        Accounts = new Accounts(store);
        Sessions = new Sessions(store, Accounts);
        Keys = new SigningKeys(store);
        Tokens = new AccessTokens(store, Keys);
        Keys.OnChanged = Tokens.Forget;
    }

    public Store Store { get; }

    public Accounts Accounts { get; }

    public Sessions Sessions { get; }

    public SigningKeys Keys { get; }

    public AccessTokens Tokens { get; }

    /// <summary>The key that codes and refresh tokens are encrypted under, 32 bytes.</summary>
    public byte[] CodeKey { get; private set; } = [];

    /// <summary>Reads the keys; called once before the server answers.</summary>
    public async Task PrepareAsync(CancellationToken cancellation)
    {
        await Keys.LoadAsync(cancellation);
        await using var context = Store.CreateDbContext();
        var row = await context.Settings.FindAsync([CodeKeyName], cancellation);
        if (row is null)
        {
            var key = RandomNumberGenerator.GetBytes(32);
            row = new SettingRow
            {
                Name = CodeKeyName,
                Value = Convert.ToBase64String(Store.SealEntry(CodeKeyName, key)),
            };
            context.Add(row);
            await context.SaveChangesAsync(cancellation);
        }
        CodeKey =
            Store.OpenEntry(CodeKeyName, Convert.FromBase64String(row.Value))
            ?? throw new InvalidDataException("The key of codes is damaged; restore the database.");
    }

    /// <inheritdoc/>
    public void Dispose() => Keys.Dispose();
}
