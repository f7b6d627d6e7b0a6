using MedLedger.Api.Cli;
using MedLedger.Api.Tests.Cli;

namespace MedLedger.Api.Tests.Consents;

public sealed class DelegationTests : IDisposable
{
    private readonly ConsentFolder _folder = new();

    [Fact]
    public async Task A_parent_consents_for_a_minor_until_majority_and_a_guardian_revokes_at_once()
    {
        var birth = DateTime.UtcNow.AddYears(-10);
        var majority = birth.AddYears(18);
        await _folder.ImportAsync(
            $$"""{"resourceType":"Patient","id":"pat-1","birthDate":"{{birth:yyyy-MM-dd}}"}""",
            """{"resourceType":"RelatedPerson","id":"mother","patient":{"reference":"Patient/pat-1"}}""",
            """{"resourceType":"RelatedPerson","id":"guardian","patient":{"reference":"Patient/pat-1"}}""",
            """{"resourceType":"Patient","id":"pat-2"}"""
        );
        var open = Write("open.json", ConsentFolder.Consent("c", ConsentFolder.First));
        var bounded = Write("bounded.json", Until(majority.AddDays(-1)));
        var beyond = Write("beyond.json", Until(majority.AddDays(1)));

        // a RelatedPerson alone has no power
        await RefusedAsync("no recorded power", "consent", "add", bounded, "--as", "mother");
        await RefusedAsync("no such RelatedPerson", Delegate("nobody", "parent"));
        await RefusedAsync("no such RelatedPerson", [.. Delegate("mother", "parent"), "--patient", "pat-2"]);
        Assert.Equal(ExitCode.Good, (await _folder.Run(Delegate("mother", "parent", "consent"))).ExitCode);
        Assert.Equal(ExitCode.Good, (await _folder.Run(Delegate("guardian", "guardian"))).ExitCode);

        await RefusedAsync("does not end when the power", "consent", "add", open, "--as", "mother");
        await RefusedAsync("does not end when the power", "consent", "add", beyond, "--as", "mother");
        await RefusedAsync("beyond the stated power", "consent", "add", bounded, "--as", "guardian");
        var given = await _folder.Run("consent", "add", bounded, "--as", "RelatedPerson/mother", "--json");
        Assert.Equal((ExitCode.Good, ""), (given.ExitCode, given.ExitCode == ExitCode.Good ? "" : given.Error));
        Assert.Equal(1, given.Json.GetProperty("granted").GetArrayLength());
        var ended = await _folder.Run("consent", "revoke", "c", "--as", "guardian", "--json");
        Assert.Equal((ExitCode.Good, 1), (ended.ExitCode, ended.Json.GetProperty("revoked").GetArrayLength()));

        // of age by the place's rules: a parent no longer decides
        var settings = _folder.File("settings.json");
        File.WriteAllText(settings, """{"majority-age":"9"}""");
        await RefusedAsync(
            "the patient is of age",
            "consent",
            "add",
            bounded,
            "--as",
            "mother",
            "--settings",
            settings
        );
    }

    public void Dispose() => _folder.Dispose();

    private static string Until(DateTime day) =>
        ConsentFolder
            .Consent("c", ConsentFolder.First)
            .Replace(
                "\"provision\":{\"type\":\"permit\",",
                $"\"provision\":{{\"type\":\"permit\",\"period\":{{\"end\":\"{day:yyyy-MM-dd}\"}},",
                StringComparison.Ordinal
            );

    private static string[] Delegate(string person, string power, params string[] acts) =>
        [
            "consent",
            "delegate",
            .. acts.SelectMany(act => new[] { "--acts", act }),
            "--person",
            person,
            "--power",
            power,
            "--evidence",
            "DocumentReference/court-order",
            .. person == "mother" && acts.Length == 0 ? Array.Empty<string>() : ["--patient", "pat-1"],
        ];

    private async Task RefusedAsync(string why, params string[] args)
    {
        var run = await _folder.Run(args);
        Assert.Equal(ExitCode.Refused, run.ExitCode);
        Assert.Contains(why, run.Error, StringComparison.Ordinal);
    }

    private string Write(string name, string content)
    {
        File.WriteAllText(_folder.File(name), content);
        return _folder.File(name);
    }
}
