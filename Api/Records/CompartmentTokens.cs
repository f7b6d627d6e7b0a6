using MedLedger.Api.Persistence;

namespace MedLedger.Api.Records;

/// <summary>
/// The rows of the search index of one compartment: record keys in ascending order, with the tokens of each. It is kept with
/// the compartment's leaves for as long as these are the current ones: every write to the rows makes new leaves.
/// </summary>
internal sealed class CompartmentTokens
{
    private const string RowsOf = "SELECT RecordKey, Tokens FROM search WHERE PatientKey = $0";

    private readonly string[] _keys;
    private readonly int[] _ends;
    private readonly byte[] _tokens;

    private CompartmentTokens(string[] keys, int[] ends, byte[] tokens) =>
        (_keys, _ends, _tokens) = (keys, ends, tokens);

    /// <summary>Looks at each row: the record's key, and its tokens (<see cref="BlindTokens"/>).</summary>
    public void Each(Action<string, ReadOnlySpan<byte>> look)
    {
        var start = 0;
        for (var i = 0; i < _keys.Length; i++)
        {
            look(_keys[i], _tokens.AsSpan(start, _ends[i] - start));
            start = _ends[i];
        }
    }

    /// <summary>The rows of a compartment as they are: those in memory, or those of the database.</summary>
    public static CompartmentTokens Of(LedgerContext context, string patientKey)
    {
        var before = context.Roots?.Changes ?? 1;
        var leaves = context.Roots?.Known(patientKey);
        if (leaves?.Tokens is { } known)
            return known;
        var read = Read(context, patientKey, leaves);
        // Even and the same: no write came in between.
        if (leaves is not null && before % 2 == 0 && before == context.Roots!.Changes)
            leaves.Tokens = read;
        return read;
    }

    private static CompartmentTokens Read(LedgerContext context, string patientKey, RecordLeaves? leaves)
    {
        var (keys, ends, tokens) = (new List<string>(), new List<int>(), new List<byte>());
        Query.Each(
            context,
            RowsOf,
            row =>
            {
                var key = row.GetString(0);
                keys.Add(leaves?.KeyOf(key) ?? key);
                tokens.AddRange(row.Span(1));
                ends.Add(tokens.Count);
                return true;
            },
            patientKey
        );
        return new CompartmentTokens([.. keys], [.. ends], [.. tokens]);
    }
}
