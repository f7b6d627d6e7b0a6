using MedLedger.Api.Identity;

namespace MedLedger.Api.Http;

/// <summary>
/// Whether a token's scopes cover a FHIR request, by its method and URL (SMART App Launch 2.2, section 3.0.2). Entries of a
/// batch or transaction are checked one by one where they are read, with <see cref="Scopes.Allow"/>.
/// </summary>
internal static class ScopeCheck
{
    /// <summary>Whether the request is within the scopes; a token without any permission for resources is not.</summary>
    public static bool Covers(Scopes scopes, string method, PathString below)
    {
        var parts = (below.Value ?? "").Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (parts.Length == 0 || !char.IsAsciiLetterUpper(parts[0][0]) || parts[^1][0] == '$')
            return scopes.HasPermissions;
        return scopes.Allow(parts[0], Needed(method, parts));
    }

    private static ScopePermissions Needed(string method, string[] parts) =>
        method switch
        {
            "GET" or "HEAD" => parts.Length == 1 ? ScopePermissions.Search : ScopePermissions.Read,
            "POST" when parts[^1] == "_search" => ScopePermissions.Search,
            "POST" => ScopePermissions.Create,
            "PUT" or "PATCH" => ScopePermissions.Update,
            "DELETE" => ScopePermissions.Delete,
            _ => ScopePermissions.All,
        };
}
