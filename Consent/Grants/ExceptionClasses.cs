using System.Text;
using System.Text.Json;
using MedLedger.Consent.Access;
using MedLedger.Consent.Directives;
using MedLedger.Consent.Vault;
using MedLedger.Crypto.Sealing;

namespace MedLedger.Consent.Grants;

/// <summary>
/// The exception classes in force for one patient: which of the upper eight label bits the patient's records carry, and
/// for what. Sealed under the compartment's key, since a class names what the patient wants to keep apart.
/// </summary>
public sealed class ExceptionClasses
{
    private const string Label = "exception-classes";

    /// <summary>All eight bits: what a record carries while it cannot be known which it should.</summary>
    public const uint AllBits = ~Vocabulary.AllLabels;

    /// <param name="all">Each bit at most once.</param>
    /// <exception cref="ArgumentException">A bit twice.</exception>
    public ExceptionClasses(IReadOnlyList<ExceptionClass> all)
    {
        ArgumentNullException.ThrowIfNull(all);
        if (all.DistinctBy(one => one.Bit).Count() != all.Count)
            throw new ArgumentException("An exception bit stands for one class.", nameof(all));
        All = all;
    }

    /// <summary>No record is set apart.</summary>
    public static ExceptionClasses None { get; } = new([]);

    /// <summary>The classes.</summary>
    public IReadOnlyList<ExceptionClass> All { get; }

    /// <summary>The exception bits of a record; the 24 bits below are 0.</summary>
    public uint BitsOf(ResourceFacts record)
    {
        ArgumentNullException.ThrowIfNull(record);
        return All.Where(one => one.Carries(record)).Aggregate(0u, (bits, one) => bits | (1u << one.Bit));
    }

    /// <summary>Whether the same criteria have the same bits.</summary>
    public bool SameAs(ExceptionClasses other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return All.Select(one => (one.Bit, one.Key)).ToHashSet().SetEquals(other.All.Select(one => (one.Bit, one.Key)));
    }

    /// <summary>Seals them for the store; null when the compartment's keys cannot be had.</summary>
    public byte[]? Seal(RecordVault vault, string patientKey)
    {
        ArgumentNullException.ThrowIfNull(vault);
        using var kek = vault.OpenEncryptionKey(patientKey);
        return kek is null
            ? null
            : SealedBytes.Seal(
                kek,
                Label,
                Encoding.ASCII.GetBytes(patientKey),
                JsonSerializer.SerializeToUtf8Bytes(All.Select(one => one.ToStored()))
            );
    }

    /// <summary>
    /// Opens what <see cref="Seal"/> made; nothing sealed is no class. Null when the keys cannot be had or the row is
    /// damaged: then nobody knows what the bits mean.
    /// </summary>
    public static ExceptionClasses? Open(RecordVault vault, string patientKey, byte[] sealedClasses)
    {
        ArgumentNullException.ThrowIfNull(vault);
        ArgumentNullException.ThrowIfNull(sealedClasses);
        if (sealedClasses.Length == 0)
            return None;
        using var kek = vault.OpenEncryptionKey(patientKey);
        if (kek is null)
            return null;
        var json = SealedBytes.Open(kek, Label, Encoding.ASCII.GetBytes(patientKey), sealedClasses);
        if (json is null || JsonSerializer.Deserialize<List<StoredClass>>(json) is not { } stored)
            return null;
        return new ExceptionClasses([.. stored.Select(one => one.ToClass())]);
    }
}

/// <summary>An exception class as it is sealed: the criteria as they were read, what could not be read included.</summary>
internal sealed record StoredClass(
    int Bit,
    bool Outside,
    RuleCoding[]? Classes,
    RuleCoding[]? Labels,
    RuleConcept[]? Codes,
    StoredPeriod? Days,
    StoredData[]? Data
)
{
    public ExceptionClass ToClass() =>
        new(
            Bit,
            new Provision
            {
                Path = "record",
                Type = RuleType.Deny,
                Classes = Classes,
                SecurityLabels = Labels,
                Codes = Codes,
                DataPeriod = Days is null ? null : new FhirPeriod(Days.Start, Days.End, Days.IsReadable),
                Data = Data is null
                    ? null
                    : [.. Data.Select(entry => new DataRule(entry.Meaning, FhirReference.Parse(entry.Reference)))],
            },
            Outside
        );
}

/// <summary>The texts of a period; one that could not be evaluated stays so.</summary>
internal sealed record StoredPeriod(string? Start, string? End, bool IsReadable);

/// <summary>One entry of <c>provision.data</c>; a reference without text equals nothing.</summary>
internal sealed record StoredData(DataMeaning Meaning, string? Reference);
