using System.Security.Cryptography;
using MedLedger.Consent.Access;
using MedLedger.Consent.Commitments;
using MedLedger.Consent.Statements;
using MedLedger.Crypto.Fields;

namespace MedLedger.Consent.Vault;

/// <summary>
/// A record in clear, which exists only because permits allowed it. Zeroed when disposed; not serializable by accident:
/// it has no public constructor and its content is a method's answer, not a property.
/// </summary>
public sealed class OpenedRecord : IDisposable
{
    private readonly byte[] _content;
    private bool _disposed;

    internal OpenedRecord(
        SealedRecord record,
        byte[] content,
        SealedFacts facts,
        IReadOnlyList<AccessDecision.Permit> permits
    )
    {
        RecordKey = record.RecordKey;
        Version = record.Version;
        _content = content;
        Opening = facts;
        Permits = permits;
        Obligations = [.. permits.SelectMany(p => p.Obligations).Distinct(StringComparer.Ordinal)];
    }

    /// <summary>The opaque storage key.</summary>
    public string RecordKey { get; }

    /// <summary>From 1.</summary>
    public int Version { get; }

    /// <summary><c>Type/id</c>.</summary>
    public string Reference => Opening.Facts.Reference;

    /// <summary>The facts that were sealed with it.</summary>
    public ResourceFacts Facts => Opening.Facts;

    /// <summary>The permits that opened it, one for each compartment.</summary>
    public IReadOnlyList<AccessDecision.Permit> Permits { get; }

    /// <summary>What must be done before the content leaves, from all permits together.</summary>
    public IReadOnlyList<string> Obligations { get; }

    /// <summary>Type, labels and day as the leaf has them, in the compartment of the first permit.</summary>
    public RecordMeta Meta => Opening.Meta;

    /// <summary>SHA-256 of the content, cut to 248 bits.</summary>
    public Fr ContentDigest => Opening.ContentDigest;

    /// <summary>The record leaf, as it stands in the tree.</summary>
    public Fr Leaf => Opening.Leaf;

    private SealedFacts Opening { get; }

    /// <summary>The record as the statement of an analysis names it, at its place in the patient's tree.</summary>
    public StatementRecord ToStatementRecord(TreePlace place) =>
        new()
        {
            Meta = Meta,
            ContentDigest = ContentDigest,
            RecordSalt = Opening.Salt,
            Place = place,
        };

    /// <summary>The content, UTF-8 JSON, as it was sealed. It is zeroed with this object.</summary>
    /// <exception cref="ObjectDisposedException">The record was disposed.</exception>
    public ReadOnlyMemory<byte> Content()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return _content;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _disposed = true;
        CryptographicOperations.ZeroMemory(_content);
    }
}
