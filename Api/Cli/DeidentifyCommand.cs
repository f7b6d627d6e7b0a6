using System.CommandLine;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using MedLedger.Analytics;
using MedLedger.Analytics.Deidentification;

namespace MedLedger.Api.Cli;

/// <summary><c>deidentify FILE...|- [--mode mask|surrogate|dates] [--days N] [--batch] [--json]</c>: personal data out of text.</summary>
internal static class DeidentifyCommand
{
    internal static Command Create()
    {
        var files = new Argument<string[]>("FILE")
        {
            Description = "Text files, or - for standard input.",
            Arity = ArgumentArity.OneOrMore,
        };
        var mode = new Option<string>("--mode")
        {
            Description =
                "mask ([NAME]), surrogate (invented, consistent within a text), dates (shifted, the rest masked).",
            DefaultValueFactory = _ => "mask",
        };
        mode.AcceptOnlyFromAmong("mask", "surrogate", "dates");
        var days = new Option<int?>("--days")
        {
            Description = "How far dates are shifted (default: by chance, the same for all texts of the run).",
        };
        var batch = new Option<bool>("--batch")
        {
            Description = "The input is NDJSON of {\"id\",\"text\"}; one line out for each line in.",
        };
        var command = new Command("deidentify", "Find and replace personal data (HIPAA Safe Harbor), on this machine.")
        {
            files,
            mode,
            days,
            batch,
        };
        command.Handle(
            async (context, cancellation) =>
            {
                var paths = context.Arguments.GetValue(files)!;
                var offset = context.Arguments.GetValue(days) ?? -RandomNumberGenerator.GetInt32(30, 365);
                using var pipeline = AnalyzeCommand.Load();
                var run = new Run(pipeline.Deidentifier, context.Arguments.GetValue(mode)!, offset, cancellation);
                if (context.Arguments.GetValue(batch))
                    await TextBatch.RunAsync(
                        context,
                        paths,
                        "De-identifying",
                        "identifiers",
                        (text, _) => run.Json(text),
                        cancellation
                    );
                else
                    await FilesAsync(context, paths, run, cancellation);
                return ExitCode.Good;
            }
        );
        return command;
    }

    private static async Task FilesAsync(
        CommandContext context,
        string[] paths,
        Run run,
        CancellationToken cancellation
    )
    {
        var answers = new JsonArray();
        foreach (var path in paths)
        {
            var text = await TextInput.ReadAsync(path, cancellation);
            try
            {
                if (!context.Settings.IsJson)
                {
                    await context.Terminal.Output.WriteAsync(run.Text(text));
                    continue;
                }
                var json = run.Json(text);
                if (paths.Length > 1)
                    json.Insert(0, "file", path);
                answers.Add(json);
            }
            catch (InvalidDataException e)
            {
                throw CommandFailure.Refused(e.Message);
            }
        }
        if (context.Settings.IsJson)
            context.Terminal.WriteJson(paths.Length == 1 ? answers[0] : new JsonObject { ["documents"] = answers });
    }

    private sealed class Run(Deidentifier deidentifier, string mode, int days, CancellationToken cancellation)
    {
        public string Text(string text) =>
            mode switch
            {
                "surrogate" => deidentifier.Surrogates(text, days, cancellation),
                "dates" => deidentifier.ShiftDates(text, days, cancellation),
                _ => deidentifier.Mask(text, cancellation),
            };

        public JsonObject Json(string text) =>
            new()
            {
                ["text"] = Text(text),
                ["identifiers"] = new JsonArray([
                    .. deidentifier
                        .Find(text, cancellation)
                        .Select(i => new JsonObject
                        {
                            ["kind"] = i.KindName,
                            ["text"] = i.Text,
                            ["start"] = i.Span.Start,
                            ["end"] = i.Span.End,
                        }),
                ]),
            };
    }
}
