using System.Text.RegularExpressions;
using MedLedger.Consent.Access;
using MedLedger.Consent.Grants;

namespace MedLedger.Api.Identity;

/// <summary>What a SMART scope lets a client do with resources of a type.</summary>
[Flags]
internal enum ScopePermissions
{
    None = 0,
    Create = 1,
    Read = 2,
    Update = 4,
    Delete = 8,
    Search = 16,
    All = Create | Read | Update | Delete | Search,
}

/// <summary>
/// The scopes of a token (SMART App Launch 2.2, section 3): <c>patient|user|system / Type|* . cruds</c>. They narrow what
/// a client may ask for; consent decides about every record all the same.
/// </summary>
internal sealed partial class Scopes
{
    private const string Patient = "patient";
    private readonly List<Clinical> _clinical = [];
    private readonly HashSet<string> _plain = new(StringComparer.Ordinal);

    private Scopes() { }

    /// <summary>Scopes that are no permission for resources.</summary>
    public static IReadOnlyList<string> Plain { get; } =
    ["openid", "fhirUser", "launch", "launch/patient", "offline_access", "online_access"];

    /// <summary>True when a permission is for the one patient in the launch context.</summary>
    public bool NeedPatient => _clinical.Exists(c => c.Level == Patient);

    /// <summary>Whether there is any permission for resources.</summary>
    public bool HasPermissions => _clinical.Count > 0;

    /// <summary>Reads a scope list; false when one of them is not understood (a constraint in a query is not).</summary>
    public static bool TryParse(string text, out Scopes scopes)
    {
        scopes = new Scopes();
        foreach (var one in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (Plain.Contains(one, StringComparer.Ordinal))
                scopes._plain.Add(one);
            else if (Parse(one) is { } clinical)
                scopes._clinical.Add(clinical);
            else
                return false;
        }
        return true;
    }

    /// <summary>Whether the scope is one that this server understands.</summary>
    public static bool IsKnown(string scope) => TryParse(scope, out _);

    /// <summary>What a role's own client may ask for, and what the <c>token</c> command gives.</summary>
    public static string OfRole(Role role) =>
        role switch
        {
            Role.Ingest => "system/*.cus",
            Role.Clinician => "user/*.cruds",
            Role.Patient => "patient/*.cruds",
            Role.RelatedPerson => "user/*.rs user/Consent.cruds",
            Role.Compliance => "user/AuditEvent.rs user/Task.u",
            Role.Operator => "system/*.c",
            _ => "",
        };

    /// <summary>Whether a plain scope was granted.</summary>
    public bool Has(string plain) => _plain.Contains(plain);

    /// <summary>Whether the permission was granted for resources of this type.</summary>
    public bool Allow(string type, ScopePermissions permission) =>
        _clinical.Exists(c =>
            (c.Type == "*" || string.Equals(c.Type, type, StringComparison.Ordinal))
            && (c.Permissions & permission) == permission
        );

    /// <summary>Where the permission was granted: the types, and of which patient, as the gate asks.</summary>
    /// <param name="permission">One or several, all of which are needed.</param>
    /// <param name="context">The patient of the launch context, <c>Patient/id</c>.</param>
    public IReadOnlyList<RequestScope> Within(ScopePermissions permission, string? context) =>
        [
            .. _clinical
                .Where(c => (c.Permissions & permission) == permission && (c.Level != Patient || context is not null))
                .Select(c => new RequestScope(c.Type, c.Level == Patient ? context : null)),
        ];

    /// <summary>Whether every permission of this scope lies within what <paramref name="widest"/> gives.</summary>
    public static bool IsWithin(string scope, Scopes widest)
    {
        if (Parse(scope) is not { } wanted)
            return Plain.Contains(scope, StringComparer.Ordinal);
        // A patient scope is narrower than the same one for the user; a system scope is a backend's own.
        return widest._clinical.Exists(c =>
            (c.Level == wanted.Level || (wanted.Level == Patient && c.Level == "user"))
            && (c.Type == "*" || c.Type == wanted.Type)
            && (wanted.Permissions & ~c.Permissions) == ScopePermissions.None
        );
    }

    private static Clinical? Parse(string scope)
    {
        if (Form().Match(scope) is not { Success: true } match)
            return null;
        var type = match.Groups["type"].Value;
        if (type != "*" && !Vocabulary.ResourceTypes.Contains(type, StringComparer.Ordinal))
            return null;
        var permissions = match.Groups["do"].Value switch
        {
            // Version 1 of the scopes.
            "read" => ScopePermissions.Read | ScopePermissions.Search,
            "write" => ScopePermissions.Create | ScopePermissions.Update | ScopePermissions.Delete,
            "*" => ScopePermissions.All,
            var letters => letters.Aggregate(ScopePermissions.None, (all, letter) => all | Of(letter)),
        };
        return new Clinical(match.Groups["level"].Value, type, permissions);
    }

    private static ScopePermissions Of(char letter) =>
        letter switch
        {
            'c' => ScopePermissions.Create,
            'r' => ScopePermissions.Read,
            'u' => ScopePermissions.Update,
            'd' => ScopePermissions.Delete,
            _ => ScopePermissions.Search,
        };

    private sealed record Clinical(string Level, string Type, ScopePermissions Permissions);

    [GeneratedRegex(
        @"\A(?<level>patient|user|system)/(?<type>\*|[A-Za-z]{1,64})\.(?<do>read|write|\*|(?=[cruds])c?r?u?d?s?)\z",
        RegexOptions.None,
        1000
    )]
    private static partial Regex Form();
}
