using System.CommandLine;
using System.Globalization;
using MedLedger.Consent.Access;
using MedLedger.Consent.Directives;
using Spectre.Console;

namespace MedLedger.Api.Cli;

/// <summary>
/// <c>explain --consents FILE|DIR --request FILE</c> and <c>explain --batch DIR</c>: what consents decide, and
/// why. No store, no chain, no clock. A permit and a deny both exit 0; content that cannot be read denies and exits 1.
/// </summary>
internal static class ExplainCommand
{
    internal static Command Create()
    {
        var consents = new Option<string>("--consents")
        {
            Description = "A Bundle, one Consent, or a folder of either, as FHIR R4 JSON.",
        };
        var request = new Option<string>("--request") { Description = "The access request, as JSON." };
        var batch = new Option<string>("--batch")
        {
            Description = "A folder of NNN.consents.json and NNN.request.json; prints one JSON line a case.",
        };
        var command = new Command("explain", "Say what consents decide about a request, and why.")
        {
            consents,
            request,
            batch,
        };
        command.Validators.Add(result =>
        {
            var single = result.GetResult(consents) is not null && result.GetResult(request) is not null;
            var either = result.GetResult(consents) is not null || result.GetResult(request) is not null;
            var many = result.GetResult(batch) is not null;
            if (many ? either : !single)
                result.AddError("Give --consents with --request, or --batch alone.");
        });
        command.Handle(
            (context, _) =>
                Task.FromResult(
                    context.Arguments.GetValue(batch) is { } folder
                        ? RunBatch(folder, context.Terminal)
                        : Run(
                            context.Arguments.GetValue(consents)!,
                            context.Arguments.GetValue(request)!,
                            context.Settings.IsJson,
                            context.Terminal
                        )
                )
        );
        return command;
    }

    private static int Run(string consents, string request, bool json, Terminal terminal)
    {
        if (!Exists(consents, folderAllowed: true, terminal) || !Exists(request, folderAllowed: false, terminal))
            return ExitCode.Usage;
        var directives = ReadConsents(consents);
        var asked = ReadRequest(request);
        if (directives is null || asked is null)
        {
            var what = directives is null ? "consents" : "request";
            terminal.Error.WriteLine($"The {what} cannot be read, so the answer is deny.");
            terminal.Output.WriteLine(DecisionJson.Unreadable(null, what));
            return ExitCode.Refused;
        }
        var evaluation = ConsentEvaluator.Evaluate(directives, asked);
        if (!json)
            Draw(evaluation, terminal.Screen);
        terminal.Output.WriteLine(DecisionJson.Write(evaluation));
        return ExitCode.Good;
    }

    private static int RunBatch(string folder, Terminal terminal)
    {
        if (!Directory.Exists(folder))
        {
            terminal.Error.WriteLine($"There is no folder {folder}.");
            return ExitCode.Usage;
        }
        foreach (var name in CasesOf(folder))
        {
            var directives = ReadConsents(Path.Combine(folder, name + ".consents.json"));
            var asked = ReadRequest(Path.Combine(folder, name + ".request.json"));
            terminal.Output.WriteLine(
                directives is null || asked is null
                    ? DecisionJson.Unreadable(name, directives is null ? "consents" : "request")
                    : DecisionJson.WriteLine(name, ConsentEvaluator.Evaluate(directives, asked))
            );
        }
        return ExitCode.Good;
    }

    /// <summary>The numbers before the first dot, each once, by value.</summary>
    private static IEnumerable<string> CasesOf(string folder) =>
        Directory
            .EnumerateFileSystemEntries(folder, "*.json")
            .Select(path => Path.GetFileName(path))
            .Where(name =>
                name.EndsWith(".consents.json", StringComparison.Ordinal)
                || name.EndsWith(".request.json", StringComparison.Ordinal)
            )
            .Select(name => name[..name.IndexOf('.', StringComparison.Ordinal)])
            .Where(name => name.Length > 0 && name.All(char.IsAsciiDigit))
            .Distinct(StringComparer.Ordinal)
            .OrderBy(name => name.TrimStart('0').Length)
            .ThenBy(name => name.TrimStart('0'), StringComparer.Ordinal)
            .ThenBy(name => name.Length);

    private static bool Exists(string path, bool folderAllowed, Terminal terminal)
    {
        if (File.Exists(path) || (folderAllowed && Directory.Exists(path)))
            return true;
        terminal.Error.WriteLine($"There is no file {path}.");
        return false;
    }

    /// <summary>All consents of a file, or of every *.json of a folder; null when any of it cannot be read.</summary>
    private static IReadOnlyList<ConsentDirective>? ReadConsents(string path)
    {
        if (!Directory.Exists(path))
            return Read(path) is { } bytes && ConsentDirective.TryParseAll(bytes, out var found) ? found : null;
        var all = new List<ConsentDirective>();
        foreach (var file in Directory.EnumerateFiles(path, "*.json").Order(StringComparer.Ordinal))
        {
            if (Read(file) is not { } bytes || !ConsentDirective.TryParseAll(bytes, out var found))
                return null;
            all.AddRange(found);
        }
        return all;
    }

    private static AccessRequest? ReadRequest(string path) =>
        Read(path) is { } bytes && AccessRequestReader.TryParse(bytes, out var request) ? request : null;

    /// <summary>A file's bytes; null when it is not there, too large, or cannot be read.</summary>
    private static byte[]? Read(string path)
    {
        try
        {
            using var file = File.OpenRead(path);
            using var bytes = new MemoryStream();
            var buffer = new byte[81_920];
            for (int count; (count = file.Read(buffer)) > 0; )
            {
                if (bytes.Length + count > StrictJson.MaxBytes)
                    return null;
                bytes.Write(buffer, 0, count);
            }
            return bytes.ToArray();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            return null;
        }
    }

    private static void Draw(Evaluation evaluation, IAnsiConsole console)
    {
        var colour = evaluation.Permitted ? "green" : "red";
        console.MarkupLine($"[bold {colour}]{Plain(evaluation.Trace.Summary)}[/]");
        foreach (var step in evaluation.Trace.Steps)
        {
            var name = step.Provision is null ? step.Consent : "  " + step.Provision;
            console.MarkupLine($"[bold]{Plain(name)}[/] {Plain(step.Words)}");
            foreach (var criterion in step.Criteria)
            {
                var mark = criterion.Outcome switch
                {
                    Truth.True => "[green]+[/]",
                    Truth.False => "[red]-[/]",
                    _ => "[yellow]?[/]",
                };
                console.MarkupLine($"    {mark} {Plain(criterion.Words)}");
            }
        }
        foreach (var change in evaluation.Trace.WhatWouldChangeIt)
            console.MarkupLine($"[grey]{Plain(change)}[/]");
        foreach (var obligation in evaluation.Obligations)
            console.MarkupLine(string.Create(CultureInfo.InvariantCulture, $"Keep to: {Plain(obligation)}"));
    }

    /// <summary>Text from a file must not steer the terminal.</summary>
    private static string Plain(string text) =>
        Markup.Escape(string.Concat(text.Select(letter => char.IsControl(letter) ? '?' : letter)));
}
