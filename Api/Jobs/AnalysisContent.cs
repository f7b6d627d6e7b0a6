using System.Text;
using System.Text.Json;
using MedLedger.Api.Keys;
using MedLedger.Crypto.Sealing;

namespace MedLedger.Api.Jobs;

/// <summary>A record that an analysis may open: the version that was decided on, and its place in the patient's tree.</summary>
internal sealed record AnalysisRecord(string RecordKey, int Version, int Position);

/// <summary>One part's proof as stored and published.</summary>
/// <param name="Proof">A, B, C in the order of EIP-196 and EIP-197, 256 bytes.</param>
/// <param name="Signals">The eleven public signals, decimal.</param>
internal sealed record StoredProof(byte[] Proof, IReadOnlyList<string> Signals);

/// <summary>A transaction that was mined for the analysis.</summary>
internal sealed record StoredTransaction(string Hash, long Block, long Time);

/// <summary>Wall times in milliseconds.</summary>
internal sealed record AnalysisTimes(long Analysis, long Witness, long Prove, long Verify);

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

    /// <summary>Patients in the enrolment tree that the proof reads.</summary>
    public int Enrolled { get; init; }

    /// <summary>The reservation; its block time is <c>asOf</c>.</summary>
    public StoredTransaction? Reservation { get; init; }

    /// <summary>Reference of the sealed report.</summary>
    public string? Report { get; init; }

    /// <summary>Findings in the report.</summary>
    public int Findings { get; init; }

    /// <summary>Whether consent let only de-identified text reach the model and the report.</summary>
    public bool Deidentified { get; init; }

    /// <summary>Digest of the report, decimal field element.</summary>
    public string? ResultDigest { get; init; }

    /// <summary>Salt of the result commitment, decimal field element.</summary>
    public string? ResultSalt { get; init; }

    /// <summary>Indices of the appearances of the four roots: consents, records, models, enrolments.</summary>
    public IReadOnlyList<uint> Appearances { get; init; } = [];

    /// <summary>The proofs, one a part.</summary>
    public IReadOnlyList<StoredProof> Proofs { get; init; } = [];

    /// <summary>Openings of P, Q and O until they are sealed into the evidence; empty afterwards.</summary>
    public byte[] Openings { get; init; } = [];

    /// <summary>The publication.</summary>
    public StoredTransaction? Publication { get; init; }

    /// <summary>Index of the log entry of the permitted request.</summary>
    public long? PermittedEntry { get; init; }

    /// <summary>Index of the log entry of the publication.</summary>
    public long? PublishedEntry { get; init; }

    /// <summary>Milliseconds that opening and analysing, witnesses, proofs and verifying took.</summary>
    public AnalysisTimes Times { get; init; } = new(0, 0, 0, 0);

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
