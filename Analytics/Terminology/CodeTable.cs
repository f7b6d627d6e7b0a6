using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.InteropServices;
using MedLedger.Analytics.Documents;

namespace MedLedger.Analytics.Terminology;

/// <summary>What a name may stand for: it decides which concepts are looked at.</summary>
internal enum CodeKind
{
    Chemical,
    Disease,
}

/// <summary>
/// Suggests codes of MeSH, Disease Ontology and ICD-10-CM for a name: first by equal keys, the most said first, else by
/// likeness of letters. Built on first use; answers are kept for names seen before.
/// </summary>
internal sealed class CodeTable
{
    private const string Mesh = "https://www.nlm.nih.gov/mesh";
    private const string DiseaseOntology = "http://purl.obolibrary.org/obo/doid.owl";
    private const string Icd10Cm = "http://hl7.org/fhir/sid/icd-10-cm";
    private const int MostRemembered = 50_000;
    private const double LeastAlike = 0.45;

    private readonly List<Concept> _concepts = new(50_000);
    private readonly Dictionary<CodeKind, Names> _names;
    private readonly ConcurrentDictionary<(CodeKind, string), IReadOnlyList<CodeSuggestion>> _remembered = new();

    private sealed record Concept(string System, string Code, string Display);

    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Meaning(int Concept, int Weight);

    private sealed class Names
    {
        public Dictionary<string, List<Meaning>> ByKey { get; } = new(60_000, StringComparer.Ordinal);

        /// <summary>By the wider key; built when a name is not found otherwise.</summary>
        public Lazy<Dictionary<string, List<Meaning>>> ByLooseKey { get; }

        public List<string> All { get; } = new(60_000);

        public List<int> ConceptOf { get; } = new(60_000);

        public Lazy<NameIndex> Index { get; }

        public List<int> WeightOf { get; } = new(60_000);

        public Names()
        {
            Index = new Lazy<NameIndex>(() => new NameIndex(All));
            ByLooseKey = new Lazy<Dictionary<string, List<Meaning>>>(() =>
            {
                var keys = new Dictionary<string, List<Meaning>>(All.Count, StringComparer.Ordinal);
                for (var i = 0; i < All.Count; i++)
                    Put(keys, NameKey.Loose(All[i]), ConceptOf[i], WeightOf[i]);
                return keys;
            });
        }
    }

    public CodeTable(IEnumerable<string> lines)
    {
        _names = new() { [CodeKind.Chemical] = new Names(), [CodeKind.Disease] = new Names() };
        foreach (var line in lines)
            Add(line.Split('\t'));
    }

    /// <summary>At most one suggestion a system, MeSH first, then by score.</summary>
    public IReadOnlyList<CodeSuggestion> Suggest(CodeKind kind, string name)
    {
        if (_remembered.TryGetValue((kind, name), out var known))
            return known;
        var found = Look(_names[kind], name);
        if (_remembered.Count < MostRemembered)
            _remembered.TryAdd((kind, name), found);
        return found;
    }

    private List<CodeSuggestion> Look(Names names, string name)
    {
        var best = new Dictionary<string, (Concept Concept, double Score)>(StringComparer.Ordinal);
        Take(best, names.ByKey.GetValueOrDefault(NameKey.Of(name)), 1);
        var systems = names == _names[CodeKind.Chemical] ? 1 : 3;
        if (best.Count < systems && name.Length is > 2 and < 120)
        {
            if (systems > 1)
                Take(best, names.ByLooseKey.Value.GetValueOrDefault(NameKey.Loose(name)), 0.8);
            if (best.Count < systems)
            {
                foreach (var (number, score) in names.Index.Value.Nearest(name, 200, LeastAlike))
                {
                    var concept = _concepts[names.ConceptOf[number]];
                    best.TryAdd(concept.System, (concept, Math.Round(Math.Min(score, 0.99), 3)));
                }
            }
        }
        return
        [
            .. best
                .Values.OrderByDescending(b => b.Concept.System == Mesh)
                .ThenByDescending(b => b.Score)
                .Select(b => new CodeSuggestion(b.Concept.System, b.Concept.Code, b.Concept.Display, b.Score)),
        ];
    }

    private void Take(Dictionary<string, (Concept Concept, double Score)> best, List<Meaning>? meanings, double score)
    {
        if (meanings is null)
            return;
        foreach (var meaning in meanings.OrderByDescending(m => m.Weight))
            best.TryAdd(_concepts[meaning.Concept].System, (_concepts[meaning.Concept], score));
    }

    private void Add(string[] fields)
    {
        if (fields.Length < 4 || fields[0].Length != 1 || fields[1] is not ("c" or "d"))
            throw new InvalidDataException("The model's code table has a line of another form.");
        var names = _names[fields[1] == "c" ? CodeKind.Chemical : CodeKind.Disease];
        var (system, code) = fields[0] switch
        {
            "M" => (Mesh, fields[2]),
            "D" => (DiseaseOntology, "DOID:" + fields[2]),
            "I" => (Icd10Cm, fields[2]),
            _ => throw new InvalidDataException("The model's code table names an unknown system."),
        };
        var concept = _concepts.Count;
        _concepts.Add(new Concept(system, code, fields[3]));
        AddName(names, fields[3], concept, 2);
        for (var i = 4; i < fields.Length; i++)
        {
            var name = fields[i];
            var mark = name.LastIndexOf('^');
            if (mark < 0)
                AddName(names, name, concept, 1);
            else
                AddName(
                    names,
                    name[..mark],
                    concept,
                    3 * int.Parse(name.AsSpan(mark + 1), CultureInfo.InvariantCulture)
                );
        }
    }

    private static void AddName(Names names, string name, int concept, int weight)
    {
        names.All.Add(name);
        names.ConceptOf.Add(concept);
        names.WeightOf.Add(weight);
        Put(names.ByKey, NameKey.Of(name), concept, weight);
    }

    private static void Put(Dictionary<string, List<Meaning>> keys, string key, int concept, int weight)
    {
        if (key.Length == 0)
            return;
        ref var meanings = ref CollectionsMarshal.GetValueRefOrAddDefault(keys, key, out _);
        meanings ??= new List<Meaning>(1);
        var at = meanings.FindIndex(m => m.Concept == concept);
        if (at < 0)
            meanings.Add(new Meaning(concept, weight));
        else
            meanings[at] = new Meaning(concept, meanings[at].Weight + weight);
    }
}
