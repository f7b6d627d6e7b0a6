using System.Reflection;
using Hl7.Fhir.Introspection;
using Hl7.Fhir.Model;
using Hl7.Fhir.Utility;

namespace MedLedger.Api.Fhir;

/// <summary>What the model of Hl7.Fhir.R4 says of the elements that search parameters reach.</summary>
internal static class ElementTypes
{
    /// <summary>The type of an element of a type; null when the model has none of that name, or several.</summary>
    public static Type? Of(Type owner, string element) =>
        ModelInfo.ModelInspector.FindOrImportClassMapping(owner)?.FindMappedElementByName(element)?.ImplementingType;

    /// <summary>Whether an element of a type has one name in JSON, which a choice has not.</summary>
    public static bool IsOneName(Type owner, string element) =>
        ModelInfo.ModelInspector.FindOrImportClassMapping(owner)?.FindMappedElementByName(element)
            is { Choice: not ChoiceType.DatatypeChoice };

    /// <summary>The types that a reference may have by its element; null when it may have any, or is no reference.</summary>
    public static IReadOnlyList<string>? TargetsOf(Type owner, string element)
    {
        var mapping = ModelInfo.ModelInspector.FindOrImportClassMapping(owner)?.FindMappedElementByName(element);
        var types = mapping?.NativeProperty?.GetCustomAttribute<ReferencesAttribute>()?.Resources ?? [];
        return types.Length == 0 || types.Contains("Resource", StringComparer.Ordinal) ? null : types;
    }

    /// <summary>A type by its FHIR name.</summary>
    public static Type? Named(string name) => ModelInfo.ModelInspector.FindClassMapping(name)?.NativeType;

    /// <summary>The one system of all codes of a required binding; null for other elements.</summary>
    public static string? SystemOf(Type? element)
    {
        if (element is not { IsGenericType: true } || element.GetGenericTypeDefinition() != typeof(Code<>))
            return null;
        var systems = Enum.GetValues(element.GetGenericArguments()[0])
            .Cast<Enum>()
            .Select(code => code.GetSystem())
            .Distinct(StringComparer.Ordinal)
            .ToList();
        return systems is [var one] ? one : null;
    }
}
