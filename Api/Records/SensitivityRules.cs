using System.Text.Json;
using System.Text.Json.Serialization;
using MedLedger.Analytics.Documents;
using MedLedger.Consent.Access;

namespace MedLedger.Api.Records;

/// <summary>Something that the language model found in the text of a resource.</summary>
/// <param name="Text">Its words.</param>
/// <param name="Codes">Codes that the model suggests for it.</param>
/// <param name="Assertion">Whether the text says it of the patient, denies it, says it of a relative; null when nothing is known of that.</param>
internal sealed record TextFinding(string Text, IReadOnlyList<Coding> Codes, Assertion? Assertion);

/// <summary>
/// Which sensitivity a resource has, by what it is labelled with, coded with, and says in its text (HL7 v3 ActCode
/// information sensitivity policies; DS4P), and the confidentiality that follows. Data: <c>sensitivity-rules.json</c>. The
/// rules only add labels; what came in <c>meta.security</c>, and what the patient raised, stays.
/// </summary>
internal sealed class SensitivityRules
{
    /// <summary>The code system of the labels that the rules add.</summary>
    public const string ActCode = "http://terminology.hl7.org/CodeSystem/v3-ActCode";

    /// <summary>The code system of confidentiality.</summary>
    public const string Confidentiality = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality";

