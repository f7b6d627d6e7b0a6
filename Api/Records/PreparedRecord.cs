using System.Runtime.InteropServices;
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
        if (!ResourceParser.IsValid(json.Span, out var issues))
        {
            problem = issues[0].Describe();
            return null;
        }
        problem = null;
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
    /// Prepares one resource that a client sent: its id is the one given here, and version and time of its <c>meta</c> are
    /// the server's. Null with the reasons in <paramref name="issues"/>.
    /// </summary>
    public static PreparedRecord? TryPrepareServed(
        JsonElement given,
        IReadOnlyDictionary<string, string>? references,
        string id,
        out IReadOnlyList<ValidationIssue> issues
    )
    {
        if (!ResourceParser.IsValid(JsonMarshal.GetRawUtf8Value(given), out issues))
            return null;
        return Prepare(ResourceText.Canonical(given, references, id, isServed: true), SensitivityRules.BuiltIn);
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
            SensitivityRules.BuiltIn.ClassOf(facts)
        );
    }

    /// <summary>The same with what the patient raised on an earlier version.</summary>
    public PreparedRecord With(IReadOnlyList<LabelGround> raised)
    {
        if (raised.Count == 0)
            return this;
        var rules = SensitivityRules.BuiltIn;
        using var stored = JsonDocument.Parse(Content);
        var own = ResourceDescription.Of(stored.RootElement).Facts;
        var facts = rules.Label(own, TextFindings.Of(Content.Span, stored.RootElement), raised);
        return this with { Description = Description with { Facts = facts }, SensitivityClass = rules.ClassOf(facts) };
    }

    /// <summary>Describes a resource of the program's own, which is valid and has an id.</summary>
    public static PreparedRecord Prepare(ReadOnlyMemory<byte> content, SensitivityRules rules)
    {
        using var stored = JsonDocument.Parse(content);
        var description = ResourceDescription.Of(stored.RootElement);
        var found = TextFindings.Of(content.Span, stored.RootElement);
        var facts = rules.Label(description.Facts, found, raised: []);
        return new PreparedRecord(content, description with { Facts = facts }, rules.ClassOf(facts))
        {
            Terms = SearchTerms.Of(stored.RootElement, description.Facts.Type),
        };
    }
}
