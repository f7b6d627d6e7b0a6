using MedLedger.Consent.Vault;

namespace MedLedger.Api.Records;

/// <summary>Blind tokens as rows of the search index have them: 8 bytes each, in ascending order.</summary>
internal static class BlindTokens
{
    private const int Size = 8;

    /// <summary>The token of a term.</summary>
    public static byte[] Of(PatientIndex index, string type, string parameter, string value) =>
        Cut(index.Token(type, parameter, value));

    /// <summary>A token of the index, cut to what rows have.</summary>
    public static byte[] Cut(string token) => Convert.FromHexString(token.AsSpan(0, 2 * Size));

    /// <summary>Whether a row has one token at least of each group.</summary>
    public static bool HasAll(ReadOnlySpan<byte> row, IReadOnlyList<byte[][]> groups)
    {
        foreach (var any in groups)
        {
            if (!HasAny(row, any))
                return false;
        }
        return true;
    }

    /// <summary>Whether a row has one of these tokens.</summary>
    public static bool HasAny(ReadOnlySpan<byte> row, byte[][] tokens)
    {
        foreach (var token in tokens)
        {
            if (Has(row, token))
                return true;
        }
        return false;
    }

    private static bool Has(ReadOnlySpan<byte> row, ReadOnlySpan<byte> token)
    {
        int low = 0,
            high = (row.Length / Size) - 1;
        while (low <= high)
        {
            var middle = (low + high) / 2;
            var order = row.Slice(middle * Size, Size).SequenceCompareTo(token);
            if (order == 0)
                return true;
            if (order < 0)
                low = middle + 1;
            else
                high = middle - 1;
        }
        return false;
    }
}
