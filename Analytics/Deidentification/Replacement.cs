using System.Text;

namespace MedLedger.Analytics.Deidentification;

/// <summary>Writes a text anew with its identifiers replaced.</summary>
internal static class Replacement
{
    public static string Apply(string text, IReadOnlyList<Identifier> identifiers, Func<Identifier, string> replace)
    {
        var written = new StringBuilder(text.Length);
        var at = 0;
        foreach (var identifier in identifiers)
        {
            written.Append(text, at, identifier.Span.Start - at).Append(replace(identifier));
            at = identifier.Span.End;
        }
        return written.Append(text, at, text.Length - at).ToString();
    }
}
