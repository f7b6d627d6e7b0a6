using System.Globalization;
using System.Text.Json;
using MedLedger.Analytics.Context;
using MedLedger.Analytics.Text;

namespace MedLedger.Analytics.Deidentification;

/// <summary>Says which capitalised words are medicine, not people.</summary>
internal sealed class EponymRules
{
    // People after whom diseases, signs and instruments are called.
    private readonly HashSet<string> _names;

    // Those of them that are everyday names too: on their own, the network decides.
    private readonly HashSet<string> _shared;

    // Words that such a name stands before.
    private readonly HashSet<string> _heads;

    // Capitalised words of notes that are never a person's name on their own.
    private readonly HashSet<string> _ordinary;

    // Notes are full of them, addresses are not.
    private readonly HashSet<string> _shorthand;

    private EponymRules(JsonElement json)
    {
        json.Only("version", "names", "shared", "heads", "ordinary", "shorthand");
        _names = SetOf(json, "names");
        _shared = SetOf(json, "shared");
        _heads = SetOf(json, "heads");
        _ordinary = SetOf(json, "ordinary");
        _shorthand = SetOf(json, "shorthand");
    }

    /// <summary>The rules that ship with this assembly.</summary>
    public static EponymRules Default { get; } =
        StrictJson.Parse(
            EmbeddedRules.Read("eponyms.json"),
            "The eponym rules cannot be read.",
            json => new EponymRules(json)
        );

    /// <summary>Whether somebody of this name has something in medicine called after them.</summary>
    public bool IsEponym(string word) => _names.Contains(word);

    /// <summary>Whether an eponym is an everyday name as well ("Wilson").</summary>
    public bool IsShared(string word) => _shared.Contains(word);

    /// <summary>Whether the word is what eponyms stand before ("disease", "catheter").</summary>
    public bool IsHead(string word) => _heads.Contains(word);

    /// <summary>Whether the word is an everyday word of notes.</summary>
    public bool IsOrdinary(string word) => _ordinary.Contains(word);

    /// <summary>
    /// Whether words are a line of shorthand or of results, not an address: "34F G2P1 c/o HA", "Hgb 13.4, Plt 250".
    /// </summary>
    public bool IsShorthand(string words)
    {
        foreach (var part in words.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
        {
            var word = part.Trim(',', ';', '.', ':', '(', ')');
            if (
                _shorthand.Contains(word)
                || (word.Contains('.') && double.TryParse(word, CultureInfo.InvariantCulture, out _))
            )
                return true;
        }
        return false;
    }

    private static HashSet<string> SetOf(JsonElement json, string key) =>
        json.Texts(key).ToHashSet(StringComparer.OrdinalIgnoreCase);
}
