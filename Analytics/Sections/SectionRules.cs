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

    public static SectionRule Of(JsonElement json)
    {
        json.Only("name", "headings", "assertion");
        return new SectionRule
        {
            Name = json.Text("name"),
            Headings = json.Texts("headings"),
            Assertion = json.TryGetProperty("assertion", out _) ? ContextRule.CategoryOf(json.Text("assertion")) : null,
        };
    }
}

/// <summary>The section rules, loaded once. An unknown key in the file is refused.</summary>
internal sealed class SectionRules
{
    private SectionRules(string version, IReadOnlyList<SectionRule> rules)
    {
        Version = version;
        Headings = PhraseTable<SectionRule>.Of([
            .. rules.SelectMany(rule => rule.Headings.Select(heading => (Key(heading), rule))),
        ]);
    }

    public string Version { get; }

    /// <summary>The rules that ship with this assembly.</summary>
    public static SectionRules Default { get; } = Parse(EmbeddedRules.Read("sections.json"));

    /// <summary>Parses a rules file. Throws <see cref="InvalidDataException"/> when it is not of the known form.</summary>
    public static SectionRules Parse(byte[] utf8) =>
        StrictJson.Parse(
            utf8,
            "The section rules cannot be read.",
            json =>
            {
                json.Only("version", "sections");
                return new SectionRules(json.Text("version"), json.GetProperty("sections").Each(SectionRule.Of));
            }
        );

    /// <summary>The rules, by the words of their headings.</summary>
    public PhraseTable<SectionRule> Headings { get; }

    private static string Key(string heading) =>
        string.Join(' ', Tokenizer.Tokenize(heading).Select(t => t.Of(heading).ToString().ToLowerInvariant()));
}
