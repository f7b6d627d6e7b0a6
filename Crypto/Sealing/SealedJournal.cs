namespace MedLedger.Crypto.Sealing;

/// <summary>Seals entries of a journal (signed transactions, jobs) under a key of its own; never used for records.</summary>
public static class SealedJournal
{
    private const string Label = "journal";

    /// <summary>Seals one entry, bound to a context (its table and key) that is not secret.</summary>
    public static byte[] Seal(SecretKey journalKey, ReadOnlySpan<byte> context, ReadOnlySpan<byte> entry)
    {
        ArgumentNullException.ThrowIfNull(journalKey);
        return SealedBytes.Seal(journalKey, Label, context, entry);
    }

    /// <summary>The entry; null for anything that was not sealed with this key and context.</summary>
    public static byte[]? Open(SecretKey journalKey, ReadOnlySpan<byte> context, ReadOnlySpan<byte> sealedEntry)
    {
        ArgumentNullException.ThrowIfNull(journalKey);
        return SealedBytes.Open(journalKey, Label, context, sealedEntry);
    }
}
