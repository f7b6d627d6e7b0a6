using System.Globalization;
using System.Net;
using System.Net.Sockets;
using MedLedger.Api.Cli;

namespace MedLedger.Api.Tests.Cli;

public sealed class ServeCommandTests
{
    [Fact]
    public async Task A_port_that_is_taken_is_told_with_what_to_do()
    {
        using var folder = new TemporaryFolder();
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var port = ((IPEndPoint)other.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture);
        var served = await CommandRun.Of([
            .. (string[])["serve", "--urls", $"http://127.0.0.1:{port}", "--json"],
            .. (string[])["--data", folder.File("data"), "--key-file", folder.File("master")],
        ]);
        Assert.Equal(ExitCode.Machine, served.ExitCode);
        Assert.Contains(port, served.Error, StringComparison.Ordinal);
        Assert.Contains("--urls", served.Error, StringComparison.Ordinal);
        Assert.False(served.Json.GetProperty("ok").GetBoolean());
    }

    [Theory]
    [InlineData("http://0.0.0.0:0")]
    [InlineData("http://*:0")]
    [InlineData("http://192.0.2.1:80")]
    [InlineData("http://127.0.0.1:0;http://[::]:0")]
    [InlineData("https://0.0.0.0:0")]
    public async Task Without_a_certificate_only_loopback_addresses_are_served(string urls)
    {
        using var folder = new TemporaryFolder();
        string[] store = ["--data", folder.File("data"), "--key-file", folder.File("master")];
        var ran = await CommandRun.Of(["serve", "--urls", urls, .. store]);
        Assert.Equal(ExitCode.Usage, ran.ExitCode);
        Assert.Contains("TLS", ran.Error, StringComparison.OrdinalIgnoreCase);
        Assert.False(Directory.Exists(folder.File("data")));
    }

    [Theory]
    [InlineData("serve", "--chain", "ftp://chain.example")]
    [InlineData("demo", "--chain", "chain")]
    public async Task A_chain_that_is_no_address_is_a_wrong_flag(params string[] line)
    {
        using var folder = new TemporaryFolder();
        var ran = await CommandRun.Of([.. line, "--data", folder.File("data"), "--key-file", folder.File("master")]);
        Assert.Equal(ExitCode.Usage, ran.ExitCode);
    }
}
