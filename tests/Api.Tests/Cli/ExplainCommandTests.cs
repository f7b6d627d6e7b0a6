using System.Text;
using System.Text.Json;
using MedLedger.Api.Cli;

namespace MedLedger.Api.Tests.Cli;

public sealed class ExplainCommandTests : IDisposable
{
    private const string Permit = """
        {"resourceType":"Consent","id":"c","status":"active",
        "scope":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/consentscope","code":"patient-privacy"}]},
        "patient":{"reference":"Patient/p"},
        "provision":{"type":"permit","provision":[{"type":"deny","code":[{"coding":[{"system":"http://loinc.org","code":"1-8"}]}]}]}}
        """;

    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task A_permit_and_a_deny_both_exit_0_and_say_which_rule_decided()
    {
        var consents = Write("c.json", Bundle(Permit));
        var permitted = await ExplainAsync(consents, Write("r.json", Request("2-8")));
        Assert.Equal((ExitCode.Good, "permit"), (permitted.ExitCode, Decision(permitted)));
        Assert.Equal("Consent/c", permitted.Json.GetProperty("consent").GetString());
        Assert.Equal("provision", permitted.Json.GetProperty("provision").GetString());
        Assert.Equal(JsonValueKind.Array, permitted.Json.GetProperty("obligations").ValueKind);

        var denied = await ExplainAsync(consents, Write("r.json", Request("1-8")));
        Assert.Equal((ExitCode.Good, "deny"), (denied.ExitCode, Decision(denied)));
        Assert.Equal("forbidden", denied.Json.GetProperty("reason").GetString());
        Assert.Equal("provision.provision[0]", denied.Json.GetProperty("provision").GetString());
        Assert.NotEqual(0, denied.Json.GetProperty("trace").GetArrayLength());
        Assert.NotEqual(0, denied.Json.GetProperty("whatIf").GetArrayLength());
    }

    [Fact]
    public async Task Options_come_in_any_order_and_consents_are_a_bundle_one_consent_or_a_folder_of_either()
    {
        var request = Write("r.json", Request("2-8"));
        var one = Write("one/a.json", Permit);
        Write("one/b.json", Bundle(Permit.Replace("\"c\"", "\"d\"", StringComparison.Ordinal)));
        Write("one/notes.txt", "not looked at");
        Write("veto/a.json", Permit);
        Write(
            "veto/b.json",
            Bundle(
                """{"resourceType":"Patient","id":"p"}""",
                Permit.Replace("permit", "deny", StringComparison.Ordinal)
            )
        );
        Assert.Equal(
            "permit",
            Decision(await CommandRun.Of("explain", "--json", "--request", request, "--consents", one))
        );
        Assert.Equal(
            "permit",
            Decision(
                await CommandRun.Of(
                    "--json",
                    "explain",
                    "--consents",
                    Path.GetDirectoryName(one)!,
                    "--request",
                    request
                )
            )
        );
        Assert.Equal("deny", Decision(await ExplainAsync(_folder.File("veto"), request)));
        Assert.Equal("deny", Decision(await ExplainAsync(Write("none.json", Bundle()), request)));
    }

    [Fact]
    public async Task Wrong_flags_and_missing_files_exit_2()
    {
        var consents = Write("c.json", Permit);
        string[][] wrong =
        [
            ["explain"],
            ["explain", "--consents", consents],
            ["explain", "--request", consents],
            ["explain", "--batch", _folder.Path, "--request", consents],
            ["explain", "--consents", consents, "--request", _folder.File("none.json")],
            ["explain", "--consents", _folder.File("none"), "--request", consents],
            ["explain", "--batch", _folder.File("none")],
            ["explain", "--consents", consents, "--request", consents, "--loud"],
        ];
        foreach (var args in wrong)
            Assert.Equal(
                (string.Join(' ', args), ExitCode.Usage),
                (string.Join(' ', args), (await CommandRun.Of(args)).ExitCode)
            );
    }

    public static TheoryData<string, string, string> Unreadable =>
        new()
        {
            { "consents cut off", "{\"resourceType\":\"Bundle\"", Request("2-8") },
            {
                "consents twice named",
                Permit.Replace("\"status\"", "\"id\":\"x\",\"status\"", StringComparison.Ordinal),
                Request("2-8")
            },
            { "consents nested 10,000 deep", Deep(10_000), Request("2-8") },
            { "request cut off", Permit, Request("2-8")[..40] },
            {
                "request twice named",
                Permit,
                Request("2-8").Replace("\"role\"", "\"patient\":\"Patient/q\",\"role\"", StringComparison.Ordinal)
            },
            { "request a list", Permit, "[]" },
            { "no bytes", Permit, "" },
        };

