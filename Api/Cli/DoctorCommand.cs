using System.CommandLine;
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
        var command = new Command("doctor", "Check what the program needs from this machine.") { install };
        command.Handle((context, cancellation) => RunAsync(context.Arguments.GetValue(install), context, cancellation));
        return command;
    }

    private static async Task<int> RunAsync(bool install, CommandContext context, CancellationToken cancellation)
    {
        var errors = context.Terminal.Screen;
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
        if (context.Settings.IsJson)
            context.Terminal.WriteJson(Json(ok, failed, findings));
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

    private static object Json(bool ok, MachineException? failed, IReadOnlyList<Finding> findings) =>
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
        };
}
