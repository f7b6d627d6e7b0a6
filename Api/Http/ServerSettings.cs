using MedLedger.Api.Identity;

namespace MedLedger.Api.Http;

/// <summary>What protects the server; set by <c>MEDLEDGER_NAME</c> or by name in the settings file.</summary>
internal sealed record ServerSettings
{
    /// <summary><c>max-body</c>: bytes of the largest request body.</summary>
    public long MaxBody { get; init; } = 64L << 20;

    /// <summary><c>request-seconds</c>: a request that takes longer is cut off.</summary>
    public int RequestSeconds { get; init; } = 120;

    /// <summary><c>rate</c>: requests a second that one caller (else one address) may make, with a burst of twice as many.</summary>
    public int Rate { get; init; } = 20_000;

    /// <summary><c>search-cost</c>: records a minute that the searches of one caller may open.</summary>
    public int SearchCost { get; init; } = 1_000_000;

    /// <summary><c>login-rate</c>: logins and token requests a minute from one address.</summary>
    public int LoginRate { get; init; } = 60;

    /// <summary><c>cors</c>: origins whose pages may call, separated by spaces; none by default.</summary>
    public IReadOnlyList<string> Origins { get; init; } = [];

    /// <summary><c>issuer</c>: the address that clients know the server by (behind a proxy); else the one it listens on.</summary>
    public Uri? Issuer { get; init; }

    /// <summary><c>oidc-issuer</c> and others: where accounts may sign in besides here; nowhere by default.</summary>
    public ExternalProvider? External { get; init; }
}
