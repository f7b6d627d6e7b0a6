using System.Text;
using System.Text.RegularExpressions;
using MedLedger.Tests;

namespace MedLedger.Circuits.Tests;

/// <summary>The circuit's sources: their text, a copy without assertions, and which call an anonymous component is.</summary>
internal static partial class CircomSources
{
    private const int MaxCall = 70;

    private static readonly Dictionary<string, (string File, string Text)> TemplateFiles = ReadTemplates();

    /// <summary>
    /// The source with every <c>===</c> statement blanked out, byte for byte as long as before: circom puts the offset of
    /// a call into the name of its anonymous component, and the names must stay.
    /// </summary>
    public static string WithoutAssertions(string source)
    {
        var bare = BlockComment().Replace(source, Blank);
        bare = LineComment().Replace(bare, Blank);
        if (!bare.Contains("===", StringComparison.Ordinal))
            return bare;
        var result = new StringBuilder(bare.Length);
        var start = 0;
        for (var i = 0; i < bare.Length; i++)
        {
            if (bare[i] is not (';' or '{' or '}'))
                continue;
            var statement = bare[start..(i + 1)];
            var asserts = bare[i] == ';' && statement.Contains("===", StringComparison.Ordinal);
            result.Append(asserts ? Statement().Replace(statement, " ") : statement);
            start = i + 1;
        }
        return result.Append(bare.AsSpan(start)).ToString();
    }

    /// <summary>
    /// A signal's name with its anonymous components as the calls that made them:
    /// <c>main.InRange_56_3133.bits[0]</c> becomes <c>InRange(40)(asOf - terms.notBefore).bits[0]</c>.
    /// </summary>
    public static string Readable(string name)
    {
        var template = "AnalysisPolicy";
        var parts = new List<string>();
        foreach (var part in name.Split('.').Skip(1))
        {
            var match = AnonymousComponent().Match(part);
            if (!match.Success || !TemplateFiles.TryGetValue(template, out var source))
            {
                parts.Add(part);
                template = "";
                continue;
            }
            var offset = int.Parse(match.Groups["offset"].ValueSpan);
            var end = source.Text.IndexOf(';', offset);
            var call = end < 0 ? part : Whitespace().Replace(source.Text[offset..end], " ");
            if (call.Length > MaxCall)
                call = call[..(call.IndexOf(")(", StringComparison.Ordinal) + 2)] + "..)";
            parts.Add(call + match.Groups["index"].Value);
            template = match.Groups["template"].Value;
        }
        return string.Join('.', parts);
    }

    private static string Blank(Match match) => Statement().Replace(match.Value, " ");

    private static Dictionary<string, (string, string)> ReadTemplates()
    {
        var templates = new Dictionary<string, (string, string)>(StringComparer.Ordinal);
        foreach (var file in Directory.EnumerateFiles(RepositoryRoot.File("circuits", "src"), "*.circom"))
        {
            var text = File.ReadAllText(file);
            foreach (Match match in Template().Matches(text))
                templates[match.Groups["name"].Value] = (file, text);
        }
        return templates;
    }

    [GeneratedRegex(@"/\*.*?\*/", RegexOptions.Singleline, 1000)]
    private static partial Regex BlockComment();

    [GeneratedRegex(@"//[^\n]*", RegexOptions.None, 1000)]
    private static partial Regex LineComment();

    [GeneratedRegex(@"[^\n]", RegexOptions.None, 1000)]
    private static partial Regex Statement();

    [GeneratedRegex(@"\s+", RegexOptions.None, 1000)]
    private static partial Regex Whitespace();

    [GeneratedRegex(@"^template (?<name>\w+)\(", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Template();

    [GeneratedRegex(@"^(?<template>\w+?)_\d+_(?<offset>\d+)(?<index>(\[\d+\])*)$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex AnonymousComponent();
}
