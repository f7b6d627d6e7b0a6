using System.Security.Cryptography;
using System.Text.Json;
using MedLedger.Analytics;
using MedLedger.Analytics.Records;
using MedLedger.Consent.Access;

namespace MedLedger.Api.Records;

/// <summary>
/// What the language model finds in the attachments and notes of a resource that is written, and what the text says of it:
/// the rules say whether what is denied, or a relative's, counts. A resource without text costs a look at its bytes.
/// </summary>
internal static class TextFindings
{
    private const int LongestText = 200_000;
    private const double LeastScore = 0.8;

    // Members that hold text, as canonical JSON has them.
    private static readonly byte[][] Marks =
    [
        .. new[]
        {
            "note",
            "contentType",
            "conclusion",
            "description",
            "comment",
            "patientInstruction",
            "valueString",
            "summary",
        }.Select(name => System.Text.Encoding.UTF8.GetBytes($"\"{name}\":")),
    ];

    private static readonly Lazy<ClinicalPipeline> Shared = new(() =>
        ClinicalPipeline.Load(ClinicalPipeline.DefaultFolder)
    );

    /// <summary>The model of this process, loaded at the first text; it lasts as long as the process.</summary>
    public static ClinicalPipeline Model => Shared.Value;

    /// <summary>Names the model (its manifest covers every file of it) without loading it.</summary>
    public static string Version { get; } =
        Convert.ToHexStringLower(
            SHA256.HashData(File.ReadAllBytes(Path.Combine(ClinicalPipeline.DefaultFolder, "manifest.json")))
        )[..16];

    /// <summary>The findings of a resource.</summary>
    /// <param name="content">Canonical JSON.</param>
    /// <param name="resource">The same, parsed.</param>
    public static IReadOnlyList<TextFinding> Of(ReadOnlySpan<byte> content, JsonElement resource)
    {
        if (!MayHaveText(content))
            return [];
        var found = new List<TextFinding>();
        foreach (var passage in RecordTextReader.Read(resource).Passages)
        {
            if (passage.Source is PassageSource.Attachment or PassageSource.Note)
                found.AddRange(Read(passage.Text));
        }
        return found;
    }

    private static bool MayHaveText(ReadOnlySpan<byte> content)
    {
        foreach (var mark in Marks)
        {
            if (content.IndexOf(mark) >= 0)
                return true;
        }
        return false;
    }

    // A write is not held up by a text without end: what stands behind the limit is read as words alone.
    private static IEnumerable<TextFinding> Read(string text)
    {
        var read = text.Length > LongestText ? text[..LongestText] : text;
        foreach (var finding in Model.Analyze(read).Findings)
        {
            yield return new TextFinding(
                finding.Text,
                [.. finding.Codes.Where(c => c.Score >= LeastScore).Select(c => new Coding(c.System, c.Code))],
                finding.Assertion
            );
        }
        if (read.Length < text.Length)
            yield return new TextFinding(text[LongestText..], [], null);
    }
}
