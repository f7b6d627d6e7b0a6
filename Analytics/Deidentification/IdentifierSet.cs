using System.Collections;
using System.Text.RegularExpressions;
using MedLedger.Analytics.Text;

namespace MedLedger.Analytics.Deidentification;

/// <summary>Identifiers of one text while they are collected: the first that claims a place keeps it.</summary>
internal sealed partial class IdentifierSet(string text, EponymRules eponyms)
{
    private readonly SortedDictionary<int, Identifier> _found = [];

    // One bit for each unit of the text, so that a text full of identifiers is still read in linear time.
    private readonly BitArray _taken = new(text.Length);
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private readonly HashSet<string> _inSmallLetters = new(StringComparer.Ordinal);

    /// <summary>Adds what a pattern found, unless the place is taken.</summary>
    public void Add(IdentifierKind kind, TextSpan span)
    {
        span = Trimmed(span);
        if (kind is IdentifierKind.Name)
            span = WithoutOrdinaryEnds(span);
        if (!HasLetterOrDigit(span) || Taken(span) || IsMask(span))
            return;
        if (kind is IdentifierKind.Name or IdentifierKind.Place && IsMedicine(span, titled: Titled(span.Start)))
            return;
        var words = span.Of(text).ToString();
        Claim(new Identifier(kind, words, span));
        if (kind == IdentifierKind.Name)
            RememberParts(words);
    }

    /// <summary>Adds what the network found, its type made a kind by the form of the words.</summary>
    public void AddFromNetwork(string type, TextSpan span)
    {
        var words = span.Of(text);
        var hasDigit = words.IndexOfAnyInRange('0', '9') >= 0;
        switch (type)
        {
            case "Name" when !hasDigit && words.Length > 2:
                AddWhole(IdentifierKind.Name, span);
                break;
            case "Place" when (char.IsUpper(words[0]) || hasDigit) && !eponyms.IsShorthand(words.ToString()):
                AddWhole(IdentifierKind.Place, span);
                break;
            case "Date" when hasDigit && DateForm().IsMatch(words):
                Add(IdentifierKind.Date, span);
                break;
            case "Age" when int.TryParse(words, out var age) && age is > 89 and < 150:
                Add(IdentifierKind.Age, span);
                break;
            case "Contact" when Digits(words) >= 7 && words.IndexOfAny('@', '/') < 0:
                Add(IdentifierKind.Phone, span);
                break;
            case "Id" when hasDigit && words.Length >= 5 && Digits(words) >= 4:
                Add(IdentifierKind.Other, span);
                break;
            default:
                break;
        }
    }

    // What a pattern took of a name or a place gives way to the whole of it.
    private void AddWhole(IdentifierKind kind, TextSpan span)
    {
        List<Identifier> inside = [];
        for (var i = span.Start; i < span.End; i++)
        {
            if (_found.TryGetValue(i, out var part) && part.Kind == kind && part.Span.End <= span.End)
                inside.Add(part);
        }
        foreach (var part in inside)
            Release(part);
        Add(kind, span);
        foreach (var part in inside)
        {
            if (!Taken(part.Span))
                Claim(part);
        }
    }

    /// <summary>Takes in what follows a street: unit, town, state, postcode.</summary>
    public void ExtendAddresses()
    {
        foreach (var street in _found.Values.Where(i => i.Kind == IdentifierKind.Place && HasStreet(i.Text)).ToList())
        {
            var span = new TextSpan(
                AddressLines.StartOf(text, street.Span.Start),
                AddressLines.EndOf(text, street.Span.End)
            );
            if (
                span == street.Span
                || !_found.ContainsKey(street.Span.Start)
                || Overlaps(span.Start, street.Span.Start)
            )
                continue;
            for (var i = span.Start; i < span.End; i++)
            {
                if (!_found.TryGetValue(i, out var inside))
                    continue;
                _found.Remove(i);
                span = new TextSpan(span.Start, Math.Max(span.End, inside.Span.End));
            }
            Claim(new Identifier(IdentifierKind.Place, span.Of(text).ToString(), span));
        }
    }

    private bool Overlaps(int first, int end) => first < end && Taken(new TextSpan(first, end));

    private static bool HasStreet(string place) => place.Any(char.IsAsciiDigit) && place.Any(char.IsLetter);

    /// <summary>Finds the parts of names again where they stand alone later or earlier in the text.</summary>
    public void CarryNames(IReadOnlyList<TextSpan> tokens)
    {
        foreach (var token in tokens)
        {
            var word = token.Of(text);
            if (word.Length < 3 || !IsKnownName(word.ToString()))
                continue;
            if (!Taken(token) && !IsMedicine(token, titled: false))
                Claim(new Identifier(IdentifierKind.Name, word.ToString(), token));
        }
    }

    // A name in small letters is looked for as it was written: most words that it could be are ordinary ones.
    private bool IsKnownName(string word) =>
        char.IsUpper(word[0]) ? _names.Contains(word.ToUpperInvariant()) : _inSmallLetters.Contains(word);

    public IReadOnlyList<Identifier> InOrder() => [.. _found.Values];

    private bool HasLetterOrDigit(TextSpan span)
    {
        foreach (var c in span.Of(text))
        {
            if (char.IsLetterOrDigit(c))
                return true;
        }
        return false;
    }

    // "[NAME]" is what stands where a name was.
    private bool IsMask(TextSpan span) =>
        span.Start > 0
        && span.End < text.Length
        && text[span.Start - 1] == '['
        && text[span.End] == ']'
        && Enum.TryParse<IdentifierKind>(span.Of(text), ignoreCase: true, out _);

