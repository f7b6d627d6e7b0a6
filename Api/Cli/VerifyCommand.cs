using System.CommandLine;
using MedLedger.Api.Keys;
using MedLedger.Api.Persistence;
using MedLedger.Consent.Chain.Rpc;
using MedLedger.Consent.Evidence;

namespace MedLedger.Api.Cli;

/// <summary>
/// <c>verify EVIDENCE [--trust FILE] [--chain URL] [--openings [--compliance-key FILE]]</c>: what a compliance officer runs, without server or data folder.
/// <c>verify --log DIR|URL</c> does the same for the whole log (<see cref="VerifyLog"/>).
/// Exit 0 when everything holds, 1 with the first check that fails.
/// </summary>
internal static class VerifyCommand
{
    private const long MaxTrustSize = 1 << 20;
    private const long MaxEvidenceSize = 8 << 20;

    internal static Command Create()
    {
        var evidence = new Argument<string?>("EVIDENCE")
        {
            Description = "The evidence file of one analysis.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var log = new Option<string>("--log")
        {
            Description = "Verify a published log instead: its folder or its address.",
            HelpName = "DIR|URL",
        };
        var trust = new Option<string>("--trust")
        {
            Description = "Chain, contracts and keys to trust (trust.json, received by another channel).",
            HelpName = "FILE",
        };
        var chain = new Option<string>("--chain")
        {
            Description = "Read the chain at this address too.",
            HelpName = "URL",
        };
        var openings = new Option<bool>("--openings")
        {
            Description = "Open the openings too, as the compliance role, and check what they say.",
        };
        var key = new Option<string>("--compliance-key")
        {
            Description = "The compliance role's key file (default: the key of the data folder).",
            HelpName = "FILE",
        };
        var command = new Command("verify", "Verify the evidence of an analysis or the whole log, offline.")
        {
            evidence,
            log,
            trust,
            chain,
            openings,
            key,
        };
        command.Handle(
            (context, cancellation) =>
            {
                var (file, published) = (context.Arguments.GetValue(evidence), context.Arguments.GetValue(log));
                var (trusted, endpoint) = (context.Arguments.GetValue(trust), context.Arguments.GetValue(chain));
                var (isOpening, keyFile) = (context.Arguments.GetValue(openings), context.Arguments.GetValue(key));
                if (keyFile is not null && !isOpening)
                    throw CommandFailure.Usage("--compliance-key goes with --openings.");
                if (isOpening && published is not null)
                    throw CommandFailure.Usage("--openings goes with an evidence file.");
                return (file, published) switch
                {
                    ({ } path, null) when isOpening => OpenAsync(
                        context,
                        path,
                        trusted,
                        endpoint,
                        keyFile,
                        cancellation
                    ),
                    ({ } path, null) => RunAsync(context, path, trusted, endpoint, null, cancellation),
                    (null, { } place) => VerifyLog.RunAsync(context, place, trusted, endpoint, cancellation),
                    _ => throw CommandFailure.Usage("Give either an evidence file or --log, and only one of them."),
                };
            }
        );
        return command;
    }

    private static async Task<int> OpenAsync(
        CommandContext context,
        string path,
        string? trustPath,
        string? chain,
        string? keyFile,
        CancellationToken cancellation
    )
    {
        using var key = keyFile is not null ? ComplianceKeyFile.Open(keyFile) : RoleKey(context);
        return await RunAsync(context, path, trustPath, chain, key, cancellation);
    }

    private static ComplianceKey RoleKey(CommandContext context)
    {
        using var folder = DataFolder.OpenForReading(context.Settings.DataFolder);
        using var custody = Store.OpenCustody(context, folder);
        return ComplianceKeyFile.OpenRole(custody);
    }

    private static async Task<int> RunAsync(
        CommandContext context,
        string path,
        string? trustPath,
        string? chain,
        ComplianceKey? key,
        CancellationToken cancellation
    )
    {
        var endpoint = chain is null ? null : Endpoint(chain);
        var bytes = await ReadAsync(path, MaxEvidenceSize, cancellation);
        var trust = await ReadTrustAsync(trustPath, cancellation);
        var report = new EvidenceVerifier(AcceptedCircuit.BuiltIn).Verify(bytes, trust);
        if (endpoint is not null && report.IsGood)
            report = await CheckChainAsync(report, endpoint, context.Time, cancellation);
        OpenedAnalysis? opened = null;
        if (key is not null)
            (report, opened) = OpeningsVerifier.Check(report, bytes, key);
        Show(context, report, opened);
        return report.IsGood ? ExitCode.Good : ExitCode.Refused;
    }

    /// <summary>The trust file; null without one.</summary>
    internal static async Task<TrustFile?> ReadTrustAsync(string? path, CancellationToken cancellation)
    {
        if (path is null)
            return null;
        return TrustFile.TryParse(await ReadAsync(path, MaxTrustSize, cancellation), out var trust)
            ? trust
            : throw CommandFailure.Refused($"{path} is not a trust file.");
    }

    private static async Task<EvidenceReport> CheckChainAsync(
        EvidenceReport report,
        Uri endpoint,
        TimeProvider time,
        CancellationToken cancellation
    )
    {
        using var rpc = new JsonRpcClient(endpoint, time);
        try
        {
            return await new EvidenceChain(new EthereumClient(rpc)).CheckAsync(report, cancellation);
        }
        catch (Exception e) when (e is ChainUnavailableException or JsonRpcException)
        {
            throw CommandFailure.Machine($"The chain at {rpc.Endpoint} does not answer.", e);
        }
    }

    private static void Show(CommandContext context, EvidenceReport report, OpenedAnalysis? opened)
    {
        var evidence = report.Evidence;
        var chain = report.Chain switch
        {
            ChainEvidence.Checked => "checked",
            ChainEvidence.Local => "local",
            _ => "notChecked",
        };
        var lines = context.Settings.IsJson ? context.Terminal.Error : context.Terminal.Output;
        foreach (var passed in report.Passed)
            lines.WriteLine($"  ok      {EvidenceReport.Name(passed)}");
        if (report.Failed is { } failed)
            lines.WriteLine($"  FAILED  {EvidenceReport.Name(failed)}");
        lines.WriteLine(Sentence(report, chain));
        if (opened is { Request: var request })
        {
            lines.WriteLine(
                $"opened: {Plain(request.Grantee)} asked on {opened.Signed} to {request.Action} for {request.Purpose}; "
                    + $"{opened.Records} records of patient {Plain(request.PatientKey)}, model {request.Model}"
            );
        }
        if (!context.Settings.IsJson)
            return;
        context.Terminal.WriteJson(
            new
            {
                ok = report.IsGood,
                result = report.Verdict,
                failed = report.Failed is { } check ? EvidenceReport.Name(check) : null,
                pinned = report.Pinned,
                chain,
                custody = evidence?.Custody,
                ceremony = evidence?.Circuit.Ceremony,
                id = evidence?.Statement.Nullifier.ToBytes() is { } id ? "0x" + Convert.ToHexStringLower(id) : null,
                proofs = evidence?.Parts.Count,
                passed = report.Passed.Select(EvidenceReport.Name),
                opened = opened is null
                    ? null
                    : new
                    {
                        grantee = opened.Request.Grantee,
                        patient = opened.Request.PatientKey,
                        purpose = opened.Request.Purpose,
                        action = opened.Request.Action,
                        model = opened.Request.Model,
                        types = opened.Request.Types,
                        signed = opened.Signed,
                        records = opened.Records,
                    },
            }
        );
    }

    // What a grantee signed is anybody's text: nothing of it steers a terminal.
    private static string Plain(string text) => string.Concat(text.Where(c => c is > ' ' and <= '~').Take(200));

    private static string Sentence(EvidenceReport report, string chain) =>
        report.Failed is { } failed ? $"Refused: the check \"{EvidenceReport.Name(failed)}\" failed."
        : report.Pinned ? $"valid (keys and contracts pinned by the trust file; chain: {chain})"
        : $"consistent (the log's key is the file's own: give --trust to pin it; chain: {chain})";

    /// <summary>The address that <c>--chain</c> names.</summary>
    internal static Uri Endpoint(string chain) =>
        Uri.TryCreate(chain, UriKind.Absolute, out var endpoint) && endpoint.Scheme is "http" or "https"
            ? endpoint
            : throw CommandFailure.Usage("--chain wants an http or https address.");

    private static async Task<byte[]> ReadAsync(string path, long limit, CancellationToken cancellation)
    {
        if (!File.Exists(path))
            throw CommandFailure.Usage($"The file {path} is not there.");
        if (new FileInfo(path).Length > limit)
            throw CommandFailure.Refused($"The file {path} is too large to be what it should be.");
        return await File.ReadAllBytesAsync(path, cancellation);
    }
}
