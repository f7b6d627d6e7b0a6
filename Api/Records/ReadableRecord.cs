using System.Globalization;
using System.Text.Json;
using MedLedger.Api.Fhir;
using MedLedger.Consent.Access;
using MedLedger.Consent.Vault;

namespace MedLedger.Api.Records;

/// <summary>One record version that the gate permitted, opened: the only thing that response bodies are made of.</summary>
internal sealed class ReadableRecord(StoredRecord stored, OpenedRecord opened) : IDisposable
{
    /// <summary><c>Type/id</c>.</summary>
    public string Reference => opened.Reference;

    /// <summary>The FHIR resource type.</summary>
    public string Type => Reference[..Reference.IndexOf('/', StringComparison.Ordinal)];

    /// <summary>The id.</summary>
    public string Id => Reference[(Type.Length + 1)..];

    /// <summary>The opaque storage key.</summary>
    public string RecordKey => opened.RecordKey;

    /// <summary>From 1; <c>meta.versionId</c>.</summary>
    public int Version => opened.Version;

    /// <summary><c>meta.lastUpdated</c>.</summary>
    public DateTimeOffset Written => stored.Written;

    /// <summary>The version that says that the record was deleted.</summary>
    public bool IsDeleted => stored.IsDeleted;

    /// <summary>The newest version.</summary>
    public bool IsCurrent => stored.IsCurrent;

    /// <summary>The content as it was sealed, UTF-8 JSON.</summary>
    public ReadOnlyMemory<byte> Content => opened.Content();

    /// <summary>
    /// The resource as it leaves: the sealed content, with version, time and all labels (those that the rules derived, too)
    /// in <c>meta</c>, whatever stood there.
    /// </summary>
    public byte[] ToBody() => ResourceBody.Of(Content.Span, Reference, Version, Written, Facts.Labels);

    /// <summary>Keys of the patients' compartments it is in; empty when it is the organization's.</summary>
    public IReadOnlyList<string> PatientKeys =>
        [.. opened.Permits.Where(p => p.Basis != PermitBasis.Organization).Select(p => p.PatientKey)];

    /// <summary>The facts that were sealed with it.</summary>
    public ResourceFacts Facts => opened.Facts;

    /// <summary>The labels that stand in the content itself; <see cref="Facts"/> has those that the rules derived, too.</summary>
    public IReadOnlyList<Coding> StatedLabels
    {
        get
        {
            using var document = JsonDocument.Parse(Content);
            return ResourceDescription.Labels(document.RootElement);
        }
    }

    /// <summary>A FHIR instant in UTC, to the millisecond.</summary>
    public static string Instant(DateTimeOffset time) =>
        time.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    /// <inheritdoc/>
    public void Dispose() => opened.Dispose();
}
