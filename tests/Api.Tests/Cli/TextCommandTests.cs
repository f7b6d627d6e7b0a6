using System.Text;
using System.Text.Json;
using MedLedger.Api.Cli;

namespace MedLedger.Api.Tests.Cli;

/// <summary><c>analyze</c> and <c>deidentify</c> on texts of every kind.</summary>
public sealed class TextCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task Offsets_count_the_units_of_the_text_as_read()
    {
        const string text = "\u1f600\ud83d\ude00 Jose\u0301:\r\n\tDenies fever.\r\n";
        var run = await CommandRun.Of("analyze", Written("note.txt", text), "--json");
        Assert.Equal(ExitCode.Good, run.ExitCode);
        var found = run.Json.GetProperty("findings").EnumerateArray().Single(f => Text(f) == "fever");
        Assert.Equal(text.IndexOf("fever", StringComparison.Ordinal), found.GetProperty("start").GetInt32());
        Assert.Equal("negated", found.GetProperty("assertion").GetString());
        Assert.Equal(64, run.Json.GetProperty("model").GetProperty("sha256").GetString()!.Length);
    }

    [Fact]
    public async Task A_batch_has_one_line_for_each_line_whatever_is_wrong_with_it()
    {
        string[] lines =
        [
            """{"id":1,"text":"Denies fever."}""",
            """{"id":"empty","text":""}""",
            """{"id":2}""",
            "rubbish",
            """{"id":3,"text":"Has asthma.","spans":[{"end":10,"type":"Problem"}]}""",
            """{"id":4,"text":"Has asthma.","spans":[{"start":4,"end":99,"type":"Problem"}]}""",
            """{"id":5,"text":"No asthma.","spans":[{"start":3,"end":9,"type":"Problem"}]}""",
        ];
        var run = await CommandRun.Of("analyze", Written("batch.ndjson", string.Join('\n', lines)), "--batch");
        Assert.Equal(ExitCode.Good, run.ExitCode);
        var answers = Lines(run);
        Assert.Equal(lines.Length, answers.Count);
        Assert.All(answers, a => Assert.Equal(JsonValueKind.Array, a.GetProperty("findings").ValueKind));
        Assert.Equal([2, 3, 4, 5], Enumerable.Range(0, 7).Where(i => answers[i].TryGetProperty("error", out _)));
        Assert.Equal("negated", answers[6].GetProperty("findings")[0].GetProperty("assertion").GetString());
    }

    [Fact]
    public async Task Bytes_that_are_no_text_spoil_their_own_line_only()
    {
        byte[] batch =
        [
            .. "\ufeff{\"id\":1,\"text\":\"Denies fever.\"}\r\n"u8,
            .. "{\"id\":2,\"text\":\"a"u8,
            0xff,
            0xfe,
            .. "b\"}\n\n"u8,
            .. "{\"id\":4,\"text\":\"\\ud800\"}\n"u8,
            .. Encoding.UTF8.GetBytes($"{{\"id\":5,\"text\":\"{new string('x', 1 << 20)}\"}}\n"),
            .. "{\"id\":6,\"text\":\"No asthma.\"}"u8,
        ];
        var path = _folder.File("batch.ndjson");
        await File.WriteAllBytesAsync(path, batch);
        var run = await CommandRun.Of("analyze", path, "--batch");
        Assert.Equal(ExitCode.Good, run.ExitCode);
        var answers = Lines(run);
        Assert.Equal(6, answers.Count);
        Assert.Equal([1, 2, 3], Enumerable.Range(0, 6).Where(i => answers[i].TryGetProperty("error", out _)));
        Assert.Equal("The line is not UTF-8 text.", answers[1].GetProperty("error").GetString());
        Assert.Equal(2, answers[1].GetProperty("id").GetInt32());
        Assert.Equal("fever", Text(answers[0].GetProperty("findings")[0]));
        Assert.Equal(6, answers[5].GetProperty("id").GetInt32());
        Assert.Equal("negated", answers[5].GetProperty("findings")[0].GetProperty("assertion").GetString());
    }

    [Fact]
    public async Task A_batch_of_texts_to_deidentify_never_gives_back_a_text_it_could_not_search()
    {
        var path = Written("batch.ndjson", "{\"id\":1,\"text\":\"SSN 123-45-6789.\"}\n{\"id\":2}");
        var answers = Lines(await CommandRun.Of("deidentify", "--batch", path));
        Assert.Equal("ssn", answers[0].GetProperty("identifiers")[0].GetProperty("kind").GetString());
        Assert.DoesNotContain("6789", answers[0].GetProperty("text").GetString(), StringComparison.Ordinal);
        Assert.Equal(0, answers[1].GetProperty("identifiers").GetArrayLength());
        Assert.False(answers[1].TryGetProperty("text", out _));
        Assert.True(answers[1].TryGetProperty("error", out _));
    }

    [Fact]
    public async Task The_batch_flag_stands_anywhere_and_takes_no_value()
    {
        var path = Written("batch.ndjson", """{"id":1,"text":"Denies fever."}""");
        string[][] lines =
        [
            ["--batch", "analyze", path],
            ["analyze", "--batch", path],
            ["analyze", path, "--head", "all", "--batch"],
            ["--batch", "--json", "analyze", path, "--head", "casereport"],
            ["--batch", "analyze", "--batch", path],
        ];
        foreach (var line in lines)
        {
            var run = await CommandRun.Of(line);
            Assert.True(run.ExitCode == ExitCode.Good, run.Error);
            Assert.Equal("fever", Text(Assert.Single(Lines(run)).GetProperty("findings")[0]));
            Assert.Contains("Analyzing: 1 documents", run.Error, StringComparison.Ordinal);
        }
        var masked = Lines(await CommandRun.Of("--batch", "deidentify", path));
        Assert.Equal("Denies fever.", Assert.Single(masked).GetProperty("text").GetString());
    }

    [Fact]
    public async Task The_batch_flag_is_refused_where_it_means_nothing()
    {
        var run = await CommandRun.Of("--batch", "patients", "--json", "--data", _folder.File("data"));
        Assert.Equal(ExitCode.Usage, run.ExitCode);
        Assert.Contains("--batch", run.Error, StringComparison.Ordinal);
        Assert.False(run.Json.GetProperty("ok").GetBoolean());
    }

    [Fact]
    public async Task A_summary_quotes_all_files()
    {
        string[] files = [Written("a", "Has asthma."), Written("b", "Denies fever. Mother had diabetes.")];
        var run = await CommandRun.Of(["analyze", .. files, "--summary", "--json"]);
        var summary = run.Json.GetProperty("summary").EnumerateArray().ToList();
        Assert.Equal(
            "Problems|Denied or excluded|In the family, not the patient",
            string.Join('|', summary.Select(p => p.GetProperty("heading").GetString()))
        );
        var quoted = summary[0].GetProperty("quotations")[0];
        Assert.Equal(
            (files[0], 4, 10),
            (
                quoted.GetProperty("source").GetString(),
                quoted.GetProperty("start").GetInt32(),
                quoted.GetProperty("end").GetInt32()
            )
        );
        var text = await CommandRun.Of(["analyze", .. files, "--summary"]);
        Assert.StartsWith("Problems:\n- \"asthma\"", text.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Lines_of_one_patient_move_their_dates_alike()
    {
        string[] lines =
        [
            """{"id":1,"patient":"a","text":"Seen on 03/14/2019."}""",
            """{"id":2,"patient":"a","text":"Seen on 03/16/2019."}""",
            """{"id":3,"patient":7,"text":"Seen on 03/16/2019."}""",
        ];
        var path = Written("batch.ndjson", string.Join('\n', lines));
        var answers = Lines(await CommandRun.Of("deidentify", "--batch", "--mode", "dates", path));
        var days = answers
            .Take(2)
            .Select(a => DateTime.ParseExact(a.GetProperty("text").GetString()![8..^1], "MM/dd/yyyy", null))
            .ToList();
        Assert.Equal(TimeSpan.FromDays(2), days[1] - days[0]);
        Assert.True(days[0] < new DateTime(2019, 2, 14, 0, 0, 0, DateTimeKind.Unspecified));
        Assert.True(answers[2].TryGetProperty("error", out _));
    }

    [Fact]
    public async Task Html_and_rtf_are_read_as_their_words_and_found_by_the_offsets_of_the_file()
    {
        const string html =
            "<html><head><title>Dr. Hollingsworth</title></head><p>No <b>fe</b>ver.<p>Has &quot;gout&quot;.";
        const string rtf = @"{\rtf1\ansi Mother had \b diabetes\b0 .}";
        var run = await CommandRun.Of("analyze", Written("a.html", html), Written("b", rtf), "--json", "--summary");
        Assert.Equal(ExitCode.Good, run.ExitCode);
        var documents = run.Json.GetProperty("documents");
        Assert.Equal("text/html", documents[0].GetProperty("contentType").GetString());
        Assert.Equal("application/rtf", documents[1].GetProperty("contentType").GetString());
        var fever = documents[0].GetProperty("findings").EnumerateArray().Single(f => Text(f) == "fever");
        Assert.Equal("negated", fever.GetProperty("assertion").GetString());
        Assert.Equal("fe</b>ver", Of(html, fever));
        Assert.Equal("No", Of(html, fever.GetProperty("cue")));
        var diabetes = documents[1].GetProperty("findings").EnumerateArray().Single(f => Text(f) == "diabetes");
        Assert.Equal("family", diabetes.GetProperty("assertion").GetString());
        Assert.Equal("diabetes", Of(rtf, diabetes));
        var problems = run.Json.GetProperty("summary")[0].GetProperty("quotations");
        Assert.Equal("gout", Of(html, problems[0]));

        var masked = await CommandRun.Of(
            "deidentify",
            Written("c.html", "<p title='x'>Seen by Dr. <i>Holl</i>ingsworth.")
        );
        Assert.Equal("Seen by Dr. [NAME].", masked.Output);
    }

    [Fact]
    public async Task A_batch_line_says_its_content_type()
    {
        string[] lines =
        [
            """{"id":1,"text":"<p>No <b>fe</b>ver.","contentType":"text/html"}""",
            """{"id":2,"text":"No fever.","contentType":"image/png"}""",
            """{"id":3,"text":"No fever.","contentType":7}""",
            """{"id":4,"text":"<p>Gout","contentType":"text/html","spans":[]}""",
        ];
        var path = Written("batch.ndjson", string.Join('\n', lines));
        var answers = Lines(await CommandRun.Of("analyze", "--batch", path));
        var fever = Assert.Single(answers[0].GetProperty("findings").EnumerateArray());
        Assert.Equal((9, 18), (fever.GetProperty("start").GetInt32(), fever.GetProperty("end").GetInt32()));
        Assert.All(answers.Skip(1), a => Assert.True(a.TryGetProperty("error", out _)));
        answers = Lines(await CommandRun.Of("deidentify", "--batch", path));
        Assert.Equal("No fever.", answers[0].GetProperty("text").GetString());
        Assert.All(answers.Skip(1).Take(2), a => Assert.False(a.TryGetProperty("text", out _)));
    }

    [Fact]
    public async Task Several_files_are_several_documents()
    {
        var run = await CommandRun.Of("analyze", Written("a", ""), Written("b", "Has asthma."), "--json");
        var documents = run.Json.GetProperty("documents");
        Assert.Equal(2, documents.GetArrayLength());
        Assert.Equal(0, documents[0].GetProperty("findings").GetArrayLength());
    }

    public void Dispose() => _folder.Dispose();

    private static string Of(string source, JsonElement placed) =>
        source[placed.GetProperty("start").GetInt32()..placed.GetProperty("end").GetInt32()];

    private static string? Text(JsonElement finding) => finding.GetProperty("text").GetString();

    private static List<JsonElement> Lines(CommandRun run) =>
        [
            .. run
                .Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(l => JsonDocument.Parse(l).RootElement),
        ];

    private string Written(string name, string text)
    {
        var path = _folder.File(name);
        File.WriteAllText(path, text);
        return path;
    }
}
