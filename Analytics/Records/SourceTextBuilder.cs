using System.Text;

namespace MedLedger.Analytics.Records;

/// <summary>Collects the words of a source, and for each unit the units of the source that it comes from.</summary>
internal sealed class SourceTextBuilder(int capacity)
{
    private readonly StringBuilder _text = new(capacity);
    private readonly List<int> _starts = new(capacity);
    private readonly List<int> _ends = new(capacity);

    /// <summary>The latest unit; 0 before the first.</summary>
    public char Last => _text.Length > 0 ? _text[^1] : '\0';

    /// <summary>Adds a unit that comes from the units of the source from <paramref name="start"/> to <paramref name="end"/>.</summary>
    public void Add(char unit, int start, int end)
    {
        _text.Append(unit);
        _starts.Add(start);
        _ends.Add(end);
    }

    /// <summary>The text without white space at its ends.</summary>
    public SourceText Build(string contentType)
    {
        var text = _text.ToString();
        var first = text.Length - text.AsSpan().TrimStart().Length;
        var trimmed = text.Trim();
        return new SourceText(
            contentType,
            trimmed,
            [.. _starts.Skip(first).Take(trimmed.Length)],
            [.. _ends.Skip(first).Take(trimmed.Length)]
        );
    }
}
