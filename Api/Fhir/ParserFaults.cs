using System.Collections.Frozen;

namespace MedLedger.Api.Fhir;

/// <summary>
/// What the strict parser's error codes (Hl7.Fhir.R4) mean, in words that hold no value of the resource: its own messages
/// repeat what stands there.
/// </summary>
internal static class ParserFaults
{
    private static readonly FrozenDictionary<string, string> Words = new Dictionary<string, string>(
        StringComparer.Ordinal
    )
    {
        ["JSON102"] = "resourceType is no text",
        ["JSON103"] = "has no resourceType",
        ["JSON109"] = "is null where a value must be",
        ["JSON114"] = "lacks the type in its name, as value[x] needs it",
        ["JSON120"] = "is an object without members",
        ["JSON121"] = "is an array without elements",
        ["JSON125"] = "holds nulls alone",
        ["JSON129"] = "stands there twice",
        ["JSON130"] = "is an array in an array",
        ["JSON131"] = "is a simple value where an object must be",
        ["JSON132"] = "is an object where a simple value must be",
        ["JSON133"] = "has an underscore, which only simple values have",
        ["JSON134"] = "is no object",
        ["JSON135"] = "is given twice",
        ["PVAL101"] = "has a type that is not allowed there",
        ["PVAL102"] = "has too few values",
        ["PVAL103"] = "has too many values",
        ["PVAL104"] = "holds a null among its values",
        ["PVAL105"] = "is missing, and must be there",
        ["PVAL114"] = "is no well-formed XHTML",
        ["PVAL115"] = "is no valid narrative (XHTML of FHIR in a div)",
        ["PVAL116"] = "is no code of its value set",
        ["PVAL118"] = "is a contained resource in a contained resource",
        ["PVAL119"] = "is too long or too short",
        ["PVAL120"] = "is no base64",
        ["PVAL123"] = "has another JSON type than it must have",
        ["PVAL124"] = "is not written as its type wants it",
        ["PVAL125"] = "must be 1 or more",
        ["PVAL126"] = "must not be negative",
        ["PVAL127"] = "is one where several may be, or several where one may be",
        ["PVAL128"] = "is no element of this resource",
        ["PVAL129"] = "is empty",
        ["PVAL130"] = "is a resource type that R4 does not have",
        ["PVAL131"] = "has other capitals than the element of that name",
        ["PVAL132"] = "has other capitals than the resource type of that name",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>What is wrong with an element, with the code.</summary>
    public static string Describe(string code) => $"{Words.GetValueOrDefault(code) ?? "is not valid FHIR R4"} ({code})";
}
