namespace MedLedger.Api.Identity;

/// <summary>What an account may do at all; consent decides about records beyond that.</summary>
internal enum Role
{
    /// <summary>Software that writes records and reads nothing back.</summary>
    Ingest,

    /// <summary>A practitioner: asks for records and analyses.</summary>
    Clinician,

    /// <summary>Manages their own consents, sees who did what.</summary>
    Patient,

    /// <summary>Acts for patients, as far as the recorded power reaches (<see cref="Consent.Delegations.Delegation"/>).</summary>
    RelatedPerson,

    /// <summary>Reads evidence and log, no content.</summary>
    Compliance,

    /// <summary>Administers, reads no content.</summary>
    Operator,
}

/// <summary>Who an account is, as requests carry it.</summary>
/// <param name="Id">Random, 22 base64url characters; the subject of tokens. It says nothing about anybody.</param>
/// <param name="Name">What is typed at the login page.</param>
/// <param name="Role">What it may do at all.</param>
/// <param name="Reference">The FHIR reference it acts as: <c>Patient/..</c>, <c>Practitioner/..</c>, <c>Device/..</c>.</param>
internal sealed record User(string Id, string Name, Role Role, string Reference)
{
    /// <summary>Organizations and practitioner roles it acts for: <c>Organization/..</c>, <c>PractitionerRole/..</c>.</summary>
    public IReadOnlyList<string> Affiliations { get; init; } = [];
}

/// <summary>An account with its credentials. Stored sealed; no part of it is ever sent or logged.</summary>
internal sealed record Account
{
    /// <summary>Who it is.</summary>
    public required User User { get; init; }

    /// <summary>May not sign in, and its tokens are refused.</summary>
    public bool IsDisabled { get; init; }

    /// <summary>Argon2id (<see cref="Crypto.Sealing.PasswordHash"/>); null when nobody can sign in with a password.</summary>
    public string? Password { get; init; }

    /// <summary>Set for a one-time password: until when it can be exchanged for one of the user's own (Unix seconds).</summary>
    public long? OneTimeUntil { get; init; }

    /// <summary>The secret of the authenticator app (RFC 6238), 20 bytes; null before it is set up.</summary>
    public byte[]? TotpSecret { get; init; }

    /// <summary>The newest time step that was used; a code works once.</summary>
    public long TotpStep { get; init; }

    /// <summary>Wrong passwords and codes in a row.</summary>
    public int Failures { get; init; }

    /// <summary>Unix seconds until which no attempt is looked at.</summary>
    public long LockedUntil { get; init; }

    /// <summary>Who it is at an external OpenID provider, when the account signs in there.</summary>
    public ExternalIdentity? External { get; init; }
}

/// <summary>Somebody at an OpenID provider: a subject is one person's only together with its issuer.</summary>
/// <param name="Issuer">The provider's issuer identifier.</param>
/// <param name="Subject">The <c>sub</c> claim.</param>
internal sealed record ExternalIdentity(string Issuer, string Subject);
