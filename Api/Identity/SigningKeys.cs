using System.Security.Cryptography;
using MedLedger.Api.Persistence;
using Microsoft.EntityFrameworkCore;
using Microsoft.IdentityModel.Tokens;

namespace MedLedger.Api.Identity;

/// <summary>
/// The keys that sign tokens: ES256, the private halves sealed in the database. Rotation makes a new one; the old one
/// verifies until the last token under it has ended.
/// </summary>
internal sealed class SigningKeys(Store store) : IDisposable
{
    /// <summary>A retired key verifies this long: the longest life of a token.</summary>
    public static readonly TimeSpan Overlap = AccessTokens.LongestLifetime;

    private static readonly TimeSpan ReloadAfter = TimeSpan.FromSeconds(1);
    private readonly SemaphoreSlim _one = new(1);
    private IReadOnlyList<ECDsaSecurityKey> _keys = [];
    private DateTimeOffset _loaded = DateTimeOffset.MinValue;

    /// <summary>What is done when the set of keys has changed.</summary>
    public Action? OnChanged { get; set; }

    /// <summary>The keys as they were last read.</summary>
    public IReadOnlyList<ECDsaSecurityKey> Current => _keys;

    /// <summary>All keys that verify, the one that signs first.</summary>
    public async ValueTask<IReadOnlyList<ECDsaSecurityKey>> LoadAsync(CancellationToken cancellation)
    {
        if (_keys.Count > 0 && (store.Time.GetUtcNow() - _loaded).Duration() < ReloadAfter)
            return _keys;
        await _one.WaitAsync(cancellation);
        try
        {
            return await ReloadAsync(cancellation);
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>Makes a new signing key; the present one signs nothing from now on. Answers its id.</summary>
    public async Task<string> RotateAsync(CancellationToken cancellation)
    {
        var now = store.Time.GetUtcNow().ToUnixTimeSeconds();
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var pkcs8 = key.ExportPkcs8PrivateKey();
        var id = Accounts.RandomId();
        await using var context = store.CreateDbContext();
        var rows = await context.Set<SigningKeyRow>().ToListAsync(cancellation);
        foreach (var row in rows.Where(k => k.Retired is null))
            row.Retired = now;
        // What verifies nothing any more is not kept.
        var oldest = now - (long)Overlap.TotalSeconds;
        context.RemoveRange(rows.Where(k => k.Retired <= oldest));
        context.Add(
            new SigningKeyRow
            {
                Id = id,
                Created = now,
                Content = store.SealEntry(Place(id), pkcs8),
            }
        );
        await context.SaveChangesAsync(cancellation);
        CryptographicOperations.ZeroMemory(pkcs8);
        _loaded = DateTimeOffset.MinValue;
        return id;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var key in _keys)
            key.ECDsa.Dispose();
        _one.Dispose();
    }

    private async Task<IReadOnlyList<ECDsaSecurityKey>> ReloadAsync(CancellationToken cancellation)
    {
        var rows = await RowsAsync(cancellation);
        if (!rows.Exists(k => k.Retired is null))
        {
            await RotateAsync(cancellation);
            rows = await RowsAsync(cancellation);
        }
        _loaded = store.Time.GetUtcNow();
        if (rows.Select(k => k.Id).SequenceEqual(_keys.Select(k => k.KeyId), StringComparer.Ordinal))
            return _keys;
        // Keys in use are not disposed: a request may be signing with one.
        _keys = [.. rows.Select(Open)];
        OnChanged?.Invoke();
        return _keys;
    }

    private async Task<List<SigningKeyRow>> RowsAsync(CancellationToken cancellation)
    {
        var oldest = (store.Time.GetUtcNow() - Overlap).ToUnixTimeSeconds();
        await using var context = store.CreateDbContext();
        return await context
            .Set<SigningKeyRow>()
            .AsNoTracking()
            .Where(k => k.Retired == null || k.Retired > oldest)
            .OrderBy(k => k.Retired != null)
            .ThenByDescending(k => k.Created)
            .ThenBy(k => k.Id)
            .ToListAsync(cancellation);
    }

    private ECDsaSecurityKey Open(SigningKeyRow row)
    {
        var pkcs8 =
            store.OpenEntry(Place(row.Id), row.Content)
            ?? throw new InvalidDataException("A signing key is damaged; restore the database.");
        var key = ECDsa.Create();
        key.ImportPkcs8PrivateKey(pkcs8, out _);
        CryptographicOperations.ZeroMemory(pkcs8);
        return new ECDsaSecurityKey(key)
        {
            KeyId = row.Id,
            // The usual factory keeps the key beyond its disposal, for the whole process.
            CryptoProviderFactory = new CryptoProviderFactory { CacheSignatureProviders = false },
        };
    }

    private static string Place(string id) => "signing-key/" + id;
}
