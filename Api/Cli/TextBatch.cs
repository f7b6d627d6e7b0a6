using System.CommandLine;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using MedLedger.Analytics.Records;

namespace MedLedger.Api.Cli;

/// <summary>
/// NDJSON of <c>{"id","text"}</c> in, one line out for each line in, in order, whatever is wrong with a line. Lines run
/// in parallel, a bounded number at a time.
/// </summary>
internal static class TextBatch
{
    private const int Chunk = 64;

    /// <summary><c>--batch</c>: takes no value, and may stand before the command, too.</summary>
    public static Option<bool> Flag { get; } =
        new("--batch")
        {
            Description =
                "analyze, deidentify: the input is NDJSON of {\"id\",\"text\"}; one line out for each line in.",
            Arity = ArgumentArity.Zero,
        };

    private static readonly JsonSerializerOptions Compact = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>
    /// Runs <paramref name="answer"/> on each line of each path; what it returns is the line's members. A line that cannot
    /// be answered has an empty <paramref name="member"/> and an <c>error</c>.
    /// </summary>
    public static async Task RunAsync(
        CommandContext context,
        IReadOnlyList<string> paths,
        string title,
        string member,
        Func<string, JsonElement, JsonObject> answer,
        CancellationToken cancellation
    ) =>
        await context.Terminal.ProgressAsync(
            title,
            async progress =>
            {
                long done = 0;
                foreach (var path in paths)
                {
                    using var reader = new TextLines(TextInput.OpenBytes(path));
                    while (await ReadChunkAsync(reader, cancellation) is { Count: > 0 } lines)
                    {
                        var answers = new string[lines.Count];
                        Parallel.For(
                            0,
                            lines.Count,
                            new ParallelOptions { CancellationToken = cancellation },
                            i => answers[i] = AnswerOf(lines[i], member, answer)
                        );
                        foreach (var line in answers)
                            await context.Terminal.Output.WriteLineAsync(line.AsMemory(), cancellation);
                        done += lines.Count;
                        progress.Report(new Progressed(reader.Fraction, done, "documents"));
                    }
                }
                await context.Terminal.Output.FlushAsync(cancellation);
                return done;
            }
        );

    /// <summary>
    /// The words of a line's text: of HTML or RTF when its <c>contentType</c> says so, else the text as it stands.
    /// </summary>
    public static SourceText SourceOf(string text, JsonElement line)
    {
        if (!line.TryGetProperty("contentType", out var type))
            return SourceText.OfPlain(text);
        return SourceText.TryRead(text, type.GetString() ?? "")
            ?? throw new InvalidDataException("The line's contentType is none that is read.");
    }

    private static async Task<List<TextLine>> ReadChunkAsync(TextLines reader, CancellationToken cancellation)
    {
        var lines = new List<TextLine>(Chunk);
        while (lines.Count < Chunk && await reader.ReadAsync(cancellation) is { } line)
            lines.Add(line);
        return lines;
    }

    private static string AnswerOf(TextLine line, string member, Func<string, JsonElement, JsonObject> answer)
    {
        JsonNode? id = null;
        JsonObject members;
        try
        {
            using var document = JsonDocument.Parse(line.Text);
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object)
                throw new JsonException();
            if (root.TryGetProperty("id", out var given))
                id = JsonNode.Parse(given.GetRawText());
            members =
                !line.IsUtf8 ? Error("The line is not UTF-8 text.", member)
                : root.TryGetProperty("text", out var text) && text.ValueKind == JsonValueKind.String
                    ? answer(text.GetString()!, root)
                : Error("The line has no text.", member);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            members = Error(
                line.IsUtf8 ? "The line is not a JSON object of id and text." : "The line is not UTF-8 text.",
                member
            );
        }
        catch (InvalidDataException e)
        {
            members = Error(e.Message, member);
        }
        var result = new JsonObject { ["id"] = id };
        foreach (var (name, value) in members.ToList())
        {
            members.Remove(name);
            result.Add(name, value);
        }
        return result.ToJsonString(Compact);
    }

    private static JsonObject Error(string message, string member) =>
        new() { [member] = new JsonArray(), ["error"] = message };
}
