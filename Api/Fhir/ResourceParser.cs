using System.Text.Json;
using Hl7.Fhir.Introspection;
using Hl7.Fhir.Model;
using Hl7.Fhir.Serialization;
using Hl7.Fhir.Utility;
using Hl7.Fhir.Validation;

namespace MedLedger.Api.Fhir;

/// <summary>Strict FHIR R4 JSON parsing (Hl7.Fhir.R4): unknown elements, wrong codes, dates or cardinalities are refused.</summary>
internal static class ResourceParser
{
    private const int MaxDepth = 64;

    private static readonly BaseFhirJsonDeserializer Strict = new(
        ModelInfo.ModelInspector,
        new DeserializerSettings { NarrativeValidation = NarrativeValidationKind.FhirXhtml }.UsingMode(
            DeserializationMode.Strict,
            NarrativeValidationKind.FhirXhtml
        )
    );

    /// <summary>The R4 resource types that can stand alone.</summary>
    public static IReadOnlySet<string> ResourceTypes { get; } =
        ModelInfo.SupportedResources.ToHashSet(StringComparer.Ordinal);

    /// <summary>
    /// Parses one resource. On refusal <paramref name="problem"/> has the parser's error code and the path, never a value
    /// of the resource.
    /// </summary>
    public static Resource? TryParse(ReadOnlySpan<byte> json, out string? problem)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = MaxDepth });
        try
        {
            if (Strict.TryDeserializeResource(ref reader, out var resource, out var issues) && resource is not null)
            {
                problem = null;
                return resource;
            }
            problem = Describe(issues.FirstOrDefault());
        }
        catch (JsonException failure)
        {
            problem = $"invalid JSON near byte {failure.BytePositionInLine}";
        }
        catch (Exception failure) when (failure is InvalidOperationException or FormatException or ArgumentException)
        {
            // Thrown by the JSON reader for text that is no Unicode (a lone surrogate), among others.
            problem = "not readable as FHIR JSON";
        }
        return null;
    }

    private static string Describe(CodedException? issue)
    {
        var path = issue is ExtendedCodedException located ? located.InstancePath : null;
        var code = issue?.ErrorCode ?? "unknown";
        return string.IsNullOrEmpty(path) ? $"not valid FHIR R4 ({code})" : $"not valid FHIR R4 ({code}) at {path}";
    }
}
