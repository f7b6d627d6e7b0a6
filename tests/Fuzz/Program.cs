using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using MedLedger.Crypto.Groth16;
using MedLedger.Tests;
using MedLedger.Tests.Fuzzing;
using SharpFuzz;
using SharpFuzz.Common;

namespace MedLedger.Fuzz;

/// <summary>
/// <c>Fuzz TARGET</c> under afl-fuzz or libFuzzer, after <c>sharpfuzz Crypto.dll</c> has put its counters into the assembly; <c>Fuzz seeds
/// FOLDER</c> writes the valid files to start from. See fuzz.sh.
/// </summary>
internal static class FuzzProgram
{
    private const string PlantedFault = "planted-fault";

    [SuppressMessage("ApiDesign", "RS0030", Justification = "A command of its own writes to the console.")]
    private static unsafe int Main(string[] args)
    {
        // Where the counters in Crypto.dll count until afl-fuzz has given its own memory.
        const int MapSize = 1 << 16;
        Trace.SharedMem = (byte*)NativeMemory.AllocZeroed(MapSize);
        var folder = Directory.CreateTempSubdirectory("medledger-fuzz-").FullName;
        try
        {
            IReadOnlyList<ParserTarget> targets =
            [
                .. ParserTargets.Create(
                    folder,
                    RepositoryRoot.File("tests", "vectors", "groth16-snarkjs.json"),
                    RepositoryRoot.File("tests", "vectors", "contributions.bin")
                ),
                new(PlantedFault, ["a"u8.ToArray()], HasPlantedFault),
            ];
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

    /// <summary>
    /// What fuzz.sh has to find before it believes that nothing was found. It goes through Crypto.dll: afl-fuzz takes a
    /// target that counts nothing for one without counters.
    /// </summary>
    private static bool HasPlantedFault(byte[] content) =>
        content is [(byte)'a', ..]
            ? SnarkJson.TryReadProof(content) is not null
            : throw new InvalidOperationException("the planted fault");
}
