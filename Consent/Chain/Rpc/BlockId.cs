namespace MedLedger.Consent.Chain.Rpc;

/// <summary>Which block a question is about.</summary>
public abstract record BlockId
{
    private BlockId() { }

    /// <summary>The newest block.</summary>
    public static BlockId Latest { get; } = new Tag("latest");

    /// <summary>The newest block with the transactions that wait.</summary>
    public static BlockId Pending { get; } = new Tag("pending");

    /// <summary>The newest block that the network holds final.</summary>
    public static BlockId Finalized { get; } = new Tag("finalized");

    /// <summary>The block of a number, on whatever branch the node follows.</summary>
    public static BlockId At(ulong number) => new Tag(Quantity.Write(number));

    /// <summary>The block of a hash and no other (EIP-1898).</summary>
    public static BlockId At(Bytes32 hash) => new Hash(hash);

    internal object ToParameter() =>
        this switch
        {
            Tag tag => tag.Name,
            Hash hash => new { blockHash = hash.Value.ToString(), requireCanonical = true },
            _ => throw new System.Diagnostics.UnreachableException(),
        };

    internal sealed record Tag(string Name) : BlockId;

    internal sealed record Hash(Bytes32 Value) : BlockId;
}
