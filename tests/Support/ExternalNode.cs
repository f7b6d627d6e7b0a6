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
/// A chain that is not ours: an anvil or hardhat's node started apart, on one port for its whole life, which knows
/// nothing of a journal. Stopping it loses its state, as a reset does.
/// </summary>
public sealed class ExternalNode : IAsyncDisposable
{
    private readonly Func<int, ulong, ProcessStartInfo> _start;
    private readonly string _home = Directory.CreateTempSubdirectory("medledger-external-").FullName;
    private readonly JsonRpcClient _rpc;
    private readonly int _port = FreePort();
    private Process? _process;

    private ExternalNode(Func<int, ulong, ProcessStartInfo> start)
    {
        _start = start;
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
        return await StartAsync((port, id) => Anvil(program.File, port, id), chainId);
    }

    /// <summary>Starts hardhat's node, installed from the lock file in <c>contracts/tools/hardhat</c>.</summary>
    public static async Task<ExternalNode> StartHardhatAsync(ulong chainId)
    {
        var packages = await Toolchain.HardhatAsync();
        return await StartAsync((port, id) => Hardhat(packages, port, id), chainId);
    }

    /// <summary>Starts the stopped program again: an empty chain at the same address.</summary>
    public async Task RunAsync(ulong chainId)
    {
        var start = _start(_port, chainId);
        start.Environment["HOME"] = _home;
        _process = Process.Start(start)!;
        if (start.RedirectStandardOutput)
            _process.BeginOutputReadLine(); // nobody reads it, but a full pipe would stop the node
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
            "hardhat_setBalance",
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

    private static async Task<ExternalNode> StartAsync(Func<int, ulong, ProcessStartInfo> start, ulong chainId)
    {
        var node = new ExternalNode(start);
        await node.RunAsync(chainId);
        return node;
    }

    private static ProcessStartInfo Anvil(string program, int port, ulong chainId) =>
        new(
            program,
            [
                .. (string[])["--host", "127.0.0.1", "--port", port.ToString(CultureInfo.InvariantCulture)],
                .. (string[])["--chain-id", chainId.ToString(CultureInfo.InvariantCulture), "--silent"],
                .. (string[])["--accounts", "1", "--enable-tx-gas-limit"],
            ]
        )
        {
            UseShellExecute = false,
            CreateNoWindow = true,
        };

    private static ProcessStartInfo Hardhat(string packages, int port, ulong chainId)
    {
        var start = new ProcessStartInfo(
            "node",
            [
                Path.Combine(packages, "hardhat", "internal", "cli", "bootstrap.js"),
                .. (string[])["node", "--hostname", "127.0.0.1"],
                .. (string[])["--port", port.ToString(CultureInfo.InvariantCulture)],
            ]
        )
        {
            UseShellExecute = false,
            CreateNoWindow = true,
            RedirectStandardOutput = true,
            WorkingDirectory = Path.GetDirectoryName(packages)!,
        };
        start.Environment["HARDHAT_CHAIN_ID"] = chainId.ToString(CultureInfo.InvariantCulture);
        start.Environment["HARDHAT_DISABLE_TELEMETRY_PROMPT"] = "true";
        return start;
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
