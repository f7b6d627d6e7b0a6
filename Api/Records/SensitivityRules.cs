using System.Text.Json;
using MedLedger.Consent.Access;

namespace MedLedger.Api.Records;

/// <summary>
/// Which sensitivity a resource has, by what it is labelled with and coded with (HL7 v3 ActCode information sensitivity
/// policies; DS4P). Data: <c>sensitivity-rules.json</c>. The rules only add labels; what came in <c>meta.security</c> stays.
/// </summary>
internal sealed class SensitivityRules
{
    /// <summary>The code system of the labels that the rules add.</summary>
    public const string ActCode = "http://terminology.hl7.org/CodeSystem/v3-ActCode";

    private readonly List<string> _classes;
    private readonly Dictionary<string, string> _classOfLabel;
    private readonly Dictionary<Coding, string> _labelOfCode = [];
    private readonly List<(string System, string Prefix, string Label)> _prefixes = [];

    private SensitivityRules(Table table)
    {
        _classes = table.Classes;
        _classOfLabel = table.Labels;
        foreach (var rule in table.Codes)
        {
            foreach (var code in rule.Codes ?? [])
                _labelOfCode[new Coding(rule.System, code)] = rule.Label;
            foreach (var prefix in rule.Prefixes ?? [])
                _prefixes.Add((rule.System, prefix, rule.Label));
        }
    }

    /// <summary>The table built in.</summary>
    public static SensitivityRules BuiltIn { get; } = Load();

    /// <summary>Names of the classes, in the order of rising protection; the first is for what no rule names.</summary>
    public IReadOnlyList<string> Classes => _classes;

    /// <summary>The labels of a resource: its own and those that its codes add, without repetition.</summary>
    public IReadOnlyList<Coding> Label(ResourceFacts facts)
    {
        var labels = new List<Coding>(facts.Labels);
        foreach (var code in facts.Codes)
        {
            if (LabelOf(code) is { } label && !labels.Exists(l => l.Code == label))
                labels.Add(new Coding(ActCode, label));
        }
        return labels;
    }

    /// <summary>The segment class of a set of labels: the most protected class that one of them names.</summary>
    public string ClassOf(IEnumerable<Coding> labels) =>
        _classes[
            labels
                .Select(label => _classOfLabel.TryGetValue(label.Code, out var name) ? IndexOf(name) : 0)
                .DefaultIfEmpty(0)
                .Max()
        ];

    /// <summary>The labels that put a record into a class; none for the first.</summary>
    public IReadOnlyList<string> LabelsOf(string sensitivityClass) =>
        [
            .. _classOfLabel
                .Where(pair => string.Equals(pair.Value, sensitivityClass, StringComparison.Ordinal))
                .Select(pair => pair.Key),
        ];

    private string? LabelOf(Coding code)
    {
        if (_labelOfCode.TryGetValue(code, out var label))
            return label;
        foreach (var (system, prefix, name) in _prefixes)
        {
            if (
                string.Equals(code.System, system, StringComparison.Ordinal)
                && code.Code.StartsWith(prefix, StringComparison.Ordinal)
            )
                return name;
        }
        return null;
    }

    private int IndexOf(string name)
    {
        for (var i = 0; i < _classes.Count; i++)
        {
            if (string.Equals(_classes[i], name, StringComparison.Ordinal))
                return i;
        }
        throw new InvalidDataException($"The sensitivity class {name} is not in the list of classes.");
    }

    private static SensitivityRules Load()
    {
        using var data = typeof(SensitivityRules).Assembly.GetManifestResourceStream("sensitivity-rules.json")!;
        return new SensitivityRules(JsonSerializer.Deserialize<Table>(data, JsonSerializerOptions.Web)!);
    }

    private sealed record Table(List<string> Classes, Dictionary<string, string> Labels, List<Rule> Codes);

    private sealed record Rule(string Label, string System, List<string>? Codes, List<string>? Prefixes);
}
