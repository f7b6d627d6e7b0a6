using System.Text.Json;
using MedLedger.Analytics.Context;
using MedLedger.Analytics.Text;

namespace MedLedger.Analytics.Sections;

/// <summary>One kind of section in <c>rules/sections.json</c>.</summary>
internal sealed record SectionRule
{
    public required string Name { get; init; }

    /// <summary>How the heading may be written, case and colon ignored.</summary>
    public required IReadOnlyList<string> Headings { get; init; }

    /// <summary>What a finding in it is when its sentence has no cue.</summary>
    public ContextCategory? Assertion { get; init; }
}

/// <summary>The rules file.</summary>
internal sealed record SectionRuleFile
{
    public required string Version { get; init; }

    public required IReadOnlyList<SectionRule> Sections { get; init; }
}

/// <summary>The section rules, loaded once. An unknown key in the file is refused.</summary>
internal sealed class SectionRules
{
    private readonly PhraseTable<SectionRule> _headings = new(1024);

    private SectionRules(SectionRuleFile file)
    {
        Version = file.Version;
        foreach (var rule in file.Sections)
        {
            foreach (var heading in rule.Headings)
            {
                var words = Tokenizer.Tokenize(heading).Select(t => t.Of(heading).ToString().ToLowerInvariant());
                _headings.Add(string.Join(' ', words), rule);
            }
        }
    }

    public string Version { get; }

    /// <summary>The rules that ship with this assembly.</summary>
    public static SectionRules Default { get; } = Parse(EmbeddedRules.Read("sections.json"));

    /// <summary>Parses a rules file. Throws <see cref="InvalidDataException"/> when it is not of the known form.</summary>
    public static SectionRules Parse(byte[] utf8)
    {
        try
        {
            return new SectionRules(
                JsonSerializer.Deserialize(utf8, RulesContext.Default.SectionRuleFile)
                    ?? throw new InvalidDataException("The section rules are empty.")
            );
        }
        catch (JsonException e)
        {
            throw new InvalidDataException("The section rules cannot be read.", e);
        }
    }

    /// <summary>The rule of a heading of these words; <paramref name="goesOn"/> says whether longer headings begin so.</summary>
    public bool TryFind(ReadOnlySpan<char> phrase, out SectionRule? rule, out bool goesOn) =>
        _headings.TryFind(phrase, out rule, out goesOn);
}
