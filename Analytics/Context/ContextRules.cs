using System.Security.Cryptography;
using MedLedger.Analytics.Text;

namespace MedLedger.Analytics.Context;

/// <summary>The assertion rules, loaded once. An unknown key or category in the file is refused.</summary>
internal sealed class ContextRules
{
    private ContextRules(string version, string sha256, IReadOnlyList<ContextRule> rules)
    {
        Version = version;
        Sha256 = sha256;
        Rules = rules;
        var phrases = new Dictionary<string, List<ContextRule>>(rules.Count, StringComparer.Ordinal);
        foreach (var rule in rules)
        {
            var key = Key(rule.Cue);
            var scopeless = rule.Category is ContextCategory.Terminate or ContextCategory.Pseudo;
            if (
                key.Length == 0
                || scopeless != (rule.Direction == ContextDirection.None)
                || rule.Reach < 1
                || (rule.UpTo is not null && rule.Direction != ContextDirection.Forward)
                || ((rule.Clause || rule.Compared) && scopeless)
            )
                throw new InvalidDataException($"The context rule '{rule.Cue}' contradicts itself.");
            if (!phrases.TryGetValue(key, out var same))
                phrases.Add(key, same = []);
            same.Add(rule);
        }
        Cues = PhraseTable<ContextRule[]>.Of([.. phrases.Select(p => (p.Key, p.Value.ToArray()))]);
    }

    public string Version { get; }

    /// <summary>SHA-256 of the rules file, hexadecimal.</summary>
    public string Sha256 { get; }

    public IReadOnlyList<ContextRule> Rules { get; }

    /// <summary>The rules that ship with this assembly.</summary>
    public static ContextRules Default { get; } = Parse(EmbeddedRules.Read("context.json"));

    /// <summary>Parses a rules file. Throws <see cref="InvalidDataException"/> when it is not of the known form.</summary>
    public static ContextRules Parse(byte[] utf8) =>
        StrictJson.Parse(
            utf8,
            "The context rules cannot be read.",
            json =>
            {
                json.Only("version", "rules");
                return new ContextRules(
                    json.Text("version"),
                    Convert.ToHexStringLower(SHA256.HashData(utf8)),
                    [.. json.GetProperty("rules").EnumerateArray().SelectMany(ContextRule.AllOf)]
                );
            }
        );

    /// <summary>The cues, by their words.</summary>
    public PhraseTable<ContextRule[]> Cues { get; }

    private static string Key(string cue)
    {
        if (IsPlain(cue))
            return cue;
        var tokens = Tokenizer.Tokenize(cue);
        return string.Join(' ', tokens.Select(t => t.Of(cue).ToString().ToLowerInvariant()))
            .Replace("< year >", LowerCaseSentence.Year, StringComparison.Ordinal);
    }

    // Small letters with single spaces between, as most are: its own key.
    private static bool IsPlain(string cue)
    {
        var before = ' ';
        foreach (var c in cue)
        {
            if (!char.IsAsciiLetterLower(c) && (c != ' ' || before == ' '))
                return false;
            before = c;
        }
        return before != ' ';
    }
}
