using System.Globalization;
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

/// <summary>Moves a date by days and keeps the way it is written.</summary>
internal static class DateShift
{
    private static readonly string[] Formats =
    [
        // The padded form first: the other one would read it too and write it shorter.
        "MM/dd/yyyy",
        "M/d/yyyy",
        "MM/dd/yy",
        "M/d/yy",
        "yyyy-MM-dd",
        "yyyy/MM/dd",
        "MM-dd-yyyy",
        "M-d-yyyy",
        "M-d-yy",
        "dd.MM.yyyy",
        "d.M.yyyy",
        "MMMM dd, yyyy",
        "MMMM d, yyyy",
        "MMM dd, yyyy",
        "MMM d, yyyy",
        "MMM. d, yyyy",
        "MMMM d yyyy",
        "MMM d yyyy",
        "dd MMMM yyyy",
        "d MMMM yyyy",
        "dd MMM yyyy",
        "d MMM yyyy",
        "dd-MMM-yyyy",
        "d-MMM-yyyy",
        "d-MMM-yy",
        "ddMMMyyyy",
        "MMMM d",
        "MMM d",
        "d MMMM",
        "d MMM",
        "MMMM yyyy",
        "M/d",
        "yyyy-MM-ddTHH:mm:ssK",
    ];

    /// <summary>The shifted date, or null when the words are no full date.</summary>
    public static string? Shift(string words, int days)
    {
        foreach (var format in Formats)
        {
            // A leap year, so that 29 February without a year is a date.
            var full = format.Contains('y') ? words : words + " 2024";
            var pattern = format.Contains('y') ? format : format + " yyyy";
            if (
                !DateTime.TryParseExact(
                    full,
                    pattern,
                    CultureInfo.InvariantCulture,
                    DateTimeStyles.RoundtripKind,
                    out var date
                )
            )
                continue;
            if (days > 0 ? date > DateTime.MaxValue.AddDays(-days) : date < DateTime.MinValue.AddDays(-(double)days))
                return null;
            return date.AddDays(days).ToString(format, CultureInfo.InvariantCulture);
        }
        return null;
    }
}

/// <summary>Invented identifiers: the same words always get the same surrogate within one text.</summary>
internal sealed class SurrogateSource(int days)
{
    private static readonly string[] First =
    [
        "Avery",
        "Casey",
        "Devon",
        "Ellis",
        "Finley",
        "Harper",
        "Jamie",
        "Jordan",
        "Kendall",
        "Logan",
        "Morgan",
        "Parker",
        "Quinn",
        "Reese",
        "Rowan",
        "Skyler",
    ];

    private static readonly string[] Last =
    [
        "Alderwick",
        "Branholt",
        "Carrowby",
        "Dunmere",
        "Eastvale",
        "Fenbrook",
        "Garlowe",
        "Holmstead",
        "Ivering",
        "Kelmore",
        "Larkwell",
        "Merriden",
        "Northam",
        "Oakridge",
        "Pellworth",
        "Quarles",
    ];

    private static readonly string[] Places =
    [
        "Ashford Falls",
        "Brookhaven Mills",
        "Cedar Point",
        "Dunwick",
        "Elmstead",
        "Fairmoor",
        "Greyport",
        "Hollins",
    ];

    private readonly Dictionary<string, string> _known = new(StringComparer.OrdinalIgnoreCase);

    public string For(Identifier identifier)
    {
        if (identifier.Kind == IdentifierKind.Date)
            return DateShift.Shift(identifier.Text, days) ?? "[DATE]";
        if (identifier.Kind == IdentifierKind.Name)
            return Name(identifier.Text);
        var key = identifier.KindName + " " + identifier.Text;
        if (!_known.TryGetValue(key, out var surrogate))
            _known[key] = surrogate = Invent(identifier);
        return surrogate;
    }

    // Part by part, so that "Maria Lopez" and "Lopez" stay the same person.
    private string Name(string words)
    {
        var parts = words.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        for (var i = 0; i < parts.Length; i++)
        {
            var bare = parts[i].Trim(',', '.', '\'');
            if (bare.Length < 2)
                continue;
            if (!_known.TryGetValue("part " + bare, out var surrogate))
            {
                var list = i == parts.Length - 1 ? Last : First;
                _known["part " + bare] = surrogate = list[_known.Count % list.Length];
            }
            if (bare.Length > 3 && !bare.Any(char.IsLower))
                surrogate = surrogate.ToUpperInvariant();
            parts[i] = parts[i].Replace(bare, surrogate, StringComparison.Ordinal);
        }
        return string.Join(' ', parts);
    }

    private string Invent(Identifier identifier) =>
        identifier.Kind switch
        {
            IdentifierKind.Place => Places[_known.Count % Places.Length],
            IdentifierKind.Age => "90",
            IdentifierKind.Email => $"person{_known.Count + 1}@example.org",
            IdentifierKind.Url => $"https://example.org/{_known.Count + 1}",
            IdentifierKind.Ip => $"192.0.2.{(_known.Count % 254) + 1}",
            IdentifierKind.Photo => $"image{_known.Count + 1}.jpg",
            _ => Scrambled(identifier.Text),
        };

    // The form stays, digits and letters change; which ones depends on the order in the text, not on the secret.
    private string Scrambled(string words)
    {
        var seed = (_known.Count * 7) + 3;
        return string.Concat(
            words.Select(
                (c, i) =>
                    char.IsAsciiDigit(c) ? (char)('0' + ((seed + (i * 3)) % 10))
                    : char.IsAsciiLetterUpper(c) ? (char)('A' + ((seed + (i * 5)) % 26))
                    : char.IsAsciiLetterLower(c) ? (char)('a' + ((seed + (i * 5)) % 26))
                    : c
            )
        );
    }
}
