using System.Buffers.Binary;
using CsCheck;
using MedLedger.Tests;
using MedLedger.Tests.Fuzzing;

namespace MedLedger.Crypto.Tests.R1cs;

/// <summary>The fuzz targets on valid files that were cut, lengthened, changed and given hostile lengths.</summary>
public sealed class ParserTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("medledger-parsers-").FullName;
    private readonly IReadOnlyList<ParserTarget> _targets;

    public ParserTests() =>
        _targets = ParserTargets.Create(
            _folder,
            RepositoryRoot.File("tests", "vectors", "groth16-snarkjs.json"),
            RepositoryRoot.File("tests", "vectors", "contributions.bin")
        );

    public static TheoryData<string> Names =>
        [
            "r1cs",
            "wtns",
            "zkey",
            "ptau",
            "contributions",
            "sym",
            "proof.json",
            "public.json",
            "verification_key.json",
            "input.json",
            "proof bytes",
        ];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [MemberData(nameof(Names))]
    public void Valid_files_are_accepted(string name) =>
        Assert.All(Target(name).Seeds, seed => Assert.True(Target(name).Parse(seed)));

    /// <summary>No other exception than the parser's own, and never more memory than the file justifies.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void Damaged_files_cost_a_message_and_no_memory(string name)
    {
        var target = Target(name);
        Gen.Select(Gen.Int[0, target.Seeds.Count - 1], Gen.Int[0, 4], Gen.Int[0, int.MaxValue], Gen.UInt)
            .Sample(
                (seed, kind, position, value) =>
                {
                    var content = Damage(target.Seeds[seed], kind, position, value);
                    var before = GC.GetAllocatedBytesForCurrentThread();
                    target.Parse(content);
                    var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
                    Assert.InRange(allocated, 0, target.Scratch + 40L * content.Length);
                },
                iter: 300,
                threads: 1
            );
    }

    private ParserTarget Target(string name) => _targets.Single(target => target.Name == name);

    private static byte[] Damage(byte[] seed, int kind, int position, uint value)
    {
        var copy = (byte[])seed.Clone();
        var at = position % copy.Length;
        switch (kind)
        {
            case 0: // cut
                return copy[..at];
            case 1: // longer
                return [.. copy, .. copy[..at]];
            case 2: // one byte
                copy[at] = (byte)(value & 0xff);
                return copy;
            case 3: // a length or number that is too large
                if (at + 4 <= copy.Length)
                    BinaryPrimitives.WriteUInt32LittleEndian(copy.AsSpan(at), value | 0x7f000000);
                return copy;
            default: // a piece twice
                return [.. copy[..at], .. copy[(at / 2)..]];
        }
    }
}
