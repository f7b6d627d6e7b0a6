using System.CommandLine;
using MedLedger.Api.Keys;
using MedLedger.Api.Persistence;

namespace MedLedger.Api.Cli;

/// <summary><c>compliance-key --out FILE</c>: the compliance role's private key as a file for the officer.</summary>
internal static class ComplianceKeyCommand
{
    internal static Command Create()
    {
        var file = new Option<string>("--out")
        {
            Description = "The file to write; it must not be there.",
            HelpName = "FILE",
            Required = true,
        };
        var command = new Command("compliance-key", "Write the key that opens the openings in evidence.") { file };
        command.Handle(
            (context, _) => Task.FromResult(Run(context, Path.GetFullPath(context.Arguments.GetValue(file)!)))
        );
        return command;
    }

    private static int Run(CommandContext context, string path)
    {
        using var folder = DataFolder.OpenForReading(context.Settings.DataFolder);
        using var custody = Store.OpenCustody(context, folder);
        ComplianceKeyFile.Export(custody, path);
        using var key = ComplianceKeyFile.Open(path);
        context.Terminal.Say(
            $"The compliance key is {path}: whoever has it opens who asked for what in every evidence file."
        );
        if (context.Settings.IsJson)
            context.Terminal.WriteJson(
                new
                {
                    ok = true,
                    file = path,
                    fingerprint = key.Fingerprint.ToString(),
                }
            );
        return ExitCode.Good;
    }
}
