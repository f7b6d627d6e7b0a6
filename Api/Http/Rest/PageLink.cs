using System.Buffers.Text;
using System.Text.Json;

namespace MedLedger.Api.Http.Rest;

/// <summary>
/// Links to further pages. A link says nothing to whoever sees it, and works for one path, its caller and their purpose
/// alone, for an hour; what it leads to is asked and decided anew.
/// </summary>
internal static class PageLink
{
    /// <summary>The parameter that carries the rest.</summary>
    public const string Parameter = "_page";

    private const string Place = "fhir-page";
    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(1);

    /// <summary>The URL of a page.</summary>
    /// <param name="exchange">Whose it is.</param>
    /// <param name="path">Below the base, without a query.</param>
    /// <param name="content">What the page needs to be made.</param>
    public static string Seal<T>(FhirExchange exchange, string path, T content)
    {
        var store = exchange.Ledger.Store;
        var expires = (store.Time.GetUtcNow() + Lifetime).ToUnixTimeSeconds();
        var page = new Page<T>(path, exchange.Caller.User.Name, exchange.Caller.Purpose, expires, content);
        var bytes = store.SealEntry(Place, JsonSerializer.SerializeToUtf8Bytes(page));
        return $"{exchange.BaseUrl}/{path}?{Parameter}={Base64Url.EncodeToString(bytes)}";
    }

    /// <summary>What a link carries; null when it is not this caller's, not for this path, or too old.</summary>
    public static T? Open<T>(FhirExchange exchange, string path, string text)
        where T : class
    {
        var store = exchange.Ledger.Store;
        if (!Base64Url.IsValid(text) || store.OpenEntry(Place, Base64Url.DecodeFromChars(text)) is not { } json)
            return null;
        var page = JsonSerializer.Deserialize<Page<T>>(json);
        return
            page is not null
            && page.Path == path
            && page.User == exchange.Caller.User.Name
            && page.Purpose == exchange.Caller.Purpose
            && page.Expires > store.Time.GetUtcNow().ToUnixTimeSeconds()
            ? page.Content
            : null;
    }

    private sealed record Page<T>(string Path, string User, string Purpose, long Expires, T Content);
}
