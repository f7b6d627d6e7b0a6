using System.Text;
using MedLedger.Api.Cli;
using MedLedger.Api.Tests.Consents;

namespace MedLedger.Api.Tests.Cli;

public sealed class ConsentCommandTests : IDisposable
{
    private readonly ConsentFolder _folder = new();

    [Fact]
    public async Task Add_list_and_revoke()
    {
        await _folder.ImportPatientAsync();
        var file = Write("good.json", ConsentFolder.Consent("c-1", ConsentFolder.First));
        var added = await _folder.Run("consent", "add", file, "--json");
        Assert.Equal(ExitCode.Good, added.ExitCode);
        Assert.Equal("Consent/c-1", added.Json.GetProperty("consent").GetString());
        var leaf = Assert.Single(added.Json.GetProperty("granted").EnumerateArray()).GetString()!;
        Assert.Matches("^0x[0-9a-f]{64}$", leaf);

        var listed = await _folder.Run("consent", "list", "--json");
        var one = Assert.Single(listed.Json.GetProperty("consents").EnumerateArray());
        Assert.Equal(
            ("Consent/c-1", "Patient/pat-1", true),
            (
                one.GetProperty("id").GetString(),
                one.GetProperty("patient").GetString(),
                one.GetProperty("active").GetBoolean()
            )
        );

        var stranger = ConsentFolder.Consent("c-2", ConsentFolder.First, "Patient/nobody", []);
        var unknown = await _folder.Run("consent", "add", Write("unknown.json", stranger));
        Assert.Equal(ExitCode.Refused, unknown.ExitCode);
        Assert.Contains("not known here", unknown.Error, StringComparison.Ordinal);
        var taken = ConsentFolder.Consent("c-1", ConsentFolder.Second, "Patient/pat-2", []);
        var other = await _folder.Run("consent", "add", Write("taken.json", taken));
        Assert.Equal(ExitCode.Refused, other.ExitCode);
        Assert.Contains("taken", other.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Refused, (await _folder.Run("consent", "revoke", "c-2")).ExitCode);
        Assert.Equal(ExitCode.Refused, (await _folder.Run("consent", "revoke", "Observation/plain")).ExitCode);

        string[] receipt = ["consent", "receipt", "--patient", "pat-1", "--out", _folder.File("receipt.json")];
        var issued = await _folder.Run([.. receipt, "--json"]);
        Assert.Equal((ExitCode.Good, 1), (issued.ExitCode, issued.Json.GetProperty("granted").GetInt32()));
        var bytes = File.ReadAllBytes(_folder.File("receipt.json"));
        Assert.True(MedLedger.Consent.Receipts.SignedReceipt.Verify(bytes, null));
        Assert.Contains(leaf, Encoding.UTF8.GetString(bytes), StringComparison.Ordinal);
        Assert.Equal(ExitCode.Good, (await _folder.Run([.. receipt, "--format", "html"])).ExitCode);
        Assert.StartsWith("<!DOCTYPE html>", File.ReadAllText(_folder.File("receipt.json")), StringComparison.Ordinal);
        Assert.Equal(ExitCode.Usage, (await _folder.Run([.. receipt, "--format", "pdf"])).ExitCode);

        var revoked = await _folder.Run("consent", "revoke", "c-1", "--json");
        Assert.Equal(ExitCode.Good, revoked.ExitCode);
        Assert.Equal(leaf, Assert.Single(revoked.Json.GetProperty("revoked").EnumerateArray()).GetString());
        var after = await _folder.Run("consent", "list", "--json");
        Assert.False(after.Json.GetProperty("consents")[0].GetProperty("active").GetBoolean());
    }

    public static TheoryData<string, string> Unreadable =>
        new()
        {
            { "no JSON", "not JSON" },
            { "cut off", """{"resourceType":"Consent","id":"x" """ },
            { "another type", """{"resourceType":"Basic","id":"x","code":{"text":"y"}}""" },
            { "no type", """{"id":"x"}""" },
            {
                "no id",
                ConsentFolder.Consent("x", "Practitioner/a").Replace("\"id\":\"x\",", "", StringComparison.Ordinal)
            },
            {
                "nobody's",
                ConsentFolder
                    .Consent("x", "Practitioner/a")
                    .Replace("\"patient\":", "\"organisation\":", StringComparison.Ordinal)
            },
            { "a wrong id", ConsentFolder.Consent("../x", "Practitioner/a") },
            { "nested", Nested(10_000) },
            { "a Bundle", """{"resourceType":"Bundle","type":"collection"}""" },
            { "a list", "[]" },
            {
                "a name twice",
                ConsentFolder
                    .Consent("x", "Practitioner/a")
                    .Replace("\"status\"", "\"id\":\"y\",\"status\"", StringComparison.Ordinal)
            },
        };

    [Theory]
    [MemberData(nameof(Unreadable))]
    public async Task What_is_no_consent_is_refused_before_anything_is_opened(string name, string json)
    {
        var refused = await _folder.Run("consent", "add", Write("bad.json", json), "--json");
        Assert.Equal((name, ExitCode.Refused), (name, refused.ExitCode));
        Assert.False(refused.Json.GetProperty("ok").GetBoolean());
        Assert.False(Directory.Exists(_folder.File("data")));
    }

    [Fact]
    public async Task Wrong_flags_and_files_that_are_not_there_are_told_apart()
    {
        Assert.Equal(ExitCode.Usage, (await _folder.Run("consent", "add", _folder.File("none.json"))).ExitCode);
        Assert.Equal(ExitCode.Usage, (await _folder.Run("consent", "add")).ExitCode);
        Assert.Equal(ExitCode.Usage, (await _folder.Run("consent", "revoke")).ExitCode);
        Assert.Equal(ExitCode.Usage, (await _folder.Run("consent", "list", "--all")).ExitCode);
        var huge = Write("huge.json", new string(' ', (1 << 20) + 1));
        Assert.Equal(ExitCode.Refused, (await _folder.Run("consent", "add", huge)).ExitCode);
    }

    public void Dispose() => _folder.Dispose();

    private static string Nested(int depth)
    {
        var text = new StringBuilder("""{"resourceType":"Consent","id":"x","provision":""");
        for (var i = 0; i < depth; i++)
            text.Append("{\"provision\":[");
        return text.Append('}', depth).ToString();
    }

    private string Write(string name, string content)
    {
        File.WriteAllText(_folder.File(name), content);
        return _folder.File(name);
    }
}
