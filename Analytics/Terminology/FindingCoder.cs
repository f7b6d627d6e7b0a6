using MedLedger.Analytics.Documents;
using MedLedger.Analytics.Inference;
using MedLedger.Analytics.Naming;
using MedLedger.Analytics.Text;

namespace MedLedger.Analytics.Terminology;

/// <summary>
/// Adds code suggestions to the findings of one document; a short form is looked up as its long form, the document's own
/// before the one that notes use.
/// </summary>
internal sealed class FindingCoder
{
    private readonly CodeTable? _table;
    private readonly Dictionary<string, string> _longForms = new(StringComparer.Ordinal);

    public FindingCoder(CodeTable? table, string text, List<TextSpan> tokens, IReadOnlyList<Abbreviation> abbreviations)
    {
        _table = table;
        foreach (var a in abbreviations)
            _longForms.TryAdd(a.Short, text[tokens[a.LongFirst].Start..tokens[a.LongEnd - 1].End]);
    }

    /// <summary>The suggestions for a name of this type; none for types that have no codes here.</summary>
    public IReadOnlyList<CodeSuggestion> Codes(string type, string name)
    {
        CodeKind? kind = type switch
        {
            "Chemical" or "Drug" => CodeKind.Chemical,
            "Disease" or "Problem" => CodeKind.Disease,
            _ => null,
        };
        if (_table is null || kind is null)
            return [];
        var longForm = _longForms.GetValueOrDefault(name) ?? Shorthand.Default.LongFormOf(name) ?? name;
        return _table.Suggest(kind.Value, longForm);
    }
}
