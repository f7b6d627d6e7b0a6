using System.Numerics;
using MedLedger.Consent.Chain.Abi;
using MedLedger.Consent.Chain.Rpc;
using MedLedger.Consent.Chain.Transactions;
using MedLedger.Crypto.Ethereum;
using MedLedger.Crypto.Fields;

namespace MedLedger.Consent.Chain.Contracts;

/// <summary>The states of an analysis, in the contract's order.</summary>
public enum LedgerStatus
{
    /// <summary>The nullifier is free.</summary>
    None,

    /// <summary>Reserved, nothing published yet.</summary>
    Reserved,

    /// <summary>Published, not verified on the chain yet.</summary>
    Published,

    /// <summary>Every part's proof was verified on the chain.</summary>
    Verified,

    /// <summary>A part's proof does not hold.</summary>
    Refuted,

    /// <summary>Reserved, and not published in time.</summary>
    Expired,

    /// <summary>Published, and not verified within a day.</summary>
    Unproven,
}

/// <summary>A ledger entry; <paramref name="Time"/> is the block time of its last change.</summary>
public sealed record LedgerEntry(LedgerStatus Status, byte Ledger, ulong Time, BigInteger Hash);

/// <summary>The public signals that all parts of an analysis share (PROTOCOL, section 4).</summary>
public sealed record LedgerStatement
{
    /// <summary>Root of the consent tree.</summary>
    public required Fr ConsentRoot { get; init; }

    /// <summary>Root of the record tree.</summary>
    public required Fr RecordRoot { get; init; }

    /// <summary>Root of the model tree.</summary>
    public required Fr ModelRoot { get; init; }

    /// <summary>Root of the enrolment tree.</summary>
    public required Fr EnrolRoot { get; init; }

    /// <summary>Block time of the reservation.</summary>
    public required ulong AsOf { get; init; }

    /// <summary>Q.</summary>
    public required Fr RequestCommitment { get; init; }

    /// <summary>Names the consent registry.</summary>
    public required Fr RegistryId { get; init; }

    /// <summary>Who keeps the patient's key.</summary>
    public required byte Custody { get; init; }

    internal object[] ToAbi() =>
        [ConsentRoot, RecordRoot, ModelRoot, EnrolRoot, AsOf, RequestCommitment, RegistryId, Custody];

    internal static LedgerStatement FromAbi(AbiValues values) =>
        new()
        {
            ConsentRoot = Fr.FromBigInteger(values.Integer("consentRoot")),
            RecordRoot = Fr.FromBigInteger(values.Integer("recordRoot")),
            ModelRoot = Fr.FromBigInteger(values.Integer("modelRoot")),
            EnrolRoot = Fr.FromBigInteger(values.Integer("enrolRoot")),
            AsOf = values.UInt64("asOf"),
            RequestCommitment = Fr.FromBigInteger(values.Integer("requestCommitment")),
            RegistryId = Fr.FromBigInteger(values.Integer("registryId")),
            Custody = (byte)values.Integer("custody"),
        };
}

/// <summary>Which appearance of each root a statement means, from 0.</summary>
public readonly record struct RootAppearances(uint Consent, uint Record, uint Model, uint Enrolment)
{
    internal object[] ToAbi() => [Consent, Record, Model, Enrolment];
}

/// <summary>
/// One part as published: the proof's eight coordinates in the contract's order (a.x, a.y, b.x imaginary, b.x real,
/// b.y imaginary, b.y real, c.x, c.y, as in EIP-197) and the result commitment O.
/// </summary>
public sealed record LedgerPart(IReadOnlyList<BigInteger> Coordinates, Fr ResultCommitment)
{
    internal object[] ToAbi()
    {
        if (Coordinates.Count != 8)
            throw new InvalidOperationException("A proof has eight coordinates.");
        object Pair(int i) => new object[] { Coordinates[i], Coordinates[i + 1] };
        return [new object[] { Pair(0), new object[] { Pair(2), Pair(4) }, Pair(6) }, ResultCommitment];
    }

    internal static LedgerPart FromAbi(AbiValues values)
    {
        var proof = values.Tuple("proof");
        var b = (object[])proof["b"];
        object[][] pairs = [(object[])proof["a"], (object[])b[0], (object[])b[1], (object[])proof["c"]];
        return new LedgerPart(
            [.. pairs.SelectMany(pair => pair).Cast<BigInteger>()],
            Fr.FromBigInteger(values.Integer("resultCommitment"))
        );
    }
}