    private const string Restricted = "R";
    private static readonly string[] Lower = ["U", "L", "M", "N"];
    private readonly List<string> _classes;
    private readonly Dictionary<string, string> _classOfLabel;
    private readonly Dictionary<Coding, Named> _labelOfCode = [];
    private readonly List<(string System, string Prefix, Named Label)> _prefixes = [];
    private readonly List<(string Words, Named Label, HashSet<Assertion> Assertions)> _words = [];
    private readonly Dictionary<string, HashSet<Assertion>> _assertions;
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false) },
    };

    private SensitivityRules(Table table)
    {
        Version = table.Version.ToString(System.Globalization.CultureInfo.InvariantCulture);
        _classes = table.Classes;
        _classOfLabel = table.Labels;
        foreach (var rule in table.Codes)
        {
            var named = new Named(rule.Id, rule.Label);
            foreach (var code in rule.Codes ?? [])
                _labelOfCode[new Coding(rule.System, code)] = named;
            foreach (var prefix in rule.Prefixes ?? [])
                _prefixes.Add((rule.System, prefix, named));
        }
        _assertions = table.Assertions;
        foreach (var rule in table.Findings)
        {
            var named = new Named(rule.Id, rule.Label);
            _words.AddRange(rule.Words.Select(words => (words, named, rule.Assertions ?? _assertions[rule.Label])));
        }
    }

    /// <summary>The table built in.</summary>
    public static SensitivityRules BuiltIn { get; } = Load();

    /// <summary>Counts changes of the table.</summary>
    public string Version { get; }

    /// <summary>Names of the classes, in the order of rising protection; the first is for what no rule names.</summary>
    public IReadOnlyList<string> Classes => _classes;

    /// <summary>The facts with all labels and their grounds, without repetition.</summary>
    /// <param name="facts">The facts of the content: its labels are those that came with it.</param>
    /// <param name="found">What was found in its text.</param>
    /// <param name="raised">What the patient raised.</param>
    public ResourceFacts Label(ResourceFacts facts, IReadOnlyList<TextFinding> found, IReadOnlyList<LabelGround> raised)
    {
        var labels = new List<Coding>(facts.Labels);
        var grounds = facts.Labels.Select(label => new LabelGround(label.Code, LabelGround.Given)).ToList();
        foreach (var ground in raised)
            Add(SystemOf(ground.Code), ground);
        foreach (var named in facts.Codes.Select(LabelOf).OfType<Named>().Concat(found.SelectMany(LabelsOf)))
            Add(ActCode, new LabelGround(named.Label, named.Rule, Version));
        if (labels.Exists(IsSensitive) && !labels.Exists(IsConfidential))
            Add(Confidentiality, new LabelGround(Restricted, LabelGround.Derived, Version));
        return facts with { Labels = labels, Grounds = grounds };

        void Add(string system, LabelGround ground)
        {
            if (!labels.Exists(label => label.Code == ground.Code))
                labels.Add(new Coding(system, ground.Code));
            if (!grounds.Contains(ground))
                grounds.Add(ground);
        }
    }

    /// <summary>Whether a patient may put this label on a record: a sensitivity that the table has, or a high confidentiality.</summary>
    public bool MayRaise(Coding label) => _classOfLabel.ContainsKey(label.Code) && label.System == SystemOf(label.Code);

    /// <summary>The segment class of a resource: the most protected class that one of its labels names; what only follows from another label names none.</summary>
    public string ClassOf(ResourceFacts facts)
    {
        var derived = facts
            .Grounds.GroupBy(ground => ground.Code, StringComparer.Ordinal)
            .Where(group => group.All(ground => ground.Source == LabelGround.Derived))
            .Select(group => group.Key)
            .ToHashSet(StringComparer.Ordinal);
        return _classes[
            facts
                .Labels.Where(label => !derived.Contains(label.Code))
                .Select(label => _classOfLabel.TryGetValue(label.Code, out var name) ? IndexOf(name) : 0)
                .DefaultIfEmpty(0)
                .Max()
        ];
    }

    /// <summary>The labels that put a record into a class; none for the first.</summary>
    public IReadOnlyList<string> LabelsOfClass(string sensitivityClass) =>
        [
            .. _classOfLabel
                .Where(pair => string.Equals(pair.Value, sensitivityClass, StringComparison.Ordinal))
                .Select(pair => pair.Key),
        ];

    /// <summary>The code system of a label that the table has.</summary>
    public static string SystemOf(string code) => code is "R" or "V" ? Confidentiality : ActCode;

    private bool IsSensitive(Coding label) => label.System == ActCode && _classOfLabel.ContainsKey(label.Code);

    private static bool IsConfidential(Coding label) =>
        label.System == Confidentiality && !Lower.Contains(label.Code, StringComparer.Ordinal);

    private Named? LabelOf(Coding code)
    {
        if (_labelOfCode.TryGetValue(code, out var label))
            return label;
        foreach (var (system, prefix, named) in _prefixes)
        {
            if (
                string.Equals(code.System, system, StringComparison.Ordinal)
                && code.Code.StartsWith(prefix, StringComparison.Ordinal)
            )
                return named;
        }
        return null;
    }

    // What a text says counts as its rule, for a suggested code as its label, says of such assertions. Where a label says
    // nothing, or nobody knows whose a finding is, it counts.
    private IEnumerable<Named> LabelsOf(TextFinding finding)
    {
        bool Counts(HashSet<Assertion>? counted) =>
            finding.Assertion is not { } assertion || counted?.Contains(assertion) != false;
        foreach (var named in finding.Codes.Select(LabelOf).OfType<Named>())
        {
            if (Counts(_assertions.GetValueOrDefault(named.Label)))
                yield return named;
        }
        var text = finding.Text;
        // Whole words: "rape" is not in "therapeutic".
        foreach (var (words, named, counted) in _words)
        {
            if (!Counts(counted))
                continue;
            var at = text.IndexOf(words, StringComparison.OrdinalIgnoreCase);
            if (at < 0)
                continue;
            var end = at + words.Length;
            if ((at == 0 || !char.IsLetter(text[at - 1])) && (end == text.Length || !char.IsLetter(text[end])))
                yield return named;
        }
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
        return new SensitivityRules(JsonSerializer.Deserialize<Table>(data, Options)!);
    }

    private sealed record Named(string Rule, string Label);

    private sealed record Table(
        int Version,
        List<string> Classes,
        Dictionary<string, string> Labels,
        List<Rule> Codes,
        Dictionary<string, HashSet<Assertion>> Assertions,
        List<FindingRule> Findings
    );

    private sealed record Rule(string Id, string Label, string System, List<string>? Codes, List<string>? Prefixes);

    private sealed record FindingRule(string Id, string Label, List<string> Words, HashSet<Assertion>? Assertions);
}
