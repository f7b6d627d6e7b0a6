using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.InteropServices;
using MedLedger.Analytics.Documents;

namespace MedLedger.Analytics.Terminology;

/// <summary>What a name may be the name of.</summary>
internal enum CodeKind
{
    Chemical,
    Disease,
}

/// <summary>
/// Suggests codes of MeSH, the Disease Ontology and ICD-10-CM for a name: equal keys first, weighted by how often training
/// mentions meant the concept, then a wider key, then names that nearly are it by their letters, then the name without what
/// stands before its head, then whatever resembles it. The table is read in place:
/// nothing is copied out of it before it is asked for. Safe for many threads; answers are kept for names seen before.
/// </summary>
internal sealed class CodeTable
{
    private const string Mesh = "https://www.nlm.nih.gov/mesh";
    private const string DiseaseOntology = "http://purl.obolibrary.org/obo/doid.owl";
    private const string Icd10Cm = "http://hl7.org/fhir/sid/icd-10-cm";
    private const int MostRemembered = 50_000;
    private const double LeastAlike = 0.45;

    // Nearer than this, a difference is one of spelling rather than of meaning. Chosen by cross-validation on training.
    private const double NearlyEqual = 0.75;

    private readonly char[] _lines;
    private readonly Concept[] _concepts;
    private int _count;
    private readonly CodeNames _chemicals;
    private readonly CodeNames _diseases;
    private readonly ConcurrentDictionary<(CodeKind, string), IReadOnlyList<CodeSuggestion>> _remembered = new();

    [StructLayout(LayoutKind.Sequential)]
    private struct Concept
    {
        public char System;
        public int Code;
        public int CodeLength;
        public int Display;
        public int DisplayLength;
    }

    /// <summary>
    /// Reads lines of system, kind, code, display and further names, with tabs between. Throws
    /// <see cref="InvalidDataException"/> when one is of another form.
    /// </summary>
    public CodeTable(char[] lines)
    {
        _lines = lines;
        var count = lines.AsSpan().Count('\n');
        var names = lines.AsSpan().Count('\t') - (2 * count) + 2;
        _concepts = new Concept[count + 1];
        _chemicals = new CodeNames(lines, names);
        _diseases = new CodeNames(lines, names);
        for (var start = 0; start < lines.Length; )
        {
            var length = lines.AsSpan(start).IndexOf('\n');
            length = length < 0 ? lines.Length - start : length;
            Add(start, length);
            start += length + 1;
        }
    }

    /// <summary>Makes the indexes that names of diseases and chemicals ask for, rather than when the first name does.</summary>
    public void ReadAhead()
    {
        _diseases.ReadAhead();
        _chemicals.OfKey("a");
    }

    /// <summary>At most one suggestion a system, MeSH first, then by score.</summary>
    public IReadOnlyList<CodeSuggestion> Suggest(CodeKind kind, string name)
    {
        if (_remembered.TryGetValue((kind, name), out var known))
            return known;
        var found = Look(kind, name);
        if (_remembered.Count < MostRemembered)
            _remembered.TryAdd((kind, name), found);
        return found;
    }

    private List<CodeSuggestion> Look(CodeKind kind, string name)
    {
        var best = new Dictionary<char, (int Concept, double Score)>();
        var names = kind == CodeKind.Chemical ? _chemicals : _diseases;
        Take(best, names.OfKey(name), 1);
        var systems = kind == CodeKind.Chemical ? 1 : 3;
        if (best.Count < systems && name.Length is > 2 and < 120)
        {
            if (systems > 1)
                Take(best, names.OfLooseKey(name), 0.8);
            if (best.Count < systems)
                TakeAlike(best, names, name, heads: systems > 1);
        }
        return
        [
            .. best.OrderByDescending(b => b.Key == 'M')
                .ThenByDescending(b => b.Value.Score)
                .Select(b => SuggestionOf(_concepts[b.Value.Concept], b.Value.Score)),
        ];
    }

    private void TakeAlike(Dictionary<char, (int Concept, double Score)> best, CodeNames names, string name, bool heads)
    {
        var alike = names.Alike(name, 200, LeastAlike).ToList();
        Take(best, alike.TakeWhile(a => a.Score >= NearlyEqual));
        foreach (var head in heads ? HeadNames.Of(name) : [])
        {
            Take(best, names.OfKey(head), 0.7);
            Take(best, names.OfLooseKey(head), 0.6);
        }
        Take(best, alike);
    }

    private void Take(
        Dictionary<char, (int Concept, double Score)> best,
        IEnumerable<(int Concept, double Score)> concepts
    )
    {
        foreach (var (concept, score) in concepts)
            best.TryAdd(_concepts[concept].System, (concept, Math.Round(Math.Min(score, 0.99), 3)));
    }

    private void Take(Dictionary<char, (int Concept, double Score)> best, List<int> concepts, double score)
    {
        foreach (var concept in concepts)
            best.TryAdd(_concepts[concept].System, (concept, score));
    }

    private CodeSuggestion SuggestionOf(Concept concept, double score)
    {
        var code = new string(_lines, concept.Code, concept.CodeLength);
        var display = new string(_lines, concept.Display, concept.DisplayLength);
        return concept.System switch
        {
            'M' => new CodeSuggestion(Mesh, code, display, score),
            'D' => new CodeSuggestion(DiseaseOntology, "DOID:" + code, display, score),
            _ => new CodeSuggestion(Icd10Cm, code, display, score),
        };
    }

    private void Add(int start, int length)
    {
        var line = _lines.AsSpan(start, length);
        var code = 4 + line[Math.Min(4, length)..].IndexOf('\t');
        if (code < 5 || line[1] != '\t' || line[3] != '\t' || line[0] is not ('M' or 'D' or 'I'))
            throw new InvalidDataException("The model's code table has a line of another form.");
        var names = line[2] switch
        {
            'c' => _chemicals,
            'd' => _diseases,
            _ => throw new InvalidDataException("The model's code table names an unknown kind."),
        };
        var concept = _count++;
        var isDisplay = true;
        for (var at = code + 1; at <= length; )
        {
            var size = line[at..].IndexOf('\t');
            var field = size < 0 ? line[at..] : line.Slice(at, size);
            if (isDisplay)
            {
                isDisplay = false;
                _concepts[concept] = new Concept
                {
                    System = line[0],
                    Code = start + 4,
                    CodeLength = code - 4,
                    Display = start + at,
                    DisplayLength = field.Length,
                };
                names.Add(start + at, field.Length, concept, 2);
            }
            else if (field.LastIndexOf('^') is var mark and >= 0)
            {
                var times = int.Parse(field[(mark + 1)..], CultureInfo.InvariantCulture);
                names.Add(start + at, mark, concept, 3 * times);
            }
            else
            {
                names.Add(start + at, field.Length, concept, 1);
            }
            at += field.Length + 1;
        }
    }
}
