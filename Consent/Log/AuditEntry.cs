using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using MedLedger.Consent.Access;
using MedLedger.Consent.Chain;

namespace MedLedger.Consent.Log;

/// <summary>What happened. The numbers are in entries for ever.</summary>
public enum AuditAction
{
    /// <summary>A patient and their keys were created, and enrolled.</summary>
    Enrolled = 1,

    /// <summary>Records were written (create, update, import); <see cref="AuditEntry.Root"/> is the record root after it.</summary>
    Written = 2,

    /// <summary>A record was asked for.</summary>
    Read = 3,

    /// <summary>A search was asked for.</summary>
    Searched = 4,

    /// <summary>A patient's data were exported.</summary>
    Exported = 5,

    /// <summary>A consent was stored or changed; the root is the record root after it.</summary>
    ConsentChanged = 6,

    /// <summary>A grant was sent to the chain; <see cref="AuditEntry.Subject"/> is its leaf G.</summary>
    Granted = 7,

    /// <summary>A grant's revocation was accepted; the subject is its leaf G.</summary>
    Revoked = 8,

    /// <summary>An analysis was asked for; permitted, the subject is its nullifier U.</summary>
    AnalysisRequested = 9,

    /// <summary>An analysis was published; the subject is U, the root is the hash of the transaction.</summary>
    AnalysisPublished = 10,

    /// <summary>An analysis was delivered; the subject is U.</summary>
    AnalysisDelivered = 11,

    /// <summary>An analysis ended without a result; the subject is U.</summary>
    AnalysisAborted = 12,

    /// <summary>An emergency was declared.</summary>
    BreakGlass = 13,

    /// <summary>Labels of records changed; the root is the record root after it.</summary>
    Relabelled = 14,

    /// <summary>The erasure of a patient was accepted; the root is the record root without the patient.</summary>
    ErasureStarted = 15,

    /// <summary>The erasure of a patient was completed.</summary>
    Erased = 16,

    /// <summary>A model was approved or withdrawn; the subject is its leaf M.</summary>
    ModelChanged = 17,

    /// <summary>A head of this log was anchored; the root is the anchored one.</summary>
    Anchored = 18,

    /// <summary>A checkpoint of an older log that this one continues; the root is that log's.</summary>
    Continued = 19,

    /// <summary>Compliance signed off an emergency.</summary>
    EmergencyReviewed = 20,

    /// <summary>Somebody logged in, or tried to.</summary>
    LoggedIn = 21,

    /// <summary>Keys were rotated or put under another passphrase, or records sealed again under newer ones.</summary>
    KeysChanged = 22,

    /// <summary>A client asked for an access token.</summary>
    TokenRequested = 23,

    /// <summary>Somebody logged out.</summary>
    LoggedOut = 24,

    /// <summary>A backup of the data or of the keys was asked for.</summary>
    BackedUp = 25,

    /// <summary>The data were restored from a backup.</summary>
    Restored = 26,

    /// <summary>An account or a client was made, changed or disabled.</summary>
    AccountChanged = 27,

    /// <summary>Somebody told that data of a patient left by another way than this program.</summary>
    Disclosed = 28,
}

/// <summary>How it was decided.</summary>
public enum AuditDecision
{
    /// <summary>Nothing was decided.</summary>
    None = 0,

    /// <summary>Permitted.</summary>
    Permitted = 1,

    /// <summary>Refused, for the reason in <see cref="AuditEntry.Reason"/>.</summary>
    Refused = 2,
}

/// <summary>
/// One entry of the log: always 112 bytes, no health data, no name, no key of a row. Who and what stand in details that
/// are committed to with a salt and sealed elsewhere. Times are rounded down to minutes.
/// </summary>
public sealed record AuditEntry
{
    /// <summary>Bytes of an entry.</summary>
    public const int Size = 112;

    private const byte Format = 1;
    private const long Granularity = 60;

    /// <summary>What happened.</summary>
    public required AuditAction Action { get; init; }

    /// <summary>How it was decided.</summary>
    public AuditDecision Decision { get; init; }

    /// <summary>Why it was refused; null otherwise.</summary>
    public DenyReason? Reason { get; init; }

    /// <summary>What a permit rests on; null otherwise.</summary>
    public PermitBasis? Basis { get; init; }

    /// <summary>Unix seconds, a multiple of 60.</summary>
    public required long Time { get; init; }

    /// <summary>The salted commitment to the details (<see cref="AuditDetails.Commitment"/>).</summary>
    public required Bytes32 Details { get; init; }

    /// <summary>What it is about, where that is public on the chain anyway (U, G, M); else zero.</summary>
    public Bytes32 Subject { get; init; }

    /// <summary>A root or transaction hash that belongs to the action; else zero.</summary>
    public Bytes32 Root { get; init; }

    /// <summary>
    /// Whether <see cref="Root"/> is the global record root after a write: what stored records are held against.
    /// </summary>
    public bool HasRecordRoot =>
        Root != default
        && Action
            is AuditAction.Written
                or AuditAction.ConsentChanged
                or AuditAction.Relabelled
                or AuditAction.ErasureStarted;

    /// <summary>Rounds a moment down to what entries show.</summary>
    public static long RoundTime(DateTimeOffset moment)
    {
        var seconds = moment.ToUnixTimeSeconds();
        return seconds - (seconds % Granularity);
    }

    /// <summary>
    /// Format, action, decision, reason + 1, basis + 1, three zero bytes, time (8, big endian), details, subject, root.
    /// </summary>
    /// <exception cref="InvalidOperationException">The members do not go together.</exception>
    public byte[] Encode()
    {
        if (!IsConsistent())
            throw new InvalidOperationException("An entry's decision, reason, basis and time do not go together.");
        var bytes = new byte[Size];
        bytes[0] = Format;
        bytes[1] = (byte)Action;
        bytes[2] = (byte)Decision;
        bytes[3] = (byte)(Reason is { } reason ? (int)reason + 1 : 0);
        bytes[4] = (byte)(Basis is { } basis ? (int)basis + 1 : 0);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(8), Time);
        Details.ToBytes().CopyTo(bytes, 16);
        Subject.ToBytes().CopyTo(bytes, 48);
        Root.ToBytes().CopyTo(bytes, 80);
        return bytes;
    }

    /// <summary>Reads an entry; false for bytes that <see cref="Encode"/> does not make.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out AuditEntry? entry)
    {
        entry = null;
        if (bytes.Length != Size || bytes[0] != Format || bytes[5..8].ContainsAnyExcept((byte)0))
            return false;
        var read = new AuditEntry
        {
            Action = (AuditAction)bytes[1],
            Decision = (AuditDecision)bytes[2],
            Reason = bytes[3] == 0 ? null : (DenyReason)(bytes[3] - 1),
            Basis = bytes[4] == 0 ? null : (PermitBasis)(bytes[4] - 1),
            Time = BinaryPrimitives.ReadInt64BigEndian(bytes[8..]),
            Details = new Bytes32(bytes.Slice(16, 32)),
            Subject = new Bytes32(bytes.Slice(48, 32)),
            Root = new Bytes32(bytes.Slice(80, 32)),
        };
        if (!read.IsConsistent())
            return false;
        entry = read;
        return true;
    }

    private bool IsConsistent() =>
        Enum.IsDefined(Action)
        && Enum.IsDefined(Decision)
        && Time >= 0
        && Time % Granularity == 0
        && (Decision == AuditDecision.Refused) == Reason is not null
        && (Reason is not { } reason || Enum.IsDefined(reason))
        && (Basis is not { } basis || (Decision == AuditDecision.Permitted && Enum.IsDefined(basis)));
}
