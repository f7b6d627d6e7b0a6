using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using MedLedger.Analytics;
using MedLedger.Analytics.Deidentification;
using MedLedger.Analytics.Records;

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
                "mask ([NAME]), surrogate (invented, consistent for a patient), dates (shifted, the rest masked).",
            DefaultValueFactory = _ => "mask",
        };
        mode.AcceptOnlyFromAmong("mask", "surrogate", "dates");
        var days = new Option<int?>("--days")
        {
            Description =
                "How far dates are shifted (default: by chance for each patient of the run; the texts of a run are one "
                + "patient's, unless batch lines name another as \"patient\").",
        };
        var command = new Command("deidentify", "Find and replace personal data (HIPAA Safe Harbor), on this machine.")
        {
            files,
            mode,
            days,
            TextBatch.Flag,
        };
        command.Handle(
            async (context, cancellation) =>
            {
                var paths = context.Arguments.GetValue(files)!;
                if (context.Arguments.GetValue(days) is not null && context.Arguments.GetValue(mode) == "mask")
                    throw CommandFailure.Usage(
                        "--days is for --mode dates or surrogate: a masked date is not shifted."
                    );
                using var pipeline = AnalyzeCommand.Load();
                var run = new Run(
                    pipeline.Deidentifier,
                    context.Arguments.GetValue(mode)!,
                    context.Arguments.GetValue(days),
                    cancellation
                );
                if (context.Arguments.GetValue(TextBatch.Flag))
                    await TextBatch.RunAsync(
                        context,
                        paths,
                        "De-identifying",
                        "identifiers",
                        (text, line) => run.Json(TextBatch.SourceOf(text, line), PatientOf(line)),
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
            var source = await TextInput.ReadAsync(path, cancellation);
            try
            {
                if (!context.Settings.IsJson)
                {
                    await context.Terminal.Output.WriteAsync(run.Text(source.Text, ""));
                    continue;
                }
                var json = run.Json(source, "");
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

    private static string PatientOf(JsonElement line) =>
        line.TryGetProperty("patient", out var patient)
            ? patient.GetString() ?? throw new InvalidDataException("The patient is no text.")
            : "";

    private sealed class Run(Deidentifier deidentifier, string mode, int? days, CancellationToken cancellation)
    {
        private readonly SurrogateKey _key = new();

        public string Text(string text, string patient)
        {
            var surrogates = _key.Of(patient);
            if (days is { } given)
                surrogates = surrogates with { Days = given };
            return mode switch
            {
                "surrogate" => deidentifier.Surrogates(text, surrogates, cancellation),
                "dates" => deidentifier.ShiftDates(text, surrogates.Days, cancellation),
                _ => deidentifier.Mask(text, cancellation),
            };
        }

        public JsonObject Json(SourceText source, string patient)
        {
            var identifiers = new JsonArray();
            foreach (var identifier in deidentifier.Find(source.Text, cancellation))
            {
                var (start, end) = source.InSource(identifier.Span);
                identifiers.Add(
                    (JsonNode)
                        new JsonObject
                        {
                            ["kind"] = identifier.KindName,
                            ["text"] = identifier.Text,
                            ["start"] = start,
                            ["end"] = end,
                        }
                );
            }
            return new JsonObject { ["text"] = Text(source.Text, patient), ["identifiers"] = identifiers };
        }
    }
}
