using System.Text.Json;
using MedLedger.Api.Persistence;
using MedLedger.Api.Records;
using MedLedger.Consent.Access;

namespace MedLedger.Api.Jobs;

/// <summary>What an export was asked for, by whom; sealed, bound to its job.</summary>
internal sealed record ExportContent
{
    /// <summary>The URL of the kick-off request.</summary>
    public required string Request { get; init; }

    /// <summary>The caller and what they act as, their own reference first.</summary>
    public required IReadOnlyList<string> Actors { get; init; }

    /// <summary>The one purpose of use.</summary>
    public required string Purpose { get; init; }

    /// <summary>What the token's scopes covered.</summary>
    public required IReadOnlyList<RequestScope> Scopes { get; init; }

    /// <summary>Whether what belongs to no patient is wanted too.</summary>
    public bool HasOrganization { get; init; }

    /// <summary>Keys of the patients of a group; null for all whom the caller may see.</summary>
    public IReadOnlyList<string>? PatientKeys { get; init; }

    /// <summary>Resource types; null for all.</summary>
    public HashSet<string>? Types { get; init; }

    /// <summary>Unix milliseconds: nothing that was written before.</summary>
    public long Since { get; init; }

    /// <summary><c>_elements</c>; null for whole resources.</summary>
    public string? Elements { get; init; }

    /// <summary>Each <c>_typeFilter</c>.</summary>
    public IReadOnlyList<string> Filters { get; init; } = [];

    /// <summary>When the records were looked through.</summary>
    public DateTimeOffset? TransactionTime { get; init; }

    /// <summary>The question to the gate, asked now.</summary>
    public AccessRequest Asking(DateTimeOffset now) =>
        new()
        {
            Patient = "",
            Actors = Actors,
            Purpose = Purpose,
            Action = "access",
            Time = Requests.Moment(now),
            Scopes = Scopes,
        };

    public byte[] Seal(Store store, string id) => store.SealEntry(Place(id), JsonSerializer.SerializeToUtf8Bytes(this));

    /// <summary>Opens the content of a row; null when the row is damaged.</summary>
    public static ExportContent? Open(Store store, ExportRow row) =>
        store.OpenEntry(Place(row.Id), row.Content) is { } json
            ? JsonSerializer.Deserialize<ExportContent>(json)
            : null;

    private static string Place(string id) => "export/" + id;
}

/// <summary>
/// The records of one NDJSON file, by their storage keys: they are opened, through the gate, for each download anew, so
/// that nothing leaves that the caller may not see by then.
/// </summary>
/// <param name="Type">The resource type of all of them.</param>
/// <param name="RecordKeys">In the order of the lines.</param>
internal sealed record ExportFile(string Type, IReadOnlyList<string> RecordKeys)
{
    /// <summary>The type of the lines that say what was deleted.</summary>
    public const string Deletions = "Bundle";

    /// <summary>The records were deleted since the time that the export was asked for.</summary>
    public bool IsOfDeleted { get; init; }

    public byte[] Seal(Store store, string id, int number) =>
        store.SealEntry(Place(id, number), JsonSerializer.SerializeToUtf8Bytes(this));

    /// <summary>Opens a row; null when it is damaged, or another's.</summary>
    public static ExportFile? Open(Store store, ExportFileRow row) =>
        store.OpenEntry(Place(row.ExportId, row.Number), row.Content) is { } json
            ? JsonSerializer.Deserialize<ExportFile>(json)
            : null;

    private static string Place(string id, int number) =>
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"export/{id}/{number}");
}
