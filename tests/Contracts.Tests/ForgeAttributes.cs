using System.Runtime.InteropServices;

namespace MedLedger.Tests.Contracts;

/// <summary>A theory that needs forge, which npm has for Linux on x64 only.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class ForgeTheoryAttribute : TheoryAttribute
{
    public ForgeTheoryAttribute() => Skip = Unavailable;

    /// <summary>Why forge cannot run here, or null.</summary>
    public static string? Unavailable { get; } =
        OperatingSystem.IsLinux()
        && RuntimeInformation.ProcessArchitecture == Architecture.X64
        && !RuntimeInformation.RuntimeIdentifier.Contains("musl", StringComparison.Ordinal)
            ? null
            : "forge is locked for Linux on x64 (glibc) only; contracts/README.md says how to run it elsewhere.";
}

/// <summary>A fact that needs forge.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class ForgeFactAttribute : FactAttribute
{
    public ForgeFactAttribute() => Skip = ForgeTheoryAttribute.Unavailable;
}
