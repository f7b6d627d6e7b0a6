namespace MedLedger.Circuits.Tests;

/// <summary>A test that compiles the circuit, which needs Node.js; skipped, and reported so, where there is none.</summary>
public sealed class CircomFactAttribute : FactAttribute
{
    public CircomFactAttribute() => Skip = CircomTheoryAttribute.Unavailable;
}

/// <summary>Like <see cref="CircomFactAttribute"/>, with cases.</summary>
public sealed class CircomTheoryAttribute : TheoryAttribute
{
    internal static string? Unavailable { get; } =
        OnPath("node") && OnPath("npm") ? null : "Node.js with npm is not installed: the circuit cannot be compiled.";

    public CircomTheoryAttribute() => Skip = Unavailable;

    private static bool OnPath(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator)
            .Any(folder =>
                File.Exists(Path.Combine(folder, program)) || File.Exists(Path.Combine(folder, program + ".exe"))
            );
}
