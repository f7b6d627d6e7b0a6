using System.Buffers.Binary;
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
    public static byte[] Of(PreparedRecord record, PatientIndex index)
    {
        Span<byte> token = stackalloc byte[sizeof(ulong)];
        var tokens = new ulong[record.Terms.Count + 1];
        index.CutToken("", "_type", record.Type, token);
        tokens[0] = BinaryPrimitives.ReadUInt64BigEndian(token);
        for (var i = 1; i < tokens.Length; i++)
        {
            var (parameter, value) = record.Terms[i - 1];
            index.CutToken(record.Type, parameter, value, token);
            tokens[i] = BinaryPrimitives.ReadUInt64BigEndian(token);
        }
        Array.Sort(tokens);
        var row = new byte[tokens.Length * sizeof(ulong)];
        for (var i = 0; i < tokens.Length; i++)
            BinaryPrimitives.WriteUInt64BigEndian(row.AsSpan(i * sizeof(ulong)), tokens[i]);
        return row;
    }
}
