using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace MedLedger.Benchmarks.Nlp;

/// <summary>A gold span: half-open UTF-16 offsets, a type, and a code where the corpus gives one.</summary>
internal sealed record Gold(int Start, int End, string Type, string Code = "");

/// <summary>A document with its gold spans.</summary>
internal sealed record GoldDocument(string Id, string Text, IReadOnlyList<Gold> Spans);

/// <summary>Reads the corpora and keeps what training never saw: the split of training/corpora.py.</summary>
internal static partial class Corpora
{
    private static readonly Dictionary<string, string> CaseTypes = new(StringComparer.Ordinal)
    {
        ["Sign_symptom"] = "Problem",
        ["Disease_disorder"] = "Problem",
        ["Diagnostic_procedure"] = "Test",
        ["Therapeutic_procedure"] = "Treatment",
        ["Medication"] = "Drug",
        ["Dosage"] = "Dosage",
        ["Lab_value"] = "LabValue",
        ["Biological_structure"] = "Anatomy",
    };

    public static bool HeldBack(string id) => SHA256.HashData(Encoding.UTF8.GetBytes(id))[0] < 26;

    public static IEnumerable<GoldDocument> Bc5cdr(string folder)
    {
        foreach (var part in new[] { "Training", "Development" })
        {
            var texts = new Dictionary<string, string>(StringComparer.Ordinal);
            var spans = new Dictionary<string, List<Gold>>(StringComparer.Ordinal);
            foreach (var line in File.ReadLines(Path.Combine(folder, "bc5cdr-pubtator", part + ".txt")))
            {
                if (TitleOrAbstract().Match(line) is { Success: true } m)
                {
                    var id = m.Groups["id"].Value;
                    texts[id] = texts.TryGetValue(id, out var title)
                        ? title + " " + m.Groups["text"].Value
                        : m.Groups["text"].Value;
                    continue;
                }
                var p = line.Split('\t');
                if (p.Length < 6 || p[4] is not ("Chemical" or "Disease"))
                    continue;
                if (!spans.TryGetValue(p[0], out var list))
                    spans[p[0]] = list = [];
                list.Add(new Gold(Number(p[1]), Number(p[2]), p[4], p[5]));
            }
            foreach (var (id, text) in texts)
                yield return new GoldDocument("cdr-" + id, text, Flat(spans.GetValueOrDefault(id) ?? []));
        }
    }

    public static IEnumerable<GoldDocument> Maccrobat(string folder)
    {
        foreach (
            var path in Directory.GetFiles(Path.Combine(folder, "maccrobat"), "*.txt").Order(StringComparer.Ordinal)
        )
        {
            var spans = new List<Gold>();
            foreach (var line in File.ReadLines(Path.ChangeExtension(path, ".ann")))
            {
                var q = line.Split('\t');
                if (line[0] != 'T' || q[1].Contains(';'))
                    continue;
                var p = q[1].Split(' ');
                if (CaseTypes.TryGetValue(p[0], out var type))
                    spans.Add(new Gold(Number(p[1]), Number(p[2]), type));
            }
            yield return new GoldDocument(
                "mac-" + Path.GetFileNameWithoutExtension(path),
                File.ReadAllText(path),
                Flat(spans)
            );
        }
    }

    /// <summary>IOB tokens joined by spaces, sentences by line ends; forty sentences count as a document.</summary>
    public static IEnumerable<GoldDocument> Ncbi(string folder)
    {
        foreach (var part in new[] { "train", "devel" })
        {
            var text = new StringBuilder();
            var spans = new List<Gold>();
            var sentence = 0;
            var open = -1;
            var empty = true;
            foreach (
                var line in File.ReadLines(Path.Combine(folder, "ncbi-disease", part + ".tsv")).Append("").Append("")
            )
            {
                var p = line.Split('\t');
                if (open >= 0 && (p.Length < 2 || p[^1][0] != 'I'))
                {
                    spans.Add(new Gold(open, text.Length - 1, "Disease"));
                    open = -1;
                }
                if (p.Length >= 2)
                {
                    if (p[^1][0] == 'B')
                        open = text.Length;
                    text.Append(p[0]).Append(' ');
                    empty = false;
                    continue;
                }
                if (empty)
                    continue;
                text.Append('\n');
                empty = true;
                if (++sentence % 40 != 0)
                    continue;
                yield return new GoldDocument(NcbiId(part, sentence), text.ToString(), spans);
                (text, spans) = (new StringBuilder(), []);
            }
            if (text.Length > 0)
                yield return new GoldDocument(NcbiId(part, sentence + 39), text.ToString(), spans);
        }
    }

    public static IEnumerable<GoldDocument> NegEx(string folder)
    {
        foreach (var line in File.ReadLines(Path.Combine(folder, "negex", "annotations.tsv"), Encoding.Latin1).Skip(1))
        {
            var p = line.Split('\t');
            var text = p[2].Trim('"');
            var at = text.IndexOf(p[1].ToUpperInvariant(), StringComparison.Ordinal);
            if (at < 0)
                at = text.IndexOf(p[1], StringComparison.OrdinalIgnoreCase);
            if (at < 0)
                continue;
            var type = p[3].Trim() == "Negated" ? "Negated" : "Affirmed";
            yield return new GoldDocument("negex-" + p[0], text, [new Gold(at, at + p[1].Length, type)]);
        }
    }

    public static IEnumerable<GoldDocument> Presidio(string folder)
    {
        var path = Path.Combine(folder, "presidio-research", "synth_dataset_v2_first900.json");
        using var json = JsonDocument.Parse(File.ReadAllBytes(path));
        var number = 0;
        foreach (var row in json.RootElement.EnumerateArray())
        {
            var text = row.GetProperty("full_text").GetString()!;
            var spans = row.GetProperty("spans")
                .EnumerateArray()
                .Select(s => new Gold(
                    Units(text, s.GetProperty("start_position").GetInt32()),
                    Units(text, s.GetProperty("end_position").GetInt32()),
                    s.GetProperty("entity_type").GetString()!
                ));
            yield return new GoldDocument($"presidio-{number++}", text, [.. spans]);
        }
    }

    // Python counts code points.
    private static int Units(string text, int codePoints)
    {
        var at = 0;
        for (var i = 0; i < codePoints && at < text.Length; i++)
            at += char.IsSurrogatePair(text, at) ? 2 : 1;
        return at;
    }

    private static string NcbiId(string part, int sentence) => $"ncbi-{part}-{(sentence / 40) - 1}";

    private static int Number(string digits) => int.Parse(digits, CultureInfo.InvariantCulture);

    private static List<Gold> Flat(List<Gold> spans)
    {
        var kept = new List<Gold>();
        foreach (var span in spans.OrderBy(s => s.Start).ThenByDescending(s => s.End))
        {
            if (kept.Count == 0 || span.Start >= kept[^1].End)
                kept.Add(span);
        }
        return kept;
    }

    [GeneratedRegex(
        @"^(?<id>\d+)\|[ta]\|(?<text>.*)$",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant,
        1000
    )]
    private static partial Regex TitleOrAbstract();
}
