using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using BenchmarkDotNet.Running;
using MedLedger.Analytics;
using MedLedger.Benchmarks.Fhir;
using MedLedger.Benchmarks.Nlp;
using MedLedger.Tests;

namespace MedLedger.Benchmarks;

internal static class BenchmarkProgram
{
    [SuppressMessage("ApiDesign", "RS0030", Justification = "A benchmark writes to the console.")]
    private static int Main(string[] args)
    {
        if (KnownTauCommand.TryRun(args) || ProverSpeed.TryRun(args, Console.Out))
            return 0;
        if (args is ["consent"])
        {
            ConsentSpeed.Print(Console.Out);
            return 0;
        }
        if (args is ["fhir", .. var load])
            return FhirSpeed.RunAsync(load, Console.Out).GetAwaiter().GetResult();
        if (args is ["verify", ..])
        {
            VerifySpeed.Print(args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 11, Console.Out);
            return 0;
        }
        if (args is not ["nlp" or "nlp-speed" or "nlp-phi", ..])
        {
            BenchmarkSwitcher.FromAssembly(typeof(BenchmarkProgram).Assembly).Run(args);
            return 0;
        }
        var data =
            args.Length > 1
                ? args[1]
                : Environment.GetEnvironmentVariable("MEDLEDGER_NLP_DATA")
                    ?? RepositoryRoot.File("..", "shared", "data", "nlp");
        if (!Directory.Exists(data))
        {
            Console.Error.WriteLine(
                $"There is no folder {data}.\n"
                    + "usage: -- nlp|nlp-speed|nlp-phi [DATA [MODEL]]   (DATA: the folder with bc5cdr-pubtator, maccrobat, ...)"
            );
            return 2;
        }
        var model = args.Length > 2 ? args[2] : ClinicalPipeline.DefaultFolder;
        if (args[0] == "nlp")
            NlpTable.Print(data, model, Console.Out);
        else if (args[0] == "nlp-phi")
            NlpTable.PrintSeenIdentifiers(data, model, Console.Out);
        else
            NlpTable.PrintSpeed(data, model, Console.Out);
        return 0;
    }
}
