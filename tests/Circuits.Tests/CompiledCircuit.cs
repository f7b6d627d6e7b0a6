using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using MedLedger.Crypto.Fields;
using MedLedger.Crypto.R1cs;
using MedLedger.Crypto.WitnessCalculation;
using MedLedger.Tests;

namespace MedLedger.Circuits.Tests;

/// <summary>A constraint that an assignment does not satisfy, and the signals in it, named readably.</summary>
internal sealed record Violation(int Constraint, IReadOnlyList<string> Signals)
{
    public override string ToString() => $"#{Constraint} {string.Join("  ", Signals.Take(6))}";
}

/// <summary>
/// The circuit compiled twice by this test run: as it is (to compare with what is committed), and with its assertions
/// taken out and nothing simplified, which computes a witness for any lie. The values of the second, taken by their
/// names, are an assignment for the first's constraints: it follows the circuit's own computation in everything, and
/// breaks exactly the rules that the inputs lie about. Compiled once for one state of the sources.
/// </summary>
public sealed class CompiledCircuit : IAsyncLifetime
{
    // Each test class has its own instance; the first one compiles.
    private static readonly SemaphoreSlim Compiling = new(1, 1);

    private int[] _lyingSignals = [];
    private Dictionary<int, string> _names = [];
    private WitnessCalculator? _lying;

    internal ConstraintSystem Constraints { get; private set; } = null!;

    /// <summary>The folder with analysis_policy.r1cs, .sym and .wasm of this run.</summary>
    public string Folder { get; private set; } = "";

    public async Task InitializeAsync()
    {
        var packages = await Toolchain.CircuitsAsync();
        var circuits = RepositoryRoot.File("circuits");
        Folder = Path.Combine(circuits, "build", "tests", SourceHash(circuits));
        var lies = Path.Combine(Folder, "lies");
        await Compiling.WaitAsync();
        try
        {
            if (!File.Exists(Path.Combine(Folder, "done")))
                await CompileBothAsync(circuits, packages, lies);
        }
        finally
        {
            Compiling.Release();
        }
        Constraints = ConstraintSystem.Load(Path.Combine(Folder, "analysis_policy.r1cs"));
        _lying = WitnessCalculator.Load(Path.Combine(lies, "analysis_policy_js", "analysis_policy.wasm"));
        MapSignals(Path.Combine(Folder, "analysis_policy.sym"), Path.Combine(lies, "analysis_policy.sym"));
    }

    public Task DisposeAsync()
    {
        _lying?.Dispose();
        return Task.CompletedTask;
    }

    /// <summary>The assignment that the inputs lead to, true or not: a value for every signal of the constraint system.</summary>
    internal Fr[] Assign(IReadOnlyDictionary<string, IReadOnlyList<Fr>> inputs)
    {
        using var witness = _lying!.Calculate(inputs);
        return [.. _lyingSignals.Select(signal => witness[signal])];
    }

    /// <summary>The constraints that the assignment does not satisfy.</summary>
    internal IReadOnlyList<Violation> Violations(Fr[] assignment) =>
        [
            .. Enumerable
                .Range(0, Constraints.ConstraintCount)
                .Where(constraint => !Constraints.IsSatisfied(constraint, assignment))
                .Select(constraint => new Violation(
                    constraint,
                    [.. Constraints.SignalsOf(constraint).Where(signal => signal != 0).Select(NameOf)]
                )),
        ];

    internal string NameOf(int signal) => CircomSources.Readable(_names[signal]);

    private async Task CompileBothAsync(string circuits, string packages, string lies)
    {
        CopyWithoutAssertions(Path.Combine(circuits, "src"), Path.Combine(lies, "src"));
        CopyWithoutAssertions(
            Path.Combine(packages, "circomlib", "circuits"),
            Path.Combine(lies, "lib", "circomlib", "circuits")
        );
        await Task.WhenAll(
            CompileAsync(circuits, "src", packages, Folder, "--O2", "--r1cs"),
            CompileAsync(circuits, Path.Combine(lies, "src"), Path.Combine(lies, "lib"), lies, "--O0")
        );
        await File.WriteAllTextAsync(Path.Combine(Folder, "done"), "");
    }

    private static void CopyWithoutAssertions(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.EnumerateFiles(from, "*.circom"))
            File.WriteAllText(
                Path.Combine(to, Path.GetFileName(file)),
                CircomSources.WithoutAssertions(File.ReadAllText(file))
            );
    }

    // circom2 sees only what lies under its working directory, and wants relative paths.
    private static async Task CompileAsync(
        string root,
        string source,
        string library,
        string output,
        params string[] flags
    )
    {
        Directory.CreateDirectory(output);
        string Relative(string path) => Path.GetRelativePath(root, Path.GetFullPath(path, root));
        var compiler = Path.Combine(root, "node_modules", "circom2", "cli.js");
        string[] arguments =
        [
            Path.Combine(Relative(source), "analysis_policy.circom"),
            "--wasm",
            "--sym",
            .. flags,
            "-l",
            Relative(library),
            "-o",
            Relative(output),
        ];
        var run = await Toolchain.NodeAsync(compiler, arguments, root, TimeSpan.FromMinutes(10));
        Assert.True(run.ExitCode == 0, run.Output + run.Error);
    }

    private static string SourceHash(string circuits)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var files = Directory
            .EnumerateFiles(Path.Combine(circuits, "src"))
            .Append(Path.Combine(circuits, "package-lock.json"));
        foreach (var file in files.Order(StringComparer.Ordinal))
        {
            hash.AppendData(Encoding.UTF8.GetBytes(Path.GetFileName(file)));
            hash.AppendData(SHA256.HashData(File.ReadAllBytes(file)));
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset())[..16];
    }

    private void MapSignals(string symbols, string lyingSymbols)
    {
        var lying = ReadSymbols(lyingSymbols)
            .ToDictionary(line => line.Name, line => line.Signal, StringComparer.Ordinal);
        _lyingSignals = new int[Constraints.SignalCount];
        Array.Fill(_lyingSignals, -1);
        _lyingSignals[0] = 0;
        foreach (var (signal, name) in ReadSymbols(symbols))
        {
            if (lying.TryGetValue(name, out var source) && source >= 0)
                _lyingSignals[signal] = source;
            if (!_names.TryGetValue(signal, out var known) || name.Length < known.Length)
                _names[signal] = name;
        }
        Assert.DoesNotContain(-1, _lyingSignals);
    }

    private static IEnumerable<(int Signal, string Name)> ReadSymbols(string file)
    {
        foreach (var line in File.ReadLines(file))
        {
            var fields = line.Split(',');
            var signal = int.Parse(fields[1], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
            if (signal >= 0)
                yield return (signal, fields[3]);
        }
    }
}
