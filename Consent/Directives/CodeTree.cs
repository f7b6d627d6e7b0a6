namespace MedLedger.Consent.Directives;

/// <summary>A code system's is-a hierarchy, written as <c>parent(child child(grandchild))</c>; one interval test per question.</summary>
internal sealed class CodeTree
{
    private readonly Dictionary<string, (int First, int Last)> spans = new(StringComparer.Ordinal);

    public CodeTree(string notation)
    {
        var open = new Stack<string>();
        var order = 0;
        string? last = null;
        foreach (var token in Tokens(notation))
        {
            switch (token)
            {
                case "(":
                    open.Push(last!);
                    break;
                case ")":
                    var parent = open.Pop();
                    spans[parent] = (spans[parent].First, order - 1);
                    break;
                default:
                    spans.Add(token, (order, order));
                    order++;
                    last = token;
                    break;
            }
        }
    }

    public IEnumerable<string> Codes => spans.Keys;

    public bool Contains(string code) => spans.ContainsKey(code);

    /// <summary>Whether <paramref name="code"/> is <paramref name="ancestor"/> or below it; false when either is not known.</summary>
    public bool Subsumes(string ancestor, string code) =>
        spans.TryGetValue(ancestor, out var outer)
        && spans.TryGetValue(code, out var inner)
        && outer.First <= inner.First
        && inner.Last <= outer.Last;

    private static IEnumerable<string> Tokens(string notation)
    {
        var start = 0;
        for (var at = 0; at <= notation.Length; at++)
        {
            var letter = at < notation.Length ? notation[at] : ' ';
            if (letter is not (' ' or '(' or ')'))
                continue;
            if (at > start)
                yield return notation[start..at];
            if (letter is '(' or ')')
                yield return letter.ToString();
            start = at + 1;
        }
    }
}
