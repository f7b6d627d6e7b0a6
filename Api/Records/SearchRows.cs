using MedLedger.Consent.Vault;

namespace MedLedger.Api.Records;

/// <summary>What a record is found by in one compartment, as its row has it.</summary>
internal static class SearchRows
{
    /// <summary>The tokens of a record: cut, in ascending order.</summary>
    public static byte[] Join(IEnumerable<string> tokens)
    {
        var cut = tokens.Select(BlindTokens.Cut).ToList();
        cut.Sort(static (a, b) => a.AsSpan().SequenceCompareTo(b));
        return [.. cut.SelectMany(token => token)];
    }

    /// <summary>The tokens of a record that is written.</summary>
    public static byte[] Of(PreparedRecord record, PatientIndex index) =>
        Join(
            record
                .Terms.Select(term => index.Token(record.Type, term.Parameter, term.Value))
                .Prepend(index.Token("", "_type", record.Type))
        );
}
