using MedLedger.Analytics.Text;

namespace MedLedger.Analytics.Terminology;

/// <summary>
/// The wider names within a disease's name that keep its head: "spring allergic rhinitis" is an "allergic rhinitis" and a
/// "rhinitis", "calcification of the artery" is a "calcification".
/// </summary>
internal static class HeadNames
{
    private const int ShortestName = 4;

    /// <summary>Longest first, in lower case; without the name itself.</summary>
    public static IEnumerable<string> Of(string name)
    {
        var lower = name.ToLowerInvariant();
        var words = new List<string>();
        var cut = false;
        foreach (var token in Tokenizer.Tokenize(lower))
        {
            var word = token.Of(lower).ToString();
            cut = word is "of" or "in" or "with" or "by" or "to" or "due" or "following" or "after" or "associated";
            if (cut)
                break;
            if (char.IsLetterOrDigit(word[0]))
                words.Add(word);
        }
        for (var first = cut ? 0 : 1; first < words.Count; first++)
        {
            var head = string.Join(' ', words.Skip(first));
            if (head.Length >= ShortestName)
                yield return head;
        }
    }
}
