using System.Text;
using System.Text.Json;
using MedLedger.Api.Keys;
using MedLedger.Crypto.Sealing;

namespace MedLedger.Api.Jobs;

/// <summary>A record that an analysis may open: the version that was decided on, and its place in the patient's tree.</summary>
internal sealed record AnalysisRecord(string RecordKey, int Version, int Position);

/// <summary>One part's proof as stored and published.</summary>
/// <param name="Proof">proof.json of snarkjs.</param>
/// <param name="Signals">The eleven public signals, decimal.</param>
internal sealed record AnalysisProof(string Proof, IReadOnlyList<string> Signals);

/// <summary>What a job keeps from step to step; sealed for the operator, deleted when the patient is erased.</summary>
internal sealed record AnalysisContent
{
    /// <summary>The request as it was signed.</summary>
    public required string Request { get; init; }

    /// <summary>References that the caller acts as, the grantee's own first.</summary>
    public required IReadOnlyList<string> Actors { get; init; }

    /// <summary>Records to open, in the order of their positions.</summary>
    public IReadOnlyList<AnalysisRecord> Records { get; init; } = [];

    /// <summary>Records that consent allows but that this analysis did not open, with one word why.</summary>
    public IReadOnlyDictionary<string, string> NotOpened { get; init; } =
        new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>The anchored record tree that the proof reads.</summary>
    public long Anchor { get; init; }

    /// <summary>Block time of the reservation.</summary>
    public long AsOf { get; init; }

    /// <summary>The reservation's transaction.</summary>
    public string? Reservation { get; init; }

    /// <summary>Reference of the sealed report.</summary>
    public string? Report { get; init; }

    /// <summary>Findings in the report.</summary>
    public int Findings { get; init; }

    /// <summary>Digest of the report, decimal field element.</summary>
    public string? ResultDigest { get; init; }

    /// <summary>Salt of the result commitment, decimal field element.</summary>
    public string? ResultSalt { get; init; }

    /// <summary>Indices of the appearances of the four roots: consents, records, models, enrolments.</summary>
    public IReadOnlyList<uint> Appearances { get; init; } = [];

    /// <summary>The proofs, one a part.</summary>
    public IReadOnlyList<AnalysisProof> Proofs { get; init; } = [];

    /// <summary>The publication's transaction.</summary>
    public string? Publication { get; init; }

    /// <summary>True when every part was verified by the contract.</summary>
    public bool VerifiedOnChain { get; init; }

    /// <summary>Seals it for the row of a job.</summary>
    public byte[] Seal(FileKeyCustody custody, string jobId)
    {
        using var key = custody.OpenOperatorKey(KeyName);
        var json = JsonSerializer.SerializeToUtf8Bytes(this);
        return SealedJournal.Seal(key, Encoding.ASCII.GetBytes(jobId), json);
    }

    /// <summary>Opens the content of a row; null when the row is damaged.</summary>
    public static AnalysisContent? Open(FileKeyCustody custody, string jobId, byte[] content)
    {
        using var key = custody.OpenOperatorKey(KeyName);
        var json = SealedJournal.Open(key, Encoding.ASCII.GetBytes(jobId), content);
        return json is null ? null : JsonSerializer.Deserialize<AnalysisContent>(json);
    }

    private const string KeyName = "jobs";
}
