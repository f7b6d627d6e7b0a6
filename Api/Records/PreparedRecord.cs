using System.Text.Json;
using MedLedger.Api.Fhir;
using MedLedger.Consent.Access;
using MedLedger.Consent.Commitments;
using MedLedger.Consent.Grants;

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
    /// <summary>What it can be found by.</summary>
    public IReadOnlyList<(string Parameter, string Value)> Terms { get; init; } = [];

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

    /// <summary>
    /// Parses one resource that a client sent: its id is the one given here, and version and time of its <c>meta</c> are
    /// the server's. Null with the reason in <paramref name="problem"/>.
    /// </summary>
    public static PreparedRecord? TryPrepareServed(
        ReadOnlyMemory<byte> json,
        IReadOnlyDictionary<string, string>? references,
        string id,
        out string? problem
    )
    {
        if (ResourceParser.TryParse(json.Span, out problem) is null)
            return null;
        using var given = JsonDocument.Parse(json);
        return Prepare(
            ResourceText.Canonical(given.RootElement, references, id, isServed: true),
            SensitivityRules.BuiltIn
        );
    }

    /// <summary>Type, labels and day as the leaf has them.</summary>
    public RecordMeta Meta
    {
        get
        {
            var facts = Description.Facts;
            return new RecordMeta(
                checked((byte)Vocabulary.TypeBit(facts.Type)!.Value),
                Vocabulary.RecordLabels(facts.Labels),
                Vocabulary.RecordDay(facts.Date)
            );
        }
    }

    /// <summary>
    /// The version that says that a record was deleted: type and id, under the facts of what it was, so that who could not
    /// see the record cannot see that it is gone.
    /// </summary>
    public static PreparedRecord Deletion(ResourceFacts facts)
    {
        var parts = facts.Reference.Split('/');
        var content = JsonSerializer.SerializeToUtf8Bytes(new { resourceType = parts[0], id = parts[1] });
        return new PreparedRecord(
            content,
            new ResourceDescription(facts, [], []),
            SensitivityRules.BuiltIn.ClassOf(facts.Labels)
        );
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
        )
        {
            Terms = SearchTerms.Of(stored.RootElement, description.Facts.Type),
        };
    }
}
