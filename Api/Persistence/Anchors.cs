using Microsoft.EntityFrameworkCore;

namespace MedLedger.Api.Persistence;

/// <summary>A record root that was anchored on the chain.</summary>
internal sealed class AnchorRow
{
    /// <summary>From 1, in the order of anchoring.</summary>
    public required long Number { get; init; }

    /// <summary>The global record root, 32 bytes big-endian.</summary>
    public required byte[] Root { get; init; }

    /// <summary>Records in the tree.</summary>
    public required long Size { get; init; }

    /// <summary>Unix seconds of the block; null until it is seen in a block.</summary>
    public long? Time { get; set; }
}

/// <summary>The sequence of anchored record roots.</summary>
internal static class Anchors
{
    /// <summary>The number of the anchor that leaves written now will be part of.</summary>
    public static async Task<long> PendingAsync(LedgerContext context, CancellationToken cancellation) =>
        (await context.Anchors.MaxAsync(a => (long?)a.Number, cancellation) ?? 0) + 1;
}
