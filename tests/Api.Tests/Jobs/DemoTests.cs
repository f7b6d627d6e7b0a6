using System.Text;
using System.Text.Json;
using MedLedger.Api.Cli;
using MedLedger.Api.Samples;
using MedLedger.Api.Tests.Cli;

namespace MedLedger.Api.Tests.Jobs;

public sealed class DemoTests : IDisposable
{
    // Read from the samples: the names stand nowhere else in the project.
    private static readonly IReadOnlyList<string> Surnames = [.. SampleFiles.Patients.Select(Surname)];
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task The_whole_story_twice_then_an_erasure()
    {
        var first = await Run("demo", "--json");
        Assert.Equal((ExitCode.Good, ""), (first.ExitCode, first.ExitCode == ExitCode.Good ? "" : first.Error));
        var told = first.Json;
        Assert.True(told.GetProperty("ok").GetBoolean());
        Assert.Equal(4, told.GetProperty("patients").GetInt32());
        Assert.Equal(0, told.GetProperty("rejected").GetInt32());
        var denials = told.GetProperty("denials").EnumerateArray().Select(d => d.GetProperty("why").GetString());
        Assert.Equal("no-consent revoked", string.Join(' ', denials));
        var analyses = told.GetProperty("analyses").EnumerateArray().ToList();
        Assert.Equal(3, analyses.Count);
        foreach (var analysis in analyses)
        {
            Assert.True(analysis.GetProperty("verified").GetBoolean());
            Assert.True(analysis.GetProperty("verifiedOnChain").GetBoolean());
            Assert.True(analysis.GetProperty("findings").GetInt32() > 0);
            var parts = (analysis.GetProperty("records").GetInt32() + 13) / 14;
            Assert.Equal(parts, analysis.GetProperty("proofs").GetArrayLength());
        }
        await EvidenceHoldsAsync(
            analyses[0].GetProperty("evidence").GetString()!,
            told.GetProperty("trust").GetString()!
        );
        await OpeningsHoldAsync(
            analyses[0].GetProperty("evidence").GetString()!,
            told.GetProperty("trust").GetString()!
        );
        NothingInClear();

        var second = await Run("demo", "--json");
        Assert.Equal((ExitCode.Good, ""), (second.ExitCode, second.ExitCode == ExitCode.Good ? "" : second.Error));
        Assert.True(second.Json.GetProperty("log").GetProperty("verified").GetBoolean());

        var erased = await Run("erase", "--patient", "sample-b", "--json");
        Assert.Equal((ExitCode.Good, ""), (erased.ExitCode, erased.ExitCode == ExitCode.Good ? "" : erased.Error));
        var exported = await Run("export", "--patient", "sample-b", "--out", _folder.File("out.json"), "--json");
        Assert.Equal(ExitCode.Refused, exported.ExitCode);
    }

    public void Dispose() => _folder.Dispose();

    private async Task EvidenceHoldsAsync(string evidence, string trust)
    {
        var pinned = await CommandRun.Of("verify", evidence, "--trust", trust, "--json");
        Assert.Equal((ExitCode.Good, "valid"), (pinned.ExitCode, pinned.Json.GetProperty("result").GetString()));
        var loose = await CommandRun.Of("verify", evidence, "--json");
        Assert.Equal(ExitCode.Good, loose.ExitCode);
        Assert.Equal("consistent", loose.Json.GetProperty("result").GetString());
        Assert.False(loose.Json.GetProperty("pinned").GetBoolean());

        var text = await File.ReadAllTextAsync(evidence);
        var digits = Enumerable.Range(0, text.Length).Where(i => char.IsAsciiDigit(text[i])).ToList();
        foreach (var at in digits.Where((_, n) => n % (digits.Count / 12) == 0))
        {
            var changed = new StringBuilder(text) { [at] = text[at] == '9' ? '0' : (char)(text[at] + 1) };
            await File.WriteAllTextAsync(_folder.File("changed.json"), changed.ToString());
            var refused = await CommandRun.Of("verify", _folder.File("changed.json"), "--trust", trust, "--json");
            Assert.Equal(ExitCode.Refused, refused.ExitCode);
            Assert.NotNull(refused.Json.GetProperty("failed").GetString());
        }
    }

    // The compliance role's key travels as a file; another folder's key opens nothing.
    private async Task OpeningsHoldAsync(string evidence, string trust)
    {
        string[] line = ["verify", evidence, "--trust", trust, "--openings", "--json", "--compliance-key"];
        var (own, other) = (_folder.File("compliance.key"), _folder.File("other.key"));
        Assert.Equal(ExitCode.Good, (await Run("compliance-key", "--out", own)).ExitCode);
        string[] elsewhere = ["--data", _folder.File("elsewhere"), "--key-file", _folder.File("elsewhere.key")];
        Assert.Equal(ExitCode.Good, (await CommandRun.Of(["patients", .. elsewhere])).ExitCode);
        Assert.Equal(ExitCode.Good, (await CommandRun.Of(["compliance-key", "--out", other, .. elsewhere])).ExitCode);

        var opened = await CommandRun.Of([.. line, own]);
        Assert.Equal((ExitCode.Good, "valid"), (opened.ExitCode, opened.Json.GetProperty("result").GetString()));
        var refused = await CommandRun.Of([.. line, other]);
        Assert.Equal(
            (ExitCode.Refused, "openings"),
            (refused.ExitCode, refused.Json.GetProperty("failed").GetString())
        );
        Assert.Equal(ExitCode.Usage, (await CommandRun.Of([.. line, _folder.File("nothing")])).ExitCode);
    }

    private void NothingInClear()
    {
        foreach (var file in Directory.EnumerateFiles(_folder.File("data"), "*", SearchOption.AllDirectories))
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            if (Path.GetFileName(file) == "lock")
                continue;
            using var reader = new StreamReader(stream, Encoding.Latin1);
            var text = reader.ReadToEnd();
            Assert.DoesNotContain("sample-a", text, StringComparison.Ordinal);
            Assert.All(Surnames, name => Assert.DoesNotContain(name, text, StringComparison.OrdinalIgnoreCase));
        }
    }

    private static string Surname(string bundle)
    {
        using var json = JsonDocument.Parse(SampleFiles.Read(bundle));
        var patient = json
            .RootElement.GetProperty("entry")
            .EnumerateArray()
            .Select(entry => entry.GetProperty("resource"))
            .Single(resource => resource.GetProperty("resourceType").ValueEquals("Patient"));
        return patient.GetProperty("name")[0].GetProperty("family").GetString()!;
    }

    private Task<CommandRun> Run(params string[] args) =>
        CommandRun.Of([.. args, "--data", _folder.File("data"), "--key-file", _folder.File("master.key")]);
}
