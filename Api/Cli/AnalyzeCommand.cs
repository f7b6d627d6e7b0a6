using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using MedLedger.Analytics;
using MedLedger.Analytics.Documents;
using MedLedger.Analytics.Records;
using MedLedger.Analytics.Reports;
using MedLedger.Analytics.Text;
using MedLedger.Api.Node;
using Spectre.Console;

namespace MedLedger.Api.Cli;

/// <summary><c>analyze FILE...|- [--head all|bc5cdr|casereport] [--batch] [--json]</c>: the language model on your own text.</summary>
internal static class AnalyzeCommand
{
    internal static Command Create()
    {
        var files = new Argument<string[]>("FILE")
        {
            Description = "Text files, or - for standard input.",
            Arity = ArgumentArity.OneOrMore,
        };
        var head = new Option<string>("--head")
        {
            Description = "Which findings: all (merged for a clinician), bc5cdr (Chemical, Disease), casereport.",
            DefaultValueFactory = _ => "all",
        };
        head.AcceptOnlyFromAmong("all", "bc5cdr", "casereport");
        var explain = new Option<bool>("--explain") { Description = "Name the words that carried each finding." };
        var summary = new Option<bool>("--summary")
        {
            Description = "All files together in short, in their own words (with --json: the member summary).",
        };
        var command = new Command("analyze", "Find problems, drugs, tests and more in clinical text, on this machine.")
        {
            files,
            head,
            TextBatch.Flag,
            explain,
            summary,
        };
        command.Handle(
            async (context, cancellation) =>
            {
                var which = HeadOf(context.Arguments.GetValue(head)!);
                var paths = context.Arguments.GetValue(files)!;
                var withWords = context.Arguments.GetValue(explain);
                var isBatch = context.Arguments.GetValue(TextBatch.Flag);
                if (isBatch && context.Arguments.GetValue(summary))
                    throw CommandFailure.Usage("--summary is for files, not for a --batch of lines.");
                using var pipeline = Load(ahead: true);
                if (isBatch)
                    await TextBatch.RunAsync(
                        context,
                        paths,
                        "Analyzing",
                        "findings",
                        (text, line) => Answer(pipeline, text, line, which, withWords, cancellation),
                        cancellation
                    );
                else
                    await FilesAsync(
                        context,
                        pipeline,
                        paths,
                        which,
                        withWords,
                        context.Arguments.GetValue(summary),
                        cancellation
                    );
                return ExitCode.Good;
            }
        );
        return command;
    }

    /// <summary>The model that ships with the program; a changed file is refused.</summary>
    internal static ClinicalPipeline Load(bool ahead = false)
    {
        NativeHeap.GrowAtOnce();
        try
        {
            return ClinicalPipeline.Load(ClinicalPipeline.DefaultFolder, ahead);
        }
        catch (InvalidDataException e)
        {
            throw CommandFailure.Refused(e.Message);
        }
    }

    private static FindingHead HeadOf(string name) =>
        name switch
        {
            "bc5cdr" => FindingHead.Bc5cdr,
            "casereport" => FindingHead.CaseReport,
            _ => FindingHead.All,
        };

    private static JsonObject Answer(
        ClinicalPipeline pipeline,
        string text,
        JsonElement line,
        FindingHead head,
        bool explain,
        CancellationToken cancellation
    )
    {
        if (!line.TryGetProperty("spans", out var spans))
        {
            var source = TextBatch.SourceOf(text, line);
            var document = pipeline.Analyze(source.Text, head, cancellation);
            var answer = new JsonObject { ["findings"] = FindingJson.Findings(pipeline, source, document, explain) };
            if (!document.English)
                answer["english"] = false;
            return answer;
        }
        if (line.TryGetProperty("contentType", out _))
            throw new InvalidDataException("A line with spans takes no contentType.");
        var given = new List<GivenSpan>();
        foreach (var span in spans.EnumerateArray())
        {
            var start = span.GetProperty("start");
            var end = span.GetProperty("end");
            if (
                !start.TryGetInt32(out var from)
                || !end.TryGetInt32(out var to)
                || from < 0
                || to < from
                || to > text.Length
            )
                throw new InvalidDataException("A span lies outside the text.");
            var type = span.TryGetProperty("type", out var t) ? t.GetString() : null;
            given.Add(new GivenSpan(new TextSpan(from, to), type ?? "Problem"));
        }
        var asserted = pipeline.Assert(text, given, cancellation);
        return new JsonObject { ["findings"] = FindingJson.Findings(SourceText.OfPlain(text), asserted) };
    }

    private static async Task FilesAsync(
        CommandContext context,
        ClinicalPipeline pipeline,
        string[] paths,
        FindingHead head,
        bool explain,
        bool summary,
        CancellationToken cancellation
    )
    {
        var answers = new JsonArray();
        var analyses = new List<RecordAnalysis>();
        var sources = new Dictionary<string, SourceText>(StringComparer.Ordinal);
        foreach (var path in paths)
        {
            var source = await TextInput.ReadAsync(path, cancellation);
            var document = pipeline.Analyze(source.Text, head, cancellation);
            if (!document.English)
                context.Terminal.Say($"{path} does not look like English; what was found is not to be relied on.");
            if (summary)
                analyses.Add(AnalysisOf(path, pipeline, document));
            sources[path] = source;
            if (!context.Settings.IsJson)
            {
                if (!summary)
                    FindingScreen.Draw(context.Terminal, pipeline, source, document, explain);
                continue;
            }
            var json = FindingJson.Document(pipeline, source, document, explain);
            if (paths.Length > 1)
                json.Insert(0, "file", path);
            answers.Add(json);
        }
        if (!context.Settings.IsJson)
        {
            if (summary)
                await context.Terminal.Output.WriteAsync(NoteSummary.Text(analyses));
            return;
        }
        var answer = paths.Length == 1 ? answers[0]!.AsObject() : new JsonObject { ["documents"] = answers };
        if (summary)
            answer["summary"] = FindingJson.Summary(analyses, sources);
        context.Terminal.WriteJson(answer);
    }

    private static RecordAnalysis AnalysisOf(string path, ClinicalPipeline pipeline, ClinicalDocument document)
    {
        var passage = new RecordPassage(path, PassageSource.Note, document.Text);
        return new RecordAnalysis(path, pipeline.ModelSha256, [new AnalyzedPassage(passage, document)], []);
    }
}
