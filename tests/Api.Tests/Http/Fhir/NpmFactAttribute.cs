namespace MedLedger.Api.Tests.Http.Fhir;

/// <summary>A fact that runs packages of npm; skipped, with the reason, where there is no npm.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class NpmFactAttribute : FactAttribute
{
    public NpmFactAttribute() => Skip = Unavailable;

    /// <summary>Why npm cannot run here, or null.</summary>
    public static string? Unavailable { get; } =
        (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator)
            .Any(folder => File.Exists(Path.Combine(folder, OperatingSystem.IsWindows() ? "npm.cmd" : "npm")))
            ? null
            : "npm is not on the path (Debian: apt-get install npm).";
}

/// <summary>The same as a theory.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class NpmTheoryAttribute : TheoryAttribute
{
    public NpmTheoryAttribute() => Skip = NpmFactAttribute.Unavailable;
}
