using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using MedLedger.Api.Persistence;
using MedLedger.Consent.Commitments;
using MedLedger.Consent.Vault;
using MedLedger.Crypto.Fields;
using MedLedger.Crypto.Sealing;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace MedLedger.Api.Keys;

/// <summary>A grantee's signing key and salt, sealed; the row says nothing about who it is.</summary>
internal sealed class GranteeRow
{
    /// <summary><see cref="RecordVault.RecordKey"/> of the grantee's reference.</summary>
    public required string GranteeKey { get; init; }

    /// <summary>Public key, salt and, for a key that this program keeps, the private key; sealed for the operator.</summary>
    public required byte[] Content { get; set; }
}

internal sealed class GranteeRowConfiguration : IEntityTypeConfiguration<GranteeRow>
{
    public void Configure(EntityTypeBuilder<GranteeRow> builder) =>
        builder.ToTable("grantees").HasKey(g => g.GranteeKey);
}

/// <summary>
/// Who can be a grantee: practitioners and organizations with the key that signs their analysis requests, and the salt
/// that hides both in the commitment <c>grantee = H(tag, keyDigest, identifierDigest, granteeSalt)</c>.
/// </summary>
internal sealed class GranteeDirectory(
    IDbContextFactory<LedgerContext> contexts,
    RecordVault vault,
    FileKeyCustody custody
)
{
    private const string OperatorKey = "grantees";

    /// <summary>
    /// The commitment that stands in grants for this grantee. Made with a key of the program's own when nobody has
    /// registered one yet, so that a patient can grant before the grantee has ever signed.
    /// </summary>
    public async Task<Fr> CommitmentOfAsync(string reference, CancellationToken cancellation)
    {
        var entry = await FindAsync(reference, cancellation) ?? await CreateAsync(reference, cancellation);
        using var key = entry.Open();
        return GranteeCommitment.Compute(
            Digest248.Of(key.ExportSubjectPublicKeyInfo()),
            Digest248.Of(Encoding.UTF8.GetBytes(reference)),
            Digest248.FromBytes(entry.Salt)
        );
    }

    /// <summary>The grantee's public key (SubjectPublicKeyInfo) and the salt in the commitment; null when the grantee is unknown.</summary>
    public async Task<(byte[] PublicKey, Fr Salt)?> OpeningOfAsync(string reference, CancellationToken cancellation)
    {
        if (await FindAsync(reference, cancellation) is not { } entry)
            return null;
        using var key = entry.Open();
        return (key.ExportSubjectPublicKeyInfo(), Digest248.FromBytes(entry.Salt));
    }

    /// <summary>The key that verifies the grantee's requests; null when the grantee is unknown.</summary>
    public async Task<ECDsa?> PublicKeyOfAsync(string reference, CancellationToken cancellation)
    {
        if (await FindAsync(reference, cancellation) is not { } entry)
            return null;
        using var key = entry.Open();
        var publicKey = ECDsa.Create();
        publicKey.ImportSubjectPublicKeyInfo(key.ExportSubjectPublicKeyInfo(), out _);
        return publicKey;
    }

    /// <summary>The signing key that this program keeps for a grantee, made when it is first asked for.</summary>
    public async Task<ECDsa> SigningKeyOfAsync(string reference, CancellationToken cancellation) =>
        (await FindAsync(reference, cancellation) ?? await CreateAsync(reference, cancellation)).Open();

    /// <summary>Whether a row opens under its own name.</summary>
    public static bool Opens(FileKeyCustody custody, GranteeRow row)
    {
        using var key = custody.OpenOperatorKey(OperatorKey);
        var entry = SealedJournal.Open(key, Encoding.ASCII.GetBytes(row.GranteeKey), row.Content);
        CryptographicOperations.ZeroMemory(entry);
        return entry is not null;
    }

    private async Task<Entry?> FindAsync(string reference, CancellationToken cancellation)
    {
        var granteeKey = vault.RecordKey(reference);
        await using var context = await contexts.CreateDbContextAsync(cancellation);
        var row = await context.Set<GranteeRow>().FindAsync([granteeKey], cancellation);
        if (row is null)
            return null;
        using var key = custody.OpenOperatorKey(OperatorKey);
        var json = SealedJournal.Open(key, Encoding.ASCII.GetBytes(granteeKey), row.Content);
        return json is null
            ? throw Cli.CommandFailure.Refused("The directory of grantees is damaged; restore the database.")
            : JsonSerializer.Deserialize<Entry>(json);
    }

    private async Task<Entry> CreateAsync(string reference, CancellationToken cancellation)
    {
        using var signing = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var entry = new Entry(signing.ExportPkcs8PrivateKey(), RandomNumberGenerator.GetBytes(Digest248.Size));
        var granteeKey = vault.RecordKey(reference);
        await using var context = await contexts.CreateDbContextAsync(cancellation);
        using var key = custody.OpenOperatorKey(OperatorKey);
        var content = JsonSerializer.SerializeToUtf8Bytes(entry);
        context.Add(
            new GranteeRow
            {
                GranteeKey = granteeKey,
                Content = SealedJournal.Seal(key, Encoding.ASCII.GetBytes(granteeKey), content),
            }
        );
        CryptographicOperations.ZeroMemory(content);
        await context.SaveChangesAsync(cancellation);
        return entry;
    }

    private sealed record Entry(byte[] Pkcs8, byte[] Salt)
    {
        public ECDsa Open()
        {
            var key = ECDsa.Create();
            key.ImportPkcs8PrivateKey(Pkcs8, out _);
            return key;
        }
    }
}
