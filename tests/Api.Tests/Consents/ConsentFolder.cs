using System.CommandLine;
using System.Text;
using MedLedger.Api.Cli;
using MedLedger.Api.Jobs;
using MedLedger.Api.Node;
using MedLedger.Api.Persistence;
using MedLedger.Api.Records;
using MedLedger.Api.Samples;
using MedLedger.Api.Tests.Cli;
using Microsoft.EntityFrameworkCore;

namespace MedLedger.Api.Tests.Consents;

/// <summary>A data folder with one small patient, opened as often as a test wants.</summary>
internal sealed class ConsentFolder : IDisposable
{
    public const string Patient = "Patient/pat-1";
    public const string First = "Practitioner/clinician1";
    public const string Second = "Practitioner/clinician2";

    private readonly TemporaryFolder _folder = new();

    public string[] Options => ["--data", File("data"), "--key-file", File("master.key")];

    public string File(params string[] parts) => _folder.File(parts);

    /// <summary>The same data and keys again, in a folder of its own; no process may hold them.</summary>
    public ConsentFolder Copy()
    {
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        var copy = new ConsentFolder();
        foreach (var file in Directory.EnumerateFiles(_folder.Path, "*", SearchOption.AllDirectories))
        {
            var target = copy.File(Path.GetRelativePath(_folder.Path, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            System.IO.File.Copy(file, target);
        }
        return copy;
    }

    public Task<CommandRun> Run(params string[] args) => CommandRun.Of([.. args, .. Options]);

    public async Task ImportAsync(params string[] resources)
    {
        System.IO.File.WriteAllLines(File("in.ndjson"), resources);
        var ran = await Run("import", File("in.ndjson"));
        Assert.Equal((ExitCode.Good, ""), (ran.ExitCode, ran.ExitCode == ExitCode.Good ? "" : ran.Error));
    }

    public Task ImportPatientAsync() =>
        ImportAsync(
            """{"resourceType":"Patient","id":"pat-1"}""",
            """{"resourceType":"Patient","id":"pat-2"}""",
            """{"resourceType":"Encounter","id":"e-1","status":"finished","class":{"code":"AMB"},"subject":{"reference":"Patient/pat-1"}}""",
            Observation("plain", "8480-6"),
            Observation("weight", "29463-7"),
            Observation("theirs", "8480-6", "Practitioner/author-1"),
            Observation("visit", "8480-6", encounter: "Encounter/e-1")
        );

    /// <summary>An Observation of the patient; one without author would be of an unknown one, so each has one.</summary>
    public static string Observation(
        string id,
        string loinc,
        string performer = "Practitioner/author-2",
        string? encounter = null
    ) =>
        $$$"""
            {"resourceType":"Observation","id":"{{{id}}}","status":"final","subject":{"reference":"Patient/pat-1"},
            "performer":[{"reference":"{{{performer}}}"}],"effectiveDateTime":"2024-03-02",
            {{{(encounter is null ? "" : $"\"encounter\":{{\"reference\":\"{encounter}\"}},")}}}
            "code":{"coding":[{"system":"http://loinc.org","code":"{{{loinc}}}"}]},
            "note":[{"text":"The patient has diabetes and takes metformin."}]}
            """.ReplaceLineEndings(" ");

    /// <summary>A Consent that permits one clinician treatment, but for the given provisions.</summary>
    public static string Consent(string id, string clinician, params string[] exceptions) =>
        Consent(id, clinician, "Patient/pat-1", exceptions);

    public static string Consent(string id, string clinician, string patient, string[] exceptions) =>
        $$$"""
            {"resourceType":"Consent","id":"{{{id}}}","status":"active","dateTime":"2026-01-01",
            "scope":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/consentscope","code":"patient-privacy"}]},
            "category":[{"coding":[{"system":"http://loinc.org","code":"59284-0"}]}],
            "patient":{"reference":"{{{patient}}}"},"policy":[{"uri":"https://policies.medledger.example/1"}],
            "provision":{"type":"permit","actor":[{"role":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ParticipationType","code":"IRCP"}]},
            "reference":{"reference":"{{{clinician}}}"}}],
            "class":[{"system":"http://hl7.org/fhir/resource-types","code":"Observation"}],
            "purpose":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActReason","code":"TREAT"}]
            {{{(exceptions.Length == 0 ? "" : $",\"provision\":[{string.Join(',', exceptions)}]")}}}}}
            """;

    public static string NotCode(string loinc) =>
        $$$"""{"type":"deny","code":[{"coding":[{"system":"http://loinc.org","code":"{{{loinc}}}"}]}]}""";

    public static string NotBy(string author) =>
        $$$"""{"type":"deny","data":[{"meaning":"authoredby","reference":{"reference":"{{{author}}}"}}]}""";

    public static string NotAt(string encounter) =>
        $$$"""{"type":"deny","data":[{"meaning":"related","reference":{"reference":"{{{encounter}}}"}}]}""";

    public async Task WithAsync(Func<OpenLedger, Task> work)
    {
        using var store = await OpenAsync();
        await using var ledger = await OpenLedger.OpenAsync(store, null, _ => { }, default);
        await work(ledger);
    }

    /// <summary>Folder and chain alone, without model and proving key; nothing is resumed.</summary>
    public async Task<string> SummaryAsync()
    {
        using var store = await OpenAsync();
        await using var chain = await LedgerChain.OpenAsync(store, null, null, default);
        await chain.Follower.RefreshAsync(default);
        return await SummaryAsync(store, chain);
    }

    /// <summary>Records and keys alone, without chain, model and proving key.</summary>
    public Task<Store> OpenAsync()
    {
        var root = new RootCommand();
        SharedOptions.AddTo(root);
        var line = root.Parse(Options);
        var terminal = new Terminal(TextWriter.Null, TextWriter.Null);
        var context = new CommandContext(line, Settings.From(line), terminal, TimeProvider.System);
        return Store.OpenAsync(context, "test", default);
    }

    public static async Task<GrantChange> AddAsync(OpenLedger ledger, string consent)
    {
        var (reference, change, problem) = await ledger.Consents.AddAsync(Encoding.UTF8.GetBytes(consent), default);
        Assert.Equal((null, true), (problem, reference is not null));
        return change!;
    }

    /// <summary>What became of a request, and the ids of the records that were analysed, in order.</summary>
    public static async Task<(AnalysisState State, string? Why, string[] Records)> AnalyseAsync(
        OpenLedger ledger,
        string clinician,
        params string[] ids
    )
    {
        var told = await new DemoStory(ledger, _ => { }).AnalyseAsync(clinician, Patient, default);
        var names = ids.ToDictionary(
            id => ledger.Store.Vault.RecordKey("Observation/" + id),
            id => id,
            StringComparer.Ordinal
        );
        var records = told.Content.Records.Select(r => names.GetValueOrDefault(r.RecordKey, "?"));
        return (told.Row.State, told.Row.Why, [.. records.Order(StringComparer.Ordinal)]);
    }

    /// <summary>All that a run leaves that another run must leave too, whatever happened on the way.</summary>
    private static async Task<string> SummaryAsync(Store store, LedgerChain chain)
    {
        await using var context = store.CreateDbContext();
        var grants = await context.Set<GrantRow>().AsNoTracking().ToListAsync();
        var lines = grants
            .Select(g =>
            {
                Assert.True(Crypto.Fields.Fr.TryParseCanonical(g.Leaf, out var leaf));
                var state = chain.Follower.State.Grant(leaf, out _)?.State;
                return $"grant {g.IsGranted} {g.IsRevocationSigned} {g.IsRevoked} {state} {g.Capsule.Length == 0}";
            })
            .Order(StringComparer.Ordinal)
            .ToList();
        var states = await context.Set<ConsentStateRow>().AsNoTracking().ToListAsync();
        lines.AddRange(states.Select(s => $"change {s.Change} {s.Classes.Length == 0}"));
        lines.Add($"records {await context.Records.CountAsync()}");
        lines.Add(
            $"positions {await context.Leaves.Select(l => new { l.PatientKey, l.Position }).Distinct().CountAsync()}"
        );
        lines.Add($"segments {await context.Segments.CountAsync()} stanzas {await context.Stanzas.CountAsync()}");
        var entries = await context.Set<LogEntryRow>().AsNoTracking().Select(e => e.Entry).ToListAsync();
        var actions = entries.Select(e =>
            MedLedger.Consent.Log.AuditEntry.TryDecode(e, out var entry) ? entry.Action.ToString() : "damaged"
        );
        lines.AddRange(
            actions
                .Where(a => a is "ConsentChanged" or "Granted" or "Revoked" or "Relabelled")
                .GroupBy(a => a, StringComparer.Ordinal)
                .OrderBy(g => g.Key, StringComparer.Ordinal)
                .Select(g => $"{g.Key} {g.Count()}")
        );
        return string.Join('\n', lines);
    }

    public void Dispose() => _folder.Dispose();
}
