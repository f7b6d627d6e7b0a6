using System.Text.RegularExpressions;
using MedLedger.Analytics.Inference;
using MedLedger.Analytics.Text;

namespace MedLedger.Analytics.Deidentification;

/// <summary>
/// Finds personal data by form, by label and by the network's personal-data head, lets eponyms and measures stand, and
/// carries a name found once through the document. It errs towards finding: what it misses stays readable.
/// </summary>
public sealed class Deidentifier
{
    // A name or a place of the network counts from here on; recall matters more than precision.
    private const double Likely = 0.3;

    // What the clinical heads are this sure of, and surer than the personal-data head is, is no identifier.
    private const double SurelyClinical = 0.9;

    // The same where the personal-data head would rather say that it is none.
    private const double LikelyClinical = 0.7;

    private static readonly string[] Clinical = ["case", "chemical"];

    private readonly Tagger _tagger;

    internal Deidentifier(Tagger tagger) => _tagger = tagger;

    /// <summary>
    /// The identifiers of a text, in order, without overlaps. Throws <see cref="InvalidDataException"/> when the text is so
    /// made that it cannot be searched in bounded time: it must not pass as clean then.
    /// </summary>
    public IReadOnlyList<Identifier> Find(string text, CancellationToken cancellationToken = default)
    {
        var found = new IdentifierSet(text, EponymRules.Default);
        foreach (var (kind, pattern) in IdentifierPatterns.All)
        {
            cancellationToken.ThrowIfCancellationRequested();
            FindByForm(text, kind, pattern, found);
        }
        var tokens = Tokenizer.Tokenize(text);
        var sentences = LowerCaseSentence.AllOf(text, tokens);
        var tagged = _tagger.Tag(text, tokens, sentences, [Tagger.Personal, .. Clinical], cancellationToken);
        for (var s = 0; s < sentences.Count; s++)
        {
            var first = sentences[s].First;
            TextSpan SpanOf(TokenRun run) => new(tokens[first + run.First].Start, tokens[first + run.End - 1].End);
            foreach (var run in tagged[s].Runs[Tagger.Personal])
            {
                if (run.Score >= Likely && !IsMoreLikelyClinical(run, tagged[s]))
                    found.AddFromNetwork(run.Type, SpanOf(run));
            }
            foreach (var run in tagged[s].Likely)
            {
                if (IsWordOf(run.Type, SpanOf(run).Of(text)) && !IsMoreLikelyClinical(run, tagged[s]))
                    found.AddFromNetwork(run.Type, SpanOf(run));
            }
        }
        // Only now: the network knows more of an address.
        FindByForm(text, IdentifierKind.Place, IdentifierPatterns.Flat, found);
        found.ExtendAddresses();
        found.CarryNames(tokens);
        return found.InOrder();
    }

    // Dates, numbers and abbreviations that are no run of the best path are most often measures and tests.
    private static bool IsWordOf(string type, ReadOnlySpan<char> words) =>
        char.IsUpper(words[0])
        && words.IndexOfAnyInRange('a', 'z') > 0
        && (type == "Name" || (type == "Place" && words.Length > 3 && words.IndexOfAnyInRange('0', '9') < 0));

    // "Hgb 13.4, Plt 250" looks like an address to a network that learned addresses from letters.
    private static bool IsMoreLikelyClinical(TokenRun run, TaggedSentence tagged)
    {
        foreach (var head in Clinical)
        {
            foreach (var other in tagged.Runs[head])
            {
                if (
                    other.First < run.End
                    && run.First < other.End
                    && other.Calibrated >= (run.Score < 0.5 ? LikelyClinical : SurelyClinical)
                    && other.Calibrated > run.Score
                )
                    return true;
            }
        }
        return false;
    }

    private static void FindByForm(string text, IdentifierKind kind, Regex pattern, IdentifierSet found)
    {
        try
        {
            foreach (Match match in pattern.Matches(text))
            {
                Capture part = match.Groups["v"] is { Success: true } value ? value : match;
                found.Add(kind, new TextSpan(part.Index, part.Index + part.Length));
            }
        }
        catch (RegexMatchTimeoutException e)
        {
            throw new InvalidDataException("The text cannot be searched for identifiers in bounded time.", e);
        }
    }

    /// <summary>The text with every identifier replaced by its kind in brackets.</summary>
    public string Mask(string text, CancellationToken cancellationToken = default) =>
        Replacement.Apply(text, Find(text, cancellationToken), static i => $"[{i.KindName.ToUpperInvariant()}]");

    /// <summary>
    /// The text with every identifier replaced by an invented one of its kind, the same for the same words in all texts of
    /// <paramref name="patient"/>; dates are shifted by the patient's days.
    /// </summary>
    public string Surrogates(string text, PatientSurrogates patient, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(patient);
        var identifiers = Find(text, cancellationToken);
        return Replacement.Apply(text, identifiers, new SurrogateSource(patient, identifiers).For);
    }

    /// <summary>The text with dates shifted by <paramref name="days"/> and every other identifier masked.</summary>
    public string ShiftDates(string text, int days, CancellationToken cancellationToken = default) =>
        Replacement.Apply(
            text,
            Find(text, cancellationToken),
            i =>
                i.Kind == IdentifierKind.Date
                    ? DateShift.Shift(i.Text, days) ?? "[DATE]"
                    : $"[{i.KindName.ToUpperInvariant()}]"
        );
}
