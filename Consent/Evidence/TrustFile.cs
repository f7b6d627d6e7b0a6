using System.Diagnostics.CodeAnalysis;
using MedLedger.Consent.Chain;
using MedLedger.Consent.Chain.Contracts;
using MedLedger.Crypto.Log;

namespace MedLedger.Consent.Evidence;

/// <summary>
/// What a verifier trusts, handed over by another channel than the evidence: chain and contracts, the log's key, the
/// enrolment authority's key, the compliance role's key. Written once, by <c>demo</c> and <c>serve</c>.
/// </summary>
public sealed record TrustFile
{
    /// <summary>The only format there is.</summary>
    public const string CurrentFormat = "medledger.trust.v1";

    /// <summary><see cref="CurrentFormat"/>.</summary>
    public required string Format { get; init; }

    /// <summary>Chain id and contracts.</summary>
    public required Deployment Deployment { get; init; }

    /// <summary>The log's verifier key.</summary>
    public required string LogKey { get; init; }

    /// <summary>The enrolment authority's verifier key.</summary>
    public required string EnrolmentKey { get; init; }

    /// <summary>SHA-256 of the compliance role's public key (<see cref="Evidence.ComplianceKey.Fingerprint"/>).</summary>
    public required Bytes32 ComplianceKey { get; init; }

    /// <summary>Makes the file of a deployment.</summary>
    public static TrustFile Create(Deployment deployment, NoteKey logKey, NoteKey enrolmentKey, Bytes32 complianceKey)
    {
        ArgumentNullException.ThrowIfNull(logKey);
        ArgumentNullException.ThrowIfNull(enrolmentKey);
        return new TrustFile
        {
            Format = CurrentFormat,
            Deployment = deployment,
            LogKey = logKey.ToString(),
            EnrolmentKey = enrolmentKey.ToString(),
            ComplianceKey = complianceKey,
        };
    }

    /// <summary>Reads a file; false for anything but its one form.</summary>
    public static bool TryParse(ReadOnlyMemory<byte> utf8, [NotNullWhen(true)] out TrustFile? trust)
    {
        trust = null;
        if (!EvidenceJson.TryRead<TrustFile>(utf8, out var read))
            return false;
        if (
            !string.Equals(read.Format, CurrentFormat, StringComparison.Ordinal)
            || !NoteKey.TryParse(read.LogKey, out _)
            || !NoteKey.TryParse(read.EnrolmentKey, out _)
        )
            return false;
        trust = read;
        return true;
    }

    /// <summary>The file's bytes.</summary>
    public byte[] ToBytes() => EvidenceJson.Write(this);
}
