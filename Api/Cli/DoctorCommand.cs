using System.CommandLine;
using System.Text.Json;
using MedLedger.Api.Toolchain;
using Spectre.Console;

namespace MedLedger.Api.Cli;

/// <summary><c>doctor [--install] [--json]</c>: what the program needs from the machine, and whether it is there.</summary>
internal static class DoctorCommand
{
    internal static Command Create()
    {
        var install = new Option<bool>("--install")
        {
            Description = "Install the local chain node when it is missing.",
        };
        var json = new Option<bool>("--json") { Description = "Print one JSON object as the last line of stdout." };
        var command = new Command("doctor", "Check what the program needs from this machine.") { install, json };
        command.SetAction(
            (parsed, cancellation) => RunAsync(parsed.GetValue(install), parsed.GetValue(json), cancellation)
        );
        return command;
    }

    private static async Task<int> RunAsync(bool install, bool json, CancellationToken cancellation)
    {
        var errors = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        MachineException? failed = null;
        if (install)
            try
            {
                await ChainNodeProgram.EnsureAsync(
                    line => errors.MarkupLineInterpolated($"[grey]{line}[/]"),
                    cancellation
                );
            }
            catch (MachineException problem)
            {
                failed = problem;
                errors.MarkupLineInterpolated($"[red]{problem.Problem}[/] {problem.Fix}");
            }

        var findings = await Diagnosis.RunAsync(cancellation);
        var ok = failed is null && findings.All(finding => finding.Ok);
        Draw(errors, findings);
        if (json)
            Console.Out.WriteLine(Json(ok, failed, findings));
        return ok ? ExitCode.Good : ExitCode.Machine;
    }

    private static void Draw(IAnsiConsole console, IReadOnlyList<Finding> findings)
    {
        foreach (var finding in findings)
        {
            var mark = finding.Ok ? "[green]ok  [/]" : "[red]FAIL[/]";
            console.MarkupLine($"{mark} {Markup.Escape(finding.Name), -13} {Markup.Escape(finding.Found)}");
            if (finding is { Ok: false, Fix: { } fix })
                console.MarkupLine($"     {"", -13} [yellow]{Markup.Escape(fix)}[/]");
        }
    }

    private static string Json(bool ok, MachineException? failed, IReadOnlyList<Finding> findings) =>
        JsonSerializer.Serialize(
            new
            {
                ok,
                error = failed?.Message,
                checks = findings.Select(finding => new
                {
                    name = finding.Name,
                    ok = finding.Ok,
                    found = finding.Found,
                    fix = finding.Ok ? null : finding.Fix,
                }),
            }
        );
}
