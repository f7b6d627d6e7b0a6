using System.Diagnostics.CodeAnalysis;
using MedLedger.Tests;
using MedLedger.Tests.Fuzzing;
using SharpFuzz;

namespace MedLedger.Fuzz;

/// <summary>
/// <c>Fuzz TARGET</c> under afl-fuzz or libFuzzer, after <c>sharpfuzz Crypto.dll</c> has put its counters into the assembly; <c>Fuzz seeds
/// FOLDER</c> writes the valid files to start from. See fuzz.sh.
/// </summary>
internal static class FuzzProgram
{
    [SuppressMessage("ApiDesign", "RS0030", Justification = "A command of its own writes to the console.")]
    private static int Main(string[] args)
    {
        var folder = Directory.CreateTempSubdirectory("medledger-fuzz-").FullName;
        try
        {
            var targets = ParserTargets.Create(
                folder,
                RepositoryRoot.File("tests", "vectors", "groth16-snarkjs.json"),
                RepositoryRoot.File("tests", "vectors", "contributions.bin")
            );
            if (args is ["seeds", var destination])
            {
                foreach (var each in targets)
                {
                    var seeds = Directory.CreateDirectory(Path.Combine(destination, each.Name));
                    for (var i = 0; i < each.Seeds.Count; i++)
                        File.WriteAllBytes(Path.Combine(seeds.FullName, i.ToString("d2", null)), each.Seeds[i]);
                }
                return 0;
            }
            if (args is not [var name] || targets.FirstOrDefault(each => each.Name == name) is not { } target)
            {
                Console.Error.WriteLine(
                    $"usage: Fuzz seeds FOLDER | TARGET   ({string.Join(", ", targets.Select(each => each.Name))})"
                );
                return 2;
            }
            Fuzzer.OutOfProcess.Run(stream =>
            {
                using var content = new MemoryStream();
                stream.CopyTo(content);
                target.Parse(content.ToArray());
            });
            return 0;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
