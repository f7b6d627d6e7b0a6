using MedLedger.Api.Cli;
using MedLedger.Api.Tests.Cli;

namespace MedLedger.Api.Tests.Identity;

public sealed class UserCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task Accounts_are_made_listed_disabled_and_reset()
    {
        var added = await Run("user", "add", "alva", "--role", "Clinician", "--for", "Organization/clinic", "--json");
        Assert.Equal(ExitCode.Good, added.ExitCode);
        var first = added.Json.GetProperty("oneTimePassword").GetString()!;
        Assert.Equal(26, first.Length);
        Assert.Equal(ExitCode.Refused, (await Run("user", "add", "alva", "--role", "Patient")).ExitCode);
        var users = (await Run("user", "list", "--json")).Json.GetProperty("users");
        Assert.Equal("Practitioner/alva", users[0].GetProperty("reference").GetString());

        Assert.Equal(ExitCode.Good, (await Run("token", "--user", "alva", "--purpose", "TREAT")).ExitCode);
        Assert.Equal(ExitCode.Good, (await Run("user", "disable", "alva")).ExitCode);
        Assert.Equal(ExitCode.Refused, (await Run("token", "--user", "alva", "--purpose", "TREAT")).ExitCode);
        Assert.Equal(ExitCode.Good, (await Run("user", "enable", "alva")).ExitCode);

        var reset = await Run("user", "reset", "alva");
        Assert.NotEqual(first, reset.Output.TrimEnd(), StringComparer.Ordinal);
        Assert.Equal(26, reset.Output.TrimEnd().Length);
        Assert.DoesNotContain(reset.Output.TrimEnd(), reset.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Unknown_users_purposes_and_wider_scopes_are_refused()
    {
        await Run("user", "add", "pat", "--role", "Patient");
        Assert.Equal(ExitCode.Refused, (await Run("token", "--user", "nobody", "--purpose", "TREAT")).ExitCode);
        Assert.Equal(ExitCode.Refused, (await Run("token", "--user", "pat", "--purpose", "FUN")).ExitCode);
        Assert.Equal(
            ExitCode.Refused,
            (await Run("token", "--user", "pat", "--purpose", "TREAT", "--scope", "system/*.c")).ExitCode
        );
        Assert.Equal(ExitCode.Usage, (await Run("user", "add", "Not A Name", "--role", "Patient")).ExitCode);
        Assert.Equal(
            ExitCode.Usage,
            (await Run("user", "add", "q", "--role", "Patient", "--reference", "Practitioner/q")).ExitCode
        );
        Assert.Equal(ExitCode.Refused, (await Run("user", "reset", "nobody")).ExitCode);
    }

    [Fact]
    public async Task A_token_is_the_last_line_and_neither_it_nor_the_database_names_anybody()
    {
        await Run("user", "add", "zacharias", "--role", "Patient", "--reference", "Patient/zebedee-7");
        var token = (await Run("token", "--user", "zacharias", "--purpose", "PATRQT")).Output.TrimEnd().Split('\n')[^1];
        var payload = token.Split('.')[1];
        var claims = System.Text.Encoding.UTF8.GetString(System.Buffers.Text.Base64Url.DecodeFromChars(payload));
        Assert.Contains("PATRQT", claims, StringComparison.Ordinal);
        Assert.DoesNotContain("zacharias", claims, StringComparison.Ordinal);
        Assert.DoesNotContain("zebedee", claims, StringComparison.Ordinal);
        foreach (var file in Directory.GetFiles(_folder.File("data")))
        {
            var bytes = System.Text.Encoding.Latin1.GetString(await File.ReadAllBytesAsync(file));
            Assert.DoesNotContain("zacharias", bytes, StringComparison.Ordinal);
            Assert.DoesNotContain("zebedee", bytes, StringComparison.Ordinal);
        }
    }

    public void Dispose() => _folder.Dispose();

    private Task<CommandRun> Run(params string[] args) =>
        CommandRun.Of([.. args, "--data", _folder.File("data"), "--key-file", _folder.File("master.key")]);
}
