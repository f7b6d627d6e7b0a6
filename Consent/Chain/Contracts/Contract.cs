using System.Numerics;
using System.Text;
using System.Text.Json;
using MedLedger.Consent.Chain.Abi;
using MedLedger.Consent.Chain.Rpc;
using MedLedger.Consent.Chain.Transactions;
using MedLedger.Crypto.Ethereum;

namespace MedLedger.Consent.Chain.Contracts;

/// <summary>A contract at an address: what can be asked of it, and the transactions that it takes.</summary>
public abstract class Contract
{
    private readonly EthereumClient _client;
    private readonly ContractArtifact _artifact;

    private protected Contract(EthereumClient client, EthereumAddress address, string name)
    {
        _client = client;
        Address = address;
        _artifact = ContractArtifact.Load(name);
    }

    /// <summary>Where it is.</summary>
    public EthereumAddress Address { get; }

    /// <summary>The administrator's role of OpenZeppelin's AccessControl.</summary>
    public static Bytes32 AdminRole => Bytes32.Zero;

    /// <summary>The identifier of a role: Keccak-256 of its name.</summary>
    public static Bytes32 Role(string name) => new(Keccak256.Hash(Encoding.ASCII.GetBytes(name)));

    /// <summary>Gives a role to an account. Sent by the administrator.</summary>
    public TransactionRequest GrantRole(string role, EthereumAddress account) =>
        Request($"grantRole {role}", "grantRole", [Role(role), account]);

    /// <summary>Whether an account has a role.</summary>
    public async Task<bool> HasRoleAsync(string role, EthereumAddress account, CancellationToken cancellation) =>
        (bool)(await CallAsync("hasRole", BlockId.Latest, cancellation, Role(role), account).ConfigureAwait(false))[0];

    private protected TransactionRequest Request(
        string purpose,
        string function,
        object[] arguments,
        ulong? gas = null
    ) =>
        new()
        {
            To = Address,
            Data = _artifact.Abi.Function(function).Encode(arguments),
            Gas = gas,
            Purpose = purpose,
        };

    private protected async Task<AbiValues> CallAsync(
        string function,
        BlockId at,
        CancellationToken cancellation,
        params object[] arguments
    )
    {
        var called = _artifact.Abi.Function(function);
        var output = await _client
            .CallAsync(new CallRequest(Address, called.Encode(arguments)), at, cancellation)
            .ConfigureAwait(false);
        return called.TryDecodeOutput(output, out var values)
            ? values
            : throw new JsonException(
                $"{_artifact.Name}.{function} at {Address} answered with something else: is it deployed there?"
            );
    }

    private protected async Task<BigInteger> IntegerAsync(
        string function,
        CancellationToken cancellation,
        params object[] arguments
    ) => (BigInteger)(await CallAsync(function, BlockId.Latest, cancellation, arguments).ConfigureAwait(false))[0];
}

/// <summary>A contract whose roots are valid in windows of time.</summary>
public abstract class WindowedContract : Contract
{
    private protected WindowedContract(EthereumClient client, EthereumAddress address, string name)
        : base(client, address, name) { }

    /// <summary>Whether the n-th appearance of a root was valid at a moment (Unix seconds).</summary>
    public async Task<bool> RootValidAtAsync(
        BigInteger root,
        uint appearance,
        ulong time,
        CancellationToken cancellation
    ) =>
        (bool)
            (
                await CallAsync("rootValidAt", BlockId.Latest, cancellation, root, appearance, time)
                    .ConfigureAwait(false)
            )[0];

    /// <summary>How often a root has appeared.</summary>
    public async Task<uint> AppearancesAsync(BigInteger root, CancellationToken cancellation) =>
        (uint)await IntegerAsync("appearances", cancellation, root).ConfigureAwait(false);

    /// <summary>The newest root, valid or not.</summary>
    public Task<BigInteger> RootAsync(CancellationToken cancellation) => IntegerAsync("root", cancellation);
}
