namespace MedLedger.Analytics.Deidentification;

/// <summary>
/// Invented identifiers for one text: the same words always get the same one, also in the patient's other texts; different
/// words get different ones, and nobody gets a name that stands in the text.
/// </summary>
internal sealed class SurrogateSource
{
    private static readonly string[] First = Words(
        "Avery Bailey Casey Devon Ellis Finley Harper Jamie Jordan Kendall Logan Morgan Parker Quinn Reese Rowan Skyler Tatum "
            + "Addison Blake Cameron Dakota Emery Frankie Hayden Jules Kerry Lane Marlow Noel Oakley Peyton Remy Sage Teagan Winter"
    );

    private static readonly string[] Beginnings = Words(
        "Alder Bran Carrow Dun East Fen Gar Holm Iver Kel Lark Merri Nor Oak Pell Quar Raven Stan Thorn Wal"
    );

    private static readonly string[] Endings = Words(
        "wick holt by mere vale brook lowe stead ing more well den tham ridge worth les croft ley shaw ton"
    );

    private static readonly string[] Places = Words(
        "Ashford Brookhaven Cedarmoor Dunwick Elmstead Fairmoor Greyport Hollins Islehaven Kirkfell Lowmarsh Millbeck"
    );

    private readonly PatientSurrogates _patient;
    private readonly Dictionary<string, string> _known = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string> _used;

    public SurrogateSource(PatientSurrogates patient, IEnumerable<Identifier> identifiers)
    {
        _patient = patient;
        _used = identifiers
            .Where(i => i.Kind is IdentifierKind.Name or IdentifierKind.Place)
            .SelectMany(i => Words(i.Text))
            .Select(Bare)
            .ToHashSet(StringComparer.OrdinalIgnoreCase);
    }

    public string For(Identifier identifier)
    {
        if (identifier.Kind == IdentifierKind.Date)
            return DateShift.Shift(identifier.Text, _patient.Days) ?? "[DATE]";
        if (identifier.Kind == IdentifierKind.Name)
            return Name(identifier.Text);
        var key = identifier.KindName + " " + identifier.Text;
        if (!_known.TryGetValue(key, out var surrogate))
            _known[key] = surrogate = Unused(key, draw => Invent(identifier, draw));
        return surrogate;
    }

    // Part by part, so that "Maria Lopez" and "Lopez" stay the same person.
    private string Name(string words)
    {
        var parts = words.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        for (var i = 0; i < parts.Length; i++)
        {
            var bare = Bare(parts[i]);
            if (bare.Length == 0)
                continue;
            var key = "part " + bare;
            if (!_known.TryGetValue(key, out var surrogate))
                _known[key] = surrogate = Part(key, bare, i == parts.Length - 1);
            if (bare.Length > 3 && !bare.Any(char.IsLower))
                surrogate = surrogate.ToUpperInvariant();
            parts[i] = parts[i].Replace(bare, surrogate, StringComparison.Ordinal);
        }
        return string.Join(' ', parts);
    }

    private string Part(string key, string bare, bool last)
    {
        if (bare.Length == 1)
            return Letter(bare[0], _patient.Draw(key));
        return last
            ? Unused(key, d => Beginnings[d % (uint)Beginnings.Length] + Endings[d / 64 % (uint)Endings.Length])
            : Unused(key, d => First[d % (uint)First.Length]);
    }

    // Another capital than the one that stands there.
    private static string Letter(char initial, uint draw)
    {
        var old = char.IsAsciiLetter(initial) ? char.ToUpperInvariant(initial) - 'A' : 0;
        return ((char)('A' + ((old + 1 + (int)(draw % 25)) % 26))).ToString();
    }

    // Drawn again while it is taken; a text with more names than there are surrogates gets numbered ones.
    private string Unused(string key, Func<uint, string> make)
    {
        for (var attempt = 0; attempt < 64; attempt++)
        {
            var surrogate = make(_patient.Draw($"{key} {attempt}"));
            if (_used.Add(surrogate))
                return surrogate;
        }
        var numbered = make(_patient.Draw(key)) + _used.Count;
        _used.Add(numbered);
        return numbered;
    }

    private static string Invent(Identifier identifier, uint draw) =>
        identifier.Kind switch
        {
            IdentifierKind.Place => $"{Places[draw % (uint)Places.Length]} {Endings[draw / 64 % (uint)Endings.Length]}",
            IdentifierKind.Age => "90",
            IdentifierKind.Email => $"person{draw % 1_000_000}@example.org",
            IdentifierKind.Url => $"https://example.org/{draw % 1_000_000}",
            // RFC 5737 and RFC 2544: addresses that nobody has.
            IdentifierKind.Ip => $"198.18.{draw / 256 % 256}.{draw % 256}",
            IdentifierKind.Photo => $"image{draw % 1_000_000}.jpg",
            _ => Scrambled(identifier.Text, draw),
        };

    // The form stays, digits and letters change.
    private static string Scrambled(string words, uint draw)
    {
        ulong state = draw;
        int Next(int below)
        {
            // Knuth's linear congruential generator: the key has made the seed, and nothing secret hangs on the rest.
            unchecked
            {
                state = (state * 6364136223846793005) + 1442695040888963407;
            }
            return (int)((state >> 33) % (ulong)below);
        }
        return string.Concat(
            words.Select(c =>
                char.IsAsciiDigit(c) ? (char)('0' + Next(10))
                : char.IsAsciiLetterUpper(c) ? (char)('A' + Next(26))
                : char.IsAsciiLetterLower(c) ? (char)('a' + Next(26))
                : char.IsLetterOrDigit(c) ? 'x'
                : c
            )
        );
    }

    private static string Bare(string part) => part.Trim(',', '.', '\'', '\u2019');

    private static string[] Words(string words) =>
        words.Split((char[])[' ', '\n', '\r', '\t'], StringSplitOptions.RemoveEmptyEntries);
}
