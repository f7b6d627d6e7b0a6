using MedLedger.Crypto.Arithmetic;

namespace MedLedger.Crypto.Tests;

/// <summary>A fact about the eight-lane path: reported as skipped on a processor without AVX-512.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class VectorFactAttribute : FactAttribute
{
    public VectorFactAttribute() => Skip = Unavailable;

    /// <summary>Why the path cannot run here, or null.</summary>
    public static string? Unavailable { get; } =
        WorkCrew.VectorsAreSupported ? null : "The eight-lane path needs a processor with AVX-512 F and DQ.";
}

/// <summary>A theory about the eight-lane path.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class VectorTheoryAttribute : TheoryAttribute
{
    public VectorTheoryAttribute() => Skip = VectorFactAttribute.Unavailable;
}
