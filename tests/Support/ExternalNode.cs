using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Numerics;
using System.Text.Json;
using MedLedger.Api.Toolchain;
using MedLedger.Consent.Chain.Rpc;
using MedLedger.Crypto.Ethereum;

namespace MedLedger.Tests;

/// <summary>
/// A chain that is not ours: an anvil started apart, on one port for its whole life, which knows nothing of a journal.
/// Stopping it loses its state, as a reset does.
/// </summary>
public sealed class ExternalNode : IAsyncDisposable
{
    private readonly string _program;
    private readonly string _home = Directory.CreateTempSubdirectory("medledger-external-").FullName;
    private readonly JsonRpcClient _rpc;
    private readonly int _port = FreePort();
    private Process? _process;

    private ExternalNode(string program)
    {
        _program = program;
        Endpoint = new Uri($"http://127.0.0.1:{_port.ToString(CultureInfo.InvariantCulture)}/");
        _rpc = new JsonRpcClient(
            Endpoint,
            TimeProvider.System,
            new JsonRpcOptions { FirstPause = TimeSpan.FromMilliseconds(20), LongestPause = TimeSpan.FromSeconds(1) }
        );
        Client = new EthereumClient(_rpc);
    }

    /// <summary>Where it listens, also after a restart.</summary>
    public Uri Endpoint { get; }

    /// <summary>Asks it.</summary>
    public EthereumClient Client { get; }

    /// <summary>Starts one that makes a block for each transaction.</summary>
    public static async Task<ExternalNode> StartAsync(ulong chainId)
    {
        var program = await ChainNodeProgram.EnsureAsync(ChainNodeKind.Anvil);
        var node = new ExternalNode(program.File);
        await node.RunAsync(chainId);
        return node;
    }

    /// <summary>Starts the stopped program again: an empty chain at the same address.</summary>
    public async Task RunAsync(ulong chainId)
    {
        string[] arguments =
        [
            .. (string[])["--host", "127.0.0.1", "--port", _port.ToString(CultureInfo.InvariantCulture)],
            .. (string[])["--chain-id", chainId.ToString(CultureInfo.InvariantCulture), "--silent"],
            .. (string[])["--accounts", "1", "--enable-tx-gas-limit"],
        ];
        var start = new ProcessStartInfo(_program, arguments) { UseShellExecute = false, CreateNoWindow = true };
        start.Environment["HOME"] = _home;
        _process = Process.Start(start)!;
        await _rpc.CallAsync("eth_chainId", [], default);
    }

    /// <summary>Ends the program at once.</summary>
    public void Kill()
    {
        if (_process is null)
            return;
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        _process = null;
    }

    /// <summary>Gives an account ETH.</summary>
    public Task FundAsync(EthereumAddress account, int ether) =>
        CallAsync(
            "anvil_setBalance",
            account.ToString(),
            "0x" + (BigInteger.Pow(10, 18) * ether).ToString("x", CultureInfo.InvariantCulture)
        );

    /// <summary>Calls any method of the node.</summary>
    public Task<JsonElement> CallAsync(string method, params object?[] parameters) =>
        _rpc.CallAsync(method, parameters, default);

    public ValueTask DisposeAsync()
    {
        Kill();
        _rpc.Dispose();
        Directory.Delete(_home, recursive: true);
        return ValueTask.CompletedTask;
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
