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
    private const int MostIssues = 50;
    private const string Itself = "$this";

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
        var resource = Read(json, out var issues);
        problem = resource is null ? issues[0].Describe() : null;
        return resource;
    }

    /// <summary>
    /// Whether this is one resource that is valid (<see cref="ResourceValidator"/>); if not, with the issues, one at least.
    /// </summary>
    public static bool IsValid(ReadOnlySpan<byte> json, out IReadOnlyList<ValidationIssue> issues)
    {
        issues = [];
        if (PlainResource.Is(json))
            return true;
        if (Read(json, out issues) is not { } resource)
            return false;
        issues = ResourceValidator.Validate(resource);
        return issues.Count == 0;
    }

    /// <summary>Parses one resource strictly; null with the issues, one at least.</summary>
    public static Resource? Read(ReadOnlySpan<byte> json, out IReadOnlyList<ValidationIssue> issues)
    {
        string problem;
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = MaxDepth });
        try
        {
            if (Strict.TryDeserializeResource(ref reader, out var resource, out var found) && resource is not null)
            {
                issues = [];
                return resource;
            }
            issues = [.. found.Take(MostIssues).Select(issue => ToIssue(issue, resource?.TypeName))];
            if (issues.Count > 0)
                return null;
            problem = "not valid FHIR R4";
        }
        catch (JsonException failure)
        {
            problem = $"invalid JSON near byte {failure.BytePositionInLine}";
        }
        catch (CodedException failure)
        {
            // Thrown, not told with the others, where contained resources are no list.
            issues = [ToIssue(failure, null)];
            return null;
        }
        catch (Exception failure) when (failure is InvalidOperationException or FormatException or ArgumentException)
        {
            // Thrown by the JSON reader for text that is no Unicode (a lone surrogate), among others.
            problem = "not readable as FHIR JSON";
        }
        issues = [new ValidationIssue(false, "structure", problem, "")];
        return null;
    }

    private static ValidationIssue ToIssue(CodedException issue, string? type)
    {
        var path = issue is ExtendedCodedException located ? located.InstancePath ?? "" : "";
        // What is missing in the resource itself stands under another name for it.
        if (path.StartsWith(Itself, StringComparison.Ordinal))
            path = type is null ? "" : type + path[Itself.Length..];
        return new(false, "structure", ParserFaults.Describe(issue.ErrorCode), path);
    }
}