    // What the network takes for a date has a month, an ordinal, a year beside other digits, or is a day of a month and no
    // fraction: "3-4 times", "6-7/10" and "1/2" are none.
    [GeneratedRegex(
        @"\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\b|\d(?:st|nd|rd|th)\b|\d\D{1,3}(?:18|19|20)\d{2}\b|\b(?:19|20)\d{2}\D{1,3}\d|^(?!1/[234]$|2/3$|3/4$)(?:0?[1-9]|1[0-2])/(?:0?[1-9]|[12]\d|3[01])$",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant,
        1000
    )]
    private static partial Regex DateForm();

    private static int Digits(ReadOnlySpan<char> words)
    {
        var count = 0;
        foreach (var c in words)
            count += char.IsAsciiDigit(c) ? 1 : 0;
        return count;
    }

    private void RememberParts(string name)
    {
        foreach (var token in Tokenizer.Tokenize(name))
        {
            var part = token.Of(name).ToString();
            if (part.Length >= 3 && char.IsLetter(part[0]) && !eponyms.IsOrdinary(part))
            {
                _names.Add(part.ToUpperInvariant());
                if (part.Length > 3 && !part.Any(char.IsUpper))
                    _inSmallLetters.Add(part);
            }
        }
    }

    private bool Taken(TextSpan span)
    {
        for (var i = span.Start; i < span.End; i++)
        {
            if (_taken[i])
                return true;
        }
        return false;
    }

    private void Claim(Identifier identifier)
    {
        _found[identifier.Span.Start] = identifier;
        for (var i = identifier.Span.Start; i < identifier.Span.End; i++)
            _taken[i] = true;
    }

    private void Release(Identifier identifier)
    {
        _found.Remove(identifier.Span.Start);
        for (var i = identifier.Span.Start; i < identifier.Span.End; i++)
            _taken[i] = false;
    }

    private TextSpan Trimmed(TextSpan span)
    {
        var (start, end) = (span.Start, span.End);
        while (start < end && (char.IsWhiteSpace(text[start]) || text[start] is ',' or ';' or ':'))
            start++;
        while (end > start && (char.IsWhiteSpace(text[end - 1]) || text[end - 1] is ',' or ';' or ':'))
            end--;
        return new TextSpan(start, end);
    }

    private TextSpan WithoutOrdinaryEnds(TextSpan span)
    {
        var words = Words(span);
        var first = 0;
        var last = words.Count;
        while (first < last && eponyms.IsOrdinary(words[first].Of(text).ToString()))
            first++;
        while (last > first && words[last - 1].Length > 1 && eponyms.IsOrdinary(words[last - 1].Of(text).ToString()))
            last--;
        return first == last
            ? new TextSpan(span.Start, span.Start)
            : new TextSpan(words[first].Start, Math.Max(words[last - 1].End, last == words.Count ? span.End : 0));
    }

    private List<TextSpan> Words(TextSpan span) =>
        [
            .. Tokenizer
                .Tokenize(span.Of(text).ToString())
                .Select(t => new TextSpan(t.Start + span.Start, t.End + span.Start)),
        ];

    /// <summary>"Parkinson disease", "Lewy body", "Foley": named after people, and none of the patient's.</summary>
    private bool IsMedicine(TextSpan span, bool titled)
    {
        if (titled)
            return false;
        var words = Words(span).FindAll(w => char.IsLetter(text[w.Start]));
        if (words.Count == 0)
            return false;
        var after = WordAfter(span.End);
        if (eponyms.IsHead(after) && words.Count <= 2 && words.Exists(w => eponyms.IsEponym(w.Of(text).ToString())))
            return true;
        if (
            words.Count > 1
            && eponyms.IsHead(words[^1].Of(text).ToString())
            && words[..^1].Exists(w => eponyms.IsEponym(w.Of(text).ToString()))
        )
            return true;
        // "Child-Pugh B": the letter is a grade.
        return words.Exists(w => w.Length > 1)
            && words.TrueForAll(w => w.Length == 1 || IsLonelyEponym(w.Of(text).ToString()))
            && !_names.Contains(words[^1].Of(text).ToString().ToUpperInvariant());
    }

    private bool IsLonelyEponym(string word) => word.Length > 1 && eponyms.IsEponym(word) && !eponyms.IsShared(word);

    private string WordAfter(int position)
    {
        var start = position;
        while (start < text.Length && start - position < 4 && !char.IsLetter(text[start]))
            start++;
        // "Parkinson's disease": the possessive is no word of its own.
        if (start < text.Length && text[start] is 's' && (start + 1 == text.Length || !char.IsLetter(text[start + 1])))
            return WordAfter(start + 1);
        var end = start;
        while (end < text.Length && char.IsLetter(text[end]))
            end++;
        return text[start..end];
    }

    private bool Titled(int start)
    {
        var before = text.AsSpan(Math.Max(0, start - 8), Math.Min(8, start)).TrimEnd();
        foreach (
            var title in (ReadOnlySpan<string>)
                ["Dr", "Dr.", "Mr", "Mr.", "Mrs", "Mrs.", "Ms", "Ms.", "Prof.", "Miss", "name:", "Name:", "NAME:"]
        )
        {
            if (before.EndsWith(title, StringComparison.Ordinal))
                return true;
        }
        return false;
    }
}
