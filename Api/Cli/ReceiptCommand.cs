using System.CommandLine;
using MedLedger.Api.Keys;
using MedLedger.Api.Node;
using MedLedger.Api.Persistence;

namespace MedLedger.Api.Cli;

/// <summary><c>consent receipt --patient ID --out FILE</c>: what a patient agreed to, in words and signed, to keep or print.</summary>
internal static class ReceiptCommand
{
    internal static Command Create()
    {
        var patient = PatientOption.Create();
        var output = new Option<string>("--out") { Description = "The file to write.", Required = true };
        var format = new Option<string>("--format")
        {
            Description = "json (signed), html or text (to print).",
            DefaultValueFactory = _ => "json",
        };
        format.AcceptOnlyFromAmong("json", "html", "text");
        var chain = ChainSettings.Option();
        var command = new Command("receipt", "Write a receipt of a patient's consents and grants.")
        {
            patient,
            output,
            format,
            chain,
        };
        command.Handle(
            async (context, cancellation) =>
            {
                var reference = PatientOption.ToReference(context.Arguments.GetValue(patient)!);
                using var store = await Store.OpenAsync(context, "consent receipt", cancellation);
                await using var open = await ConsentCommand.OpenAsync(context, store, chain, cancellation);
                var receipt =
                    await open.Receipts.IssueAsync(reference, "operator", cancellation)
                    ?? throw CommandFailure.Refused("There is no such patient.");
                var path = Path.GetFullPath(context.Arguments.GetValue(output)!);
                var content = context.Arguments.GetValue(format) switch
                {
                    "html" => System.Text.Encoding.UTF8.GetBytes(receipt.ToHtml()),
                    "text" => System.Text.Encoding.UTF8.GetBytes(receipt.ToText()),
                    _ => open.Receipts.Sign(receipt),
                };
                DurableFile.Write(path, content, replace: true);
                context.Terminal.Say($"Wrote the receipt to {path}.");
                if (context.Settings.IsJson)
                {
                    context.Terminal.WriteJson(
                        new
                        {
                            ok = true,
                            receipt = path,
                            consents = receipt.Consents.Count,
                            granted = receipt.Granted.Count,
                            ended = receipt.Revoked.Count,
                        }
                    );
                }
                return ExitCode.Good;
            }
        );
        return command;
    }
}
