using System.Runtime.InteropServices;

namespace MedLedger.Analytics.Text;

/// <summary>A half-open range of UTF-16 code units of the text that is analysed. The text itself never changes.</summary>
/// <param name="Start">The first code unit.</param>
/// <param name="End">One past the last code unit.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct TextSpan(int Start, int End)
{
    /// <summary>How many code units the span covers.</summary>
    public int Length => End - Start;

    /// <summary>Whether the two spans share a code unit.</summary>
    public bool Overlaps(TextSpan other) => Start < other.End && other.Start < End;

    /// <summary>Whether <paramref name="other"/> lies inside this span.</summary>
    public bool Contains(TextSpan other) => Start <= other.Start && other.End <= End;

    /// <summary>The characters that the span covers.</summary>
    public ReadOnlySpan<char> Of(string text) => text.AsSpan(Start, Length);
}
