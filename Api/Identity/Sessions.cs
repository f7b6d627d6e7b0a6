using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using MedLedger.Api.Persistence;
using Microsoft.EntityFrameworkCore;

namespace MedLedger.Api.Identity;

/// <summary>What a session is for.</summary>
internal sealed record SessionContent
{
    /// <summary>The client it was granted to; null for a login in the browser.</summary>
    public string? Client { get; init; }

    /// <summary><c>Patient/id</c> of the launch context.</summary>
    public string? Patient { get; init; }

    /// <summary>How the user proved who they are (RFC 8176): pwd, otp, mfa.</summary>
    public IReadOnlyList<string> Methods { get; init; } = [];
}

/// <summary>A session that is not over, with the account it belongs to.</summary>
internal sealed record Session(string Key, User User, SessionContent Content, DateTimeOffset Expires);

/// <summary>
/// The sessions of a data folder. A session that was revoked, or whose account was disabled, is over at once in this
/// process, and within <see cref="Staleness"/> when another process (<c>user disable</c>) did it.
/// </summary>
internal sealed class Sessions(Store store, Accounts accounts)
{
    /// <summary>How long a look at the database lasts.</summary>
    public static readonly TimeSpan Staleness = TimeSpan.FromSeconds(1);

    private const int CacheSize = 20_000;
    private readonly ConcurrentDictionary<string, Seen> _seen = new(StringComparer.Ordinal);

    /// <summary>Begins a session; answers its id, which only the holder keeps.</summary>
    public async Task<string> BeginAsync(
        Account account,
        SessionContent content,
        TimeSpan lifetime,
        CancellationToken cancellation
    )
    {
        var id = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        var key = KeyOf(id);
        var now = store.Time.GetUtcNow();
        await using var context = store.CreateDbContext();
        var ended = now.ToUnixTimeSeconds();
        await context.Set<SessionRow>().Where(s => s.Expires < ended).ExecuteDeleteAsync(cancellation);
        context.Add(
            new SessionRow
            {
                Key = key,
                AccountId = account.User.Id,
                Created = now.ToUnixTimeSeconds(),
                Expires = (now + lifetime).ToUnixTimeSeconds(),
                Content = store.SealEntry(Place(key), JsonSerializer.SerializeToUtf8Bytes(content)),
            }
        );
        await context.SaveChangesAsync(cancellation);
        return id;
    }

    /// <summary>The session of an id; null when there is none, it is over, or its account is disabled.</summary>
    public async ValueTask<Session?> FindAsync(string id, CancellationToken cancellation)
    {
        var key = KeyOf(id);
        var now = store.Time.GetUtcNow();
        if (!_seen.TryGetValue(key, out var seen) || (now - seen.At).Duration() >= Staleness)
        {
            if (_seen.Count >= CacheSize)
                _seen.Clear();
            seen = new Seen(await LoadAsync(key, cancellation), now);
            _seen[key] = seen;
        }
        return seen.Session is { } session && session.Expires > now ? session : null;
    }

    /// <summary>Ends one session.</summary>
    public async Task EndAsync(string id, CancellationToken cancellation)
    {
        var key = KeyOf(id);
        await using var context = store.CreateDbContext();
        await context
            .Set<SessionRow>()
            .Where(s => s.Key == key)
            .ExecuteUpdateAsync(set => set.SetProperty(s => s.IsRevoked, true), cancellation);
        _seen.TryRemove(key, out _);
    }

    /// <summary>Ends every session of an account, here at once.</summary>
    public async Task EndAllAsync(string accountId, CancellationToken cancellation)
    {
        await accounts.EndSessionsAsync(accountId, cancellation);
        _seen.Clear();
    }

    private static string KeyOf(string id) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(id)));

    private static string Place(string key) => "session/" + key;

    private async Task<Session?> LoadAsync(string key, CancellationToken cancellation)
    {
        await using var context = store.CreateDbContext();
        var row = await context.Set<SessionRow>().AsNoTracking().SingleOrDefaultAsync(s => s.Key == key, cancellation);
        if (row is null || row.IsRevoked)
            return null;
        var account = await accounts.FindByIdAsync(row.AccountId, cancellation);
        if (account is null or { IsDisabled: true })
            return null;
        var content = store.OpenEntry(Place(key), row.Content) is { } json
            ? JsonSerializer.Deserialize<SessionContent>(json)
            : null;
        return content is null
            ? null
            : new Session(key, account.User, content, DateTimeOffset.FromUnixTimeSeconds(row.Expires));
    }

    private sealed record Seen(Session? Session, DateTimeOffset At);
}
