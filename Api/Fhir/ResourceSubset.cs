using Hl7.Fhir.Model;
using Hl7.Fhir.Rest;
using Hl7.Fhir.Serialization;

namespace MedLedger.Api.Fhir;

/// <summary>
/// A part of a resource, by <c>_summary</c> or <c>_elements</c> (FHIR R4, search.html#summary): what the definitions mark
/// as summary or as mandatory. It is tagged SUBSETTED, so that nobody takes it for the whole.
/// </summary>
internal sealed class ResourceSubset
{
    private static readonly BaseFhirJsonSerializer Serializer = new(ModelInfo.ModelInspector);
    private readonly Func<SerializationFilter> _filter;

    private ResourceSubset(string name, SummaryType summary, Func<SerializationFilter> filter) =>
        (Name, Summary, _filter) = (name, summary, filter);

    /// <summary>The value of <c>_summary</c>; empty for <c>_elements</c>.</summary>
    public string Name { get; }

    /// <summary>Which of them.</summary>
    public SummaryType Summary { get; }

    /// <summary>true, text or data; null for what is none of these.</summary>
    public static ResourceSubset? OfSummary(string value) =>
        value switch
        {
            "true" => new ResourceSubset(value, SummaryType.True, SerializationFilter.ForSummary),
            "text" => new ResourceSubset(value, SummaryType.Text, SerializationFilter.ForText),
            "data" => new ResourceSubset(value, SummaryType.Data, SerializationFilter.ForData),
            _ => null,
        };

    /// <summary>These elements, and what a resource cannot be without.</summary>
    /// <param name="names">Separated by commas; a choice with or without its <c>[x]</c>.</param>
    public static ResourceSubset OfElements(string names)
    {
        string[] elements = [.. names.Split(',').Select(NameOf), "id", "meta"];
        return new ResourceSubset("", SummaryType.False, () => SerializationFilter.ForElements(elements, true));
    }

    private static string NameOf(string element) =>
        element.Trim() is var name && name.EndsWith("[x]", StringComparison.Ordinal) ? name[..^3] : name;

    /// <summary>The part of a resource; the whole, where it cannot be read as FHIR.</summary>
    public byte[] Of(byte[] body)
    {
        if (ResourceParser.TryParse(body, out _) is not { } resource)
            return body;
        resource.Meta ??= new Meta();
        resource.Meta.Tag.Add(new Coding("http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "SUBSETTED"));
        return Serializer.SerializeToBytes(resource, false, _filter);
    }
}
