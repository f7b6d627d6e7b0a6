using System.Collections.Frozen;
using System.Text.Json;
using System.Text.Json.Serialization;
using MedLedger.Analytics.Context;

namespace MedLedger.Analytics.Deidentification;

/// <summary>The rules file <c>rules/eponyms.json</c>.</summary>
internal sealed record EponymRuleFile
{
    public required string Version { get; init; }

    /// <summary>People after whom diseases, signs and instruments are called.</summary>
    public required IReadOnlyList<string> Names { get; init; }

    /// <summary>Those of them that are everyday names too: on their own, the network decides.</summary>
    public required IReadOnlyList<string> Shared { get; init; }

    /// <summary>Words that such a name stands before.</summary>
    public required IReadOnlyList<string> Heads { get; init; }

    /// <summary>Capitalised words of notes that are never a person's name on their own.</summary>
    public required IReadOnlyList<string> Ordinary { get; init; }
}

/// <summary>Says which capitalised words are medicine, not people.</summary>
internal sealed class EponymRules
{
    private readonly FrozenSet<string> _names;
    private readonly FrozenSet<string> _shared;
    private readonly FrozenSet<string> _heads;
    private readonly FrozenSet<string> _ordinary;

    private EponymRules(EponymRuleFile file)
    {
        _names = file.Names.ToFrozenSet(StringComparer.OrdinalIgnoreCase);
        _shared = file.Shared.ToFrozenSet(StringComparer.OrdinalIgnoreCase);
        _heads = file.Heads.ToFrozenSet(StringComparer.OrdinalIgnoreCase);
        _ordinary = file.Ordinary.ToFrozenSet(StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>The rules that ship with this assembly.</summary>
    public static EponymRules Default { get; } =
        new(
            JsonSerializer.Deserialize(EmbeddedRules.Read("eponyms.json"), EponymContext.Default.EponymRuleFile)
                ?? throw new InvalidDataException("The eponym rules are empty.")
        );

    /// <summary>Whether somebody of this name has something in medicine called after them.</summary>
    public bool IsEponym(string word) => _names.Contains(word);

    /// <summary>Whether an eponym is an everyday name as well ("Wilson").</summary>
    public bool IsShared(string word) => _shared.Contains(word);

    /// <summary>Whether the word is what eponyms stand before ("disease", "catheter").</summary>
    public bool IsHead(string word) => _heads.Contains(word);

    /// <summary>Whether the word is an everyday word of notes.</summary>
    public bool IsOrdinary(string word) => _ordinary.Contains(word);
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow
)]
[JsonSerializable(typeof(EponymRuleFile))]
internal sealed partial class EponymContext : JsonSerializerContext;
