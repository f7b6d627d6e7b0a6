using MedLedger.Api.Persistence;
using MedLedger.Consent.Vault;
using Microsoft.Data.Sqlite;

namespace MedLedger.Api.Records;

/// <summary>A version of a record as its rows have it, with what opens each compartment.</summary>
internal sealed record SealedVersion(SealedRecord Record, IReadOnlyList<CompartmentKeys> Keys)
{
    /// <summary>Unix milliseconds.</summary>
    public required long Written { get; init; }

    /// <summary>The version that says that the record was deleted.</summary>
    public required bool IsDeleted { get; init; }

    /// <summary>The newest version.</summary>
    public required bool IsCurrent { get; init; }
}

/// <summary>
/// Reads versions of records with the rows that open them, in three questions: versions with their compartments,
/// encapsulations with their segments, stanzas. There are three however much is found, so that it cannot be told from them.
/// </summary>
internal static class SealedRows
{
    private const string Columns = """
        SELECT r.RecordKey, r.Version, r.Content, r.Written, r.IsDeleted,
            (SELECT MAX(o.Version) FROM records o WHERE o.RecordKey = r.RecordKey),
            c.PatientKey, c.EncapsulationId, c.Sequence, c.KeyShare, c.Facts, c.ContentTag
        """;

    private const string Compartments =
        "CROSS JOIN compartments c ON c.RecordKey = r.RecordKey AND c.Version = r.Version";

    // Lists are joined, in this order: IN (SELECT ...) would make a table of them, which costs more than all else here.
    private const string Listed = "FROM json_each($0) k CROSS JOIN records r ON r.RecordKey = k.value";

    // $0: the record, $1: the version, $2: the organization, whose records stand in for none.
    private const string Nearest = $"""
        {Columns} FROM records r {Compartments}
        WHERE r.RecordKey = COALESCE(
            (SELECT o.RecordKey FROM compartments o
             WHERE o.RecordKey >= $0 AND (o.RecordKey = $0 OR o.PatientKey <> $2) ORDER BY o.RecordKey LIMIT 1),
            (SELECT o.RecordKey FROM compartments o WHERE o.PatientKey <> $2 ORDER BY o.RecordKey LIMIT 1))
        AND r.Version = COALESCE(
            (SELECT o.Version FROM records o WHERE o.RecordKey = r.RecordKey AND o.Version = $1),
            (SELECT MAX(o.Version) FROM records o WHERE o.RecordKey = r.RecordKey))
        """;

    private const string Newest = $"""
        {Columns} {Listed} {Compartments}
        WHERE ($1 OR NOT r.IsDeleted)
        AND r.Version = (SELECT MAX(o.Version) FROM records o WHERE o.RecordKey = k.value)
        """;

    private const string All = $"{Columns} FROM records r {Compartments} WHERE r.RecordKey = $0";

    private const string Between = $"{Columns} {Listed} {Compartments} WHERE r.Written BETWEEN $1 AND $2";

    private const string Encapsulations = """
        SELECT e.Id, e.Encapsulation, s.Id, s.PatientKey, s.ClassKey, s.Epoch, s.PublicKey, s.Authenticator
        FROM json_each($0) k CROSS JOIN encapsulations e ON e.Id = k.value CROSS JOIN segments s ON s.Id = e.SegmentId
        """;

    private const string Stanzas =
        "SELECT Tag, SegmentId, Wrapped FROM json_each($0) k CROSS JOIN stanzas ON SegmentId = k.value";

    /// <summary>
    /// A record in a version (0 and versions that are not there: the newest), or the next patient's one in the order of
    /// the keys, or the first; none in an empty store.
    /// </summary>
    public static IReadOnlyList<SealedVersion> ReadNearest(
        LedgerContext context,
        string recordKey,
        int version,
        string organizationKey
    )
    {
        using var reading = context.BeginReading();
        return Read(context, Query.Rows(context, Nearest, Row, recordKey, version, organizationKey));
    }

    /// <summary>The newest versions of records; deleted ones only when told to.</summary>
    public static IReadOnlyList<SealedVersion> ReadNewest(
        LedgerContext context,
        IEnumerable<string> recordKeys,
        bool deleted
    )
    {
        using var reading = context.BeginReading();
        return Read(context, Query.Rows(context, Newest, Row, Query.List(recordKeys), deleted));
    }

