using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace MedLedger.Api.Identity;

/// <summary>An account as it is stored: which person it is stands only in the sealed content.</summary>
internal sealed class AccountRow
{
    /// <summary><see cref="User.Id"/>.</summary>
    public required string Id { get; init; }

    /// <summary>Keyed hash of the name, 64 hexadecimal digits.</summary>
    public required string NameKey { get; init; }

    /// <summary>Keyed hash of issuer and subject at the external provider; null without one.</summary>
    public string? ExternalKey { get; set; }

    /// <summary>The sealed <see cref="Account"/>.</summary>
    public required byte[] Content { get; set; }

    /// <summary>Counts changes: two attempts at once do not both count as the first wrong one.</summary>
    public required long Version { get; set; }
}

/// <summary>A session: made by a login, by a grant to a client, or by the <c>token</c> command. Every token belongs to one.</summary>
internal sealed class SessionRow
{
    /// <summary>SHA-256 of the random session id, 64 hexadecimal digits: the database does not let anybody in.</summary>
    public required string Key { get; init; }

    /// <summary><see cref="AccountRow.Id"/>.</summary>
    public required string AccountId { get; init; }

    /// <summary>Unix seconds.</summary>
    public required long Created { get; init; }

    /// <summary>Unix seconds; from then on it is over.</summary>
    public required long Expires { get; set; }

    /// <summary>Logged out, revoked, or ended with the account's password.</summary>
    public bool IsRevoked { get; set; }

    /// <summary>The sealed <see cref="SessionContent"/>.</summary>
    public required byte[] Content { get; set; }
}

/// <summary>A signing key of tokens, sealed.</summary>
internal sealed class SigningKeyRow
{
    /// <summary>Random; the <c>kid</c> of tokens.</summary>
    public required string Id { get; init; }

    /// <summary>Unix seconds.</summary>
    public required long Created { get; init; }

    /// <summary>Unix seconds from which it signs nothing new; null for the current one.</summary>
    public long? Retired { get; set; }

    /// <summary>PKCS#8 of a P-256 key, sealed.</summary>
    public required byte[] Content { get; set; }
}

/// <summary>A client assertion that was used, kept until it would have expired.</summary>
internal sealed class UsedAssertionRow
{
    /// <summary>SHA-256 of client and <c>jti</c>, 64 hexadecimal digits.</summary>
    public required string Key { get; init; }

    /// <summary>Unix seconds.</summary>
    public required long Expires { get; init; }
}

internal sealed class IdentityRowsConfiguration
    : IEntityTypeConfiguration<AccountRow>,
        IEntityTypeConfiguration<SessionRow>,
        IEntityTypeConfiguration<SigningKeyRow>,
        IEntityTypeConfiguration<UsedAssertionRow>
{
    public void Configure(EntityTypeBuilder<AccountRow> builder)
    {
        builder.ToTable("accounts").HasKey(a => a.Id);
        builder.HasIndex(a => a.NameKey).IsUnique();
        builder.HasIndex(a => a.ExternalKey).IsUnique();
        builder.Property(a => a.Version).IsConcurrencyToken();
    }

    public void Configure(EntityTypeBuilder<SessionRow> builder)
    {
        builder.ToTable("sessions").HasKey(s => s.Key);
        builder.HasIndex(s => s.AccountId);
        builder.HasIndex(s => s.Expires);
        builder.HasOne<AccountRow>().WithMany().HasForeignKey(s => s.AccountId);
    }

    public void Configure(EntityTypeBuilder<SigningKeyRow> builder) =>
        builder.ToTable("signing_keys").HasKey(k => k.Id);

    public void Configure(EntityTypeBuilder<UsedAssertionRow> builder) =>
        builder.ToTable("used_assertions").HasKey(a => a.Key);
}
