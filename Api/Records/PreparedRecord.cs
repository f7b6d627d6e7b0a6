using System.Text.Json;
using MedLedger.Api.Fhir;
using MedLedger.Consent.Access;

namespace MedLedger.Api.Records;

/// <summary>A resource that was parsed, described and labelled: all that can be done without the database.</summary>
/// <param name="Content">The text that will be stored.</param>
/// <param name="Description">Whom it is about, and the facts for the gate, labels of the rules included.</param>
/// <param name="SensitivityClass">The class of its segment.</param>
internal sealed record PreparedRecord(
    ReadOnlyMemory<byte> Content,
    ResourceDescription Description,
    string SensitivityClass
)
{
    /// <summary><c>Type/id</c>.</summary>
    public string Reference => Description.Facts.Reference;

    /// <summary>The FHIR resource type.</summary>
    public string Type => Description.Facts.Type;

    /// <summary>
    /// Parses one resource strictly. <paramref name="references"/> maps full URLs to <c>Type/id</c>; <paramref name="newId"/>
    /// is its id when it has none. Null with the reason in <paramref name="problem"/>.
    /// </summary>
    public static PreparedRecord? TryPrepare(
        ReadOnlyMemory<byte> json,
        IReadOnlyDictionary<string, string>? references,
        string? newId,
        SensitivityRules rules,
        out string? problem
    )
    {
        if (ResourceParser.TryParse(json.Span, out problem) is null)
            return null;
        using var given = JsonDocument.Parse(json);
        var isNamed = given.RootElement.TryGetProperty("id", out _);
        if (!isNamed && newId is null)
        {
            problem = "no id";
            return null;
        }
        var content = ResourceText.Canonical(given.RootElement, references, isNamed ? null : newId);
        return Prepare(content, rules);
    }

    /// <summary>Describes a resource of the program's own, which is valid and has an id.</summary>
    public static PreparedRecord Prepare(ReadOnlyMemory<byte> content, SensitivityRules rules)
    {
        using var stored = JsonDocument.Parse(content);
        var description = ResourceDescription.Of(stored.RootElement);
        var labels = rules.Label(description.Facts);
        return new PreparedRecord(
            content,
            description with
            {
                Facts = description.Facts with { Labels = labels },
            },
            rules.ClassOf(labels)
        );
    }
}