    /// <summary>All versions of a record.</summary>
    public static IReadOnlyList<SealedVersion> ReadAll(LedgerContext context, string recordKey)
    {
        using var reading = context.BeginReading();
        return Read(context, Query.Rows(context, All, Row, recordKey));
    }

    /// <summary>The versions of records that were written in a time, Unix milliseconds with both ends.</summary>
    public static IReadOnlyList<SealedVersion> ReadBetween(
        LedgerContext context,
        IEnumerable<string> recordKeys,
        long first,
        long last
    )
    {
        using var reading = context.BeginReading();
        return Read(context, Query.Rows(context, Between, Row, Query.List(recordKeys), first, last));
    }

    private static List<SealedVersion> Read(LedgerContext context, List<VersionRow> rows)
    {
        var encapsulations = Query
            .Rows(context, Encapsulations, Encapsulation, Query.List(rows.Select(r => r.Compartment.EncapsulationId)))
            .ToDictionary(e => e.Encapsulation.Id, StringComparer.Ordinal);
        var stanzas = Query
            .Rows(context, Stanzas, Stanza, Query.List(encapsulations.Values.Select(e => e.Segment.Id)))
            .ToLookup(s => s.SegmentId, StringComparer.Ordinal);
        var keys = encapsulations.ToDictionary(
            e => e.Key,
            e => new CompartmentKeys
            {
                Segment = e.Value.Segment,
                Encapsulation = e.Value.Encapsulation,
                Stanzas = [.. stanzas[e.Value.Segment.Id]],
            },
            StringComparer.Ordinal
        );
        return [.. rows.GroupBy(r => (r.RecordKey, r.Version)).Select(group => Version([.. group], keys))];
    }

    private static SealedVersion Version(IReadOnlyList<VersionRow> rows, Dictionary<string, CompartmentKeys> keys)
    {
        var first = rows[0];
        var record = new SealedRecord
        {
            RecordKey = first.RecordKey,
            Version = first.Version,
            Content = first.Content,
            Compartments = [.. rows.Select(r => r.Compartment).OrderBy(c => c.PatientKey, StringComparer.Ordinal)],
        };
        var own = record.Compartments.Select(c => keys.GetValueOrDefault(c.EncapsulationId)).OfType<CompartmentKeys>();
        return new SealedVersion(record, [.. own])
        {
            Written = first.Written,
            IsDeleted = first.IsDeleted,
            IsCurrent = first.Version == first.Newest,
        };
    }

    private sealed record VersionRow(
        string RecordKey,
        int Version,
        byte[] Content,
        long Written,
        bool IsDeleted,
        int Newest,
        SealedCompartment Compartment
    );

    private static VersionRow Row(SqliteDataReader row) =>
        new(
            row.GetString(0),
            row.GetInt32(1),
            row.Bytes(2),
            row.GetInt64(3),
            row.GetBoolean(4),
            row.GetInt32(5),
            new SealedCompartment
            {
                PatientKey = row.GetString(6),
                EncapsulationId = row.GetString(7),
                Sequence = row.GetInt64(8),
                KeyShare = row.Bytes(9),
                Facts = row.Bytes(10),
                ContentTag = row.Bytes(11),
            }
        );

    private static (KeyEncapsulation Encapsulation, Segment Segment) Encapsulation(SqliteDataReader row) =>
        (
            new KeyEncapsulation
            {
                Id = row.GetString(0),
                SegmentId = row.GetString(2),
                Encapsulation = row.Bytes(1),
            },
            new Segment
            {
                Id = row.GetString(2),
                PatientKey = row.GetString(3),
                ClassKey = row.GetString(4),
                Epoch = row.GetInt32(5),
                PublicKey = row.Bytes(6),
                Authenticator = row.Bytes(7),
            }
        );

    private static KeyStanza Stanza(SqliteDataReader row) =>
        new()
        {
            Tag = row.GetString(0),
            SegmentId = row.GetString(1),
            Wrapped = row.Bytes(2),
        };
}
