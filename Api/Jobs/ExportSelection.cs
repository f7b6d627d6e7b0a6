using System.Text;
using System.Text.Json;
using MedLedger.Api.Fhir;
using MedLedger.Api.Records;

namespace MedLedger.Api.Jobs;

/// <summary>Which records of those that the caller may see an export has, and what it has of each.</summary>
internal sealed class ExportSelection
{
    private readonly ExportContent _content;
    private readonly ExportElements? _elements;
    private readonly ILookup<string, ExportFilter> _filters;

    /// <summary>Reads what a job was asked for.</summary>
    /// <exception cref="InvalidDataException">It was accepted and cannot be read.</exception>
    public ExportSelection(ExportContent content, DateTimeOffset now)
    {
        _content = content;
        _elements = content.Elements is null ? null : ExportElements.TryParse(content.Elements) ?? throw Unreadable();
        _filters = content
            .Filters.Select(text => ExportFilter.TryParse(text, now, out _) ?? throw Unreadable())
            .ToLookup(filter => filter.Type, StringComparer.Ordinal);
    }

    /// <summary>Whether a record is wanted; what a filter asks of a deleted one, nobody can say any more.</summary>
    public bool Takes(ReadableRecord record)
    {
        if (_content.Types?.Contains(record.Type) == false)
            return false;
        if (record.IsDeleted || !_filters.Contains(record.Type))
            return true;
        using var document = JsonDocument.Parse(record.ToBody());
        return _filters[record.Type].Any(filter => filter.Matches(document.RootElement));
    }

    /// <summary>The line of a record; of a deleted one a Bundle whose entry deletes it.</summary>
    public byte[] Line(ReadableRecord record) =>
        record.IsDeleted
            ? Encoding.UTF8.GetBytes(
                JsonSerializer.Serialize(
                    new
                    {
                        resourceType = "Bundle",
                        type = "transaction",
                        entry = new[] { new { request = new { method = "DELETE", url = record.Reference } } },
                    }
                )
            )
            : _elements?.Of(record.Type)?.Of(record.ToBody()) ?? record.ToBody();

    private static InvalidDataException Unreadable() => new("What an export was asked for cannot be read.");
}