/// <summary>The contract AnalysisLedger: every analysis, reserved, published, verified.</summary>
public sealed class AnalysisLedger(EthereumClient client, EthereumAddress address)
    : Contract(client, address, "AnalysisLedger")
{
    // eth_estimateGas answers too little for a pairing: an out-of-gas inside it can look like success
    private const ulong GasForVerification = 600_000;

    /// <summary>Reserves a use before any record is opened; its block time is <c>asOf</c>. Sent by a publisher.</summary>
    public TransactionRequest Reserve(Fr nullifier, Fr requestCommitment) =>
        Request("reserve", "reserve", [nullifier, requestCommitment]);

    /// <summary>Reserves again, for the same request, what another publisher let expire.</summary>
    public TransactionRequest ReserveAfter(Fr nullifier, Fr requestCommitment, EthereumAddress former) =>
        Request("reserve", "reserveAfter", [nullifier, requestCommitment, former]);

    /// <summary>Publishes the reserved analysis without verifying, 1 to 64 parts. Sent by the reservation's publisher, in a later second than asOf.</summary>
    public TransactionRequest Publish(
        Fr nullifier,
        LedgerStatement statement,
        RootAppearances appearances,
        IReadOnlyList<LedgerPart> parts
    ) => Request("publish", "publish", [nullifier, statement.ToAbi(), appearances.ToAbi(), ToAbi(parts)]);

    /// <summary>Publishes and verifies in one, 1 to 16 parts. Sent by anybody, for a reservation.</summary>
    /// <param name="nullifier">U.</param>
    /// <param name="publisher">Holder of the reservation.</param>
    /// <param name="statement">The shared signals.</param>
    /// <param name="appearances">Which appearance of each root.</param>
    /// <param name="parts">Proofs and result commitments in order.</param>
    /// <param name="replacedBody"><c>body</c> of the published entry to replace; null when only reserved.</param>
    public TransactionRequest PublishVerified(
        Fr nullifier,
        EthereumAddress publisher,
        LedgerStatement statement,
        RootAppearances appearances,
        IReadOnlyList<LedgerPart> parts,
        Bytes32? replacedBody = null
    ) =>
        Request(
            "publish verified",
            "publishVerified",
            [nullifier, publisher, statement.ToAbi(), appearances.ToAbi(), ToAbi(parts), replacedBody ?? Bytes32.Zero],
            200_000 + (GasForVerification * (ulong)parts.Count)
        );

    /// <summary>Verifies one part of a published analysis. Sent by anybody, for ever.</summary>
    public TransactionRequest Verify(
        Fr nullifier,
        EthereumAddress publisher,
        LedgerStatement statement,
        int part,
        IReadOnlyList<LedgerPart> parts
    ) =>
        Request(
            "verify",
            "verify",
            [
                nullifier,
                publisher,
                statement.ToAbi(),
                part,
                parts[part].ToAbi(),
                parts.Where((_, i) => i != part).Select(other => (object)PartHash(other)).ToArray(),
            ],
            GasForVerification + (30_000 * (ulong)parts.Count)
        );

    /// <summary>Keccak-256 of a part's ABI encoding, as the ledger keeps it.</summary>
    public static Bytes32 PartHash(LedgerPart part) =>
        new(Keccak256.Hash(AbiEncoder.Encode([PartType], [part.ToAbi()])));

    /// <summary>The entry of a nullifier.</summary>
    public async Task<LedgerEntry> EntryAsync(Fr nullifier, BlockId at, CancellationToken cancellation)
    {
        var entry = (object[])(await CallAsync("entryOf", at, cancellation, nullifier).ConfigureAwait(false))[0];
        return new LedgerEntry(
            (LedgerStatus)(int)(BigInteger)entry[0],
            (byte)(BigInteger)entry[1],
            (ulong)(BigInteger)entry[2],
            (BigInteger)entry[3]
        );
    }

    /// <summary>Seconds for which a reservation holds.</summary>
    public async Task<ulong> ReservationPeriodAsync(CancellationToken cancellation) =>
        (ulong)await IntegerAsync("reservationPeriod", cancellation).ConfigureAwait(false);

    /// <summary>The signal <c>context</c> as the contract computes it.</summary>
    public async Task<Fr> ContextAsync(CancellationToken cancellation) =>
        Fr.FromBigInteger(await IntegerAsync("context", cancellation).ConfigureAwait(false));

    /// <summary>Adds a consent registry, for ever. Sent by the administrator.</summary>
    public TransactionRequest AdmitRegistry(EthereumAddress registry) =>
        Request("admit registry", "admitRegistry", [registry]);

    private static AbiType PartType { get; } = AbiType.Parse("((uint256[2],uint256[2][2],uint256[2]),uint256)");

    private static object[] ToAbi(IReadOnlyList<LedgerPart> parts) => [.. parts.Select(part => part.ToAbi())];
}