    [Theory]
    [MemberData(nameof(Unreadable))]
    public async Task What_cannot_be_read_denies_and_exits_1(string name, string consents, string request)
    {
        var run = await ExplainAsync(Write("c.json", consents), Write("r.json", request));
        Assert.Equal((name, ExitCode.Refused, "deny"), (name, run.ExitCode, Decision(run)));
    }

    [Fact]
    public async Task Rules_nested_more_than_100_levels_of_json_are_still_read()
    {
        // 30 rules in each other are 62 levels, an extension of 60 more in the deepest is JSON of over 120 levels
        var extension =
            string.Concat(Enumerable.Repeat("{\"url\":\"u:x\",\"extension\":[", 30))
            + """{"url":"u:y","valueCode":"z"}"""
            + string.Concat(Enumerable.Repeat("]}", 30));
        var rules =
            string.Concat(Enumerable.Repeat("{\"type\":\"permit\",\"provision\":[", 29))
            + $$"""{"type":"permit","extension":[{{extension}}]}"""
            + string.Concat(Enumerable.Repeat("]}", 29));
        var consent = Permit[..Permit.IndexOf("\"provision\"", StringComparison.Ordinal)] + $"\"provision\":{rules}}}";
        var run = await ExplainAsync(Write("c.json", consent), Write("r.json", Request("2-8")));
        Assert.Equal((ExitCode.Good, "permit"), (run.ExitCode, Decision(run)));
    }

    [Fact]
    public async Task A_batch_prints_a_line_for_each_case_and_goes_on_after_an_unreadable_one()
    {
        string[] names = ["1", "007", "00000000000000000012", "2", "3", "4", "123456789012345678901234567890"];
        foreach (var name in names)
        {
            Write($"b/{name}.consents.json", Bundle(Permit));
            Write($"b/{name}.request.json", Request("2-8"));
        }
        Write("b/2.consents.json", "{");
        Write("b/3.request.json", Deep(10_000));
        File.Delete(_folder.File("b", "4.request.json"));
        Write("b/notes.json", "{}");
        var run = await CommandRun.Of("explain", "--batch", _folder.File("b"), "--json");
        Assert.Equal(ExitCode.Good, run.ExitCode);
        var lines = run
            .Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => JsonDocument.Parse(line).RootElement)
            .ToDictionary(
                e => e.GetProperty("case").GetString()!,
                e => e.GetProperty("decision").GetString(),
                StringComparer.Ordinal
            );
        Assert.Equal(names.Order(StringComparer.Ordinal), lines.Keys.Order(StringComparer.Ordinal));
        Assert.All(names, name => Assert.Equal(name is "2" or "3" or "4" ? "deny" : "permit", lines[name]));
    }

    public void Dispose() => _folder.Dispose();

    private static string? Decision(CommandRun run) => run.Json.GetProperty("decision").GetString();

    private static Task<CommandRun> ExplainAsync(string consents, string request) =>
        CommandRun.Of("explain", "--consents", consents, "--request", request, "--json");

    private static string Bundle(params string[] resources) =>
        $$"""{"resourceType":"Bundle","type":"collection","entry":[{{string.Join(
            ',',
            resources.Select(resource => $"{{\"resource\":{resource}}}")
        )}}]}""";

    private static string Request(string loinc) =>
        $$$"""
            {"patient":"Patient/p","actor":["Practitioner/a"],"role":[],"purpose":"TREAT","action":"access",
            "time":"2026-06-15T12:00:00Z","resource":{"reference":"Observation/o","type":"Observation",
            "codes":[{"system":"http://loinc.org","code":"{{{loinc}}}"}],"labels":[]}}
            """;

    private static string Deep(int levels) =>
        new StringBuilder("""{"resourceType":"Consent","x":""")
            .Append('[', levels)
            .Append(']', levels)
            .Append('}')
            .ToString();

    private string Write(string name, string content)
    {
        var path = _folder.File(name.Split('/'));
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, content);
        return path;
    }
}
