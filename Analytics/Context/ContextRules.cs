using System.Security.Cryptography;
using System.Text.Json;
using MedLedger.Analytics.Text;

namespace MedLedger.Analytics.Context;

/// <summary>The assertion rules, loaded once. An unknown key or category in the file is refused.</summary>
internal sealed class ContextRules
{
    private readonly PhraseTable<ContextRule[]> _cues = new(2048);

    private ContextRules(string version, string sha256, IReadOnlyList<ContextRule> rules)
    {
        Version = version;
        Sha256 = sha256;
        Rules = rules;
        foreach (var group in rules.GroupBy(r => Key(r.Cue), StringComparer.Ordinal))
            _cues.Add(group.Key, [.. group]);
    }

    public string Version { get; }

    /// <summary>SHA-256 of the rules file, hexadecimal.</summary>
    public string Sha256 { get; }

    public IReadOnlyList<ContextRule> Rules { get; }

    /// <summary>The rules that ship with this assembly.</summary>
    public static ContextRules Default { get; } = Parse(EmbeddedRules.Read("context.json"));

    /// <summary>Parses a rules file. Throws <see cref="InvalidDataException"/> when it is not of the known form.</summary>
    public static ContextRules Parse(byte[] utf8)
    {
        ContextRuleFile file;
        try
        {
            file =
                JsonSerializer.Deserialize(utf8, RulesContext.Default.ContextRuleFile)
                ?? throw new InvalidDataException("The context rules are empty.");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException("The context rules cannot be read.", e);
        }
        foreach (var rule in file.Rules)
        {
            var scopeless = rule.Category is ContextCategory.Terminate or ContextCategory.Pseudo;
            if (Key(rule.Cue).Length == 0 || scopeless != (rule.Direction == ContextDirection.None) || rule.Reach < 1)
                throw new InvalidDataException($"The context rule '{rule.Cue}' contradicts itself.");
        }
        return new ContextRules(file.Version, Convert.ToHexStringLower(SHA256.HashData(utf8)), file.Rules);
    }

    /// <summary>The rules of exactly these words; <paramref name="goesOn"/> says whether longer cues begin so.</summary>
    public bool TryFind(ReadOnlySpan<char> phrase, out ContextRule[]? rules, out bool goesOn) =>
        _cues.TryFind(phrase, out rules, out goesOn);

    private static string Key(string cue)
    {
        var tokens = Tokenizer.Tokenize(cue);
        return string.Join(' ', tokens.Select(t => t.Of(cue).ToString().ToLowerInvariant()));
    }
}
