using System.Net;
using MedLedger.Consent.Chain.Following;
using MedLedger.Consent.Chain.Rpc;
using MedLedger.Consent.Evidence;
using MedLedger.Crypto.Log;

namespace MedLedger.Api.Cli;

/// <summary>
/// <c>verify --log DIR|URL [--trust FILE] [--chain URL]</c>: recomputes a published log and holds it against its head, its
/// anchors and, with an endpoint of the chain, the anchored heads and the ledger there. Exit 0 when everything holds, 1
/// with the first check that fails.
/// </summary>
internal static class VerifyLog
{
    private const int MaxFile = 4 << 20;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public static async Task<int> RunAsync(
        CommandContext context,
        string place,
        string? trustPath,
        string? chain,
        CancellationToken cancellation
    )
    {
        var endpoint = chain is null ? null : VerifyCommand.Endpoint(chain);
        if (endpoint is not null && trustPath is null)
            throw CommandFailure.Usage("--chain wants --trust too: the contracts' addresses stand there.");
        var trust = await VerifyCommand.ReadTrustAsync(trustPath, cancellation);
        // The chain first: the log is written before the chain, so what is there by now is in the log that is read next.
        var onChain = endpoint is null ? null : await ReadChainAsync(endpoint, trust!, context.Time, cancellation);

        var report = await ReadLogAsync(place, trust, cancellation);
        if (onChain is not null)
            report = onChain.Check(report, context.Time.GetUtcNow());
        Show(context, report);
        return report.IsGood ? ExitCode.Good : ExitCode.Refused;
    }

    /// <summary>Reads a published log, recomputed and held against its head, and the trust file's key when there is one.</summary>
    public static async Task<LogReport> ReadLogAsync(string place, TrustFile? trust, CancellationToken cancellation)
    {
        NoteKey? pinned = null;
        if (trust is not null && !NoteKey.TryParse(trust.LogKey, out pinned))
            throw CommandFailure.Refused("The trust file has no key of a log.");
        using var http = Client(place);
        return await new LogVerifier(Reader(place, http)).VerifyAsync(pinned, cancellation);
    }

    private static async Task<LogChain> ReadChainAsync(
        Uri endpoint,
        TrustFile trust,
        TimeProvider time,
        CancellationToken cancellation
    )
    {
        using var rpc = new JsonRpcClient(endpoint, time);
        try
        {
            return await LogChain.ReadAsync(new EthereumClient(rpc), trust.Deployment, time, cancellation)
                ?? throw CommandFailure.Refused($"{rpc.Endpoint} serves another chain than the trust file's.");
        }
        catch (Exception e) when (e is ChainUnavailableException or JsonRpcException)
        {
            throw CommandFailure.Machine($"The chain at {rpc.Endpoint} does not answer.", e);
        }
        catch (Exception e) when (e is ChainHistoryException or CallRevertedException or System.Text.Json.JsonException)
        {
            throw CommandFailure.Refused(
                $"{rpc.Endpoint} does not have the trust file's contracts with all their logs."
            );
        }
    }

    private static bool IsAddress(string place) =>
        Uri.TryCreate(place, UriKind.Absolute, out var address) && address.Scheme is "http" or "https";

    private static HttpClient? Client(string place)
    {
        if (!IsAddress(place))
            return null;
        var handler = new SocketsHttpHandler { AllowAutoRedirect = false };
        return new HttpClient(handler)
        {
            BaseAddress = new Uri(place.EndsWith('/') ? place : place + "/"),
            Timeout = Patience,
            MaxResponseContentBufferSize = MaxFile,
        };
    }

    private static Func<string, CancellationToken, Task<byte[]?>> Reader(string place, HttpClient? http)
    {
        if (http is not null)
            return (path, cancellation) => GetAsync(http, path, cancellation);
        if (!File.Exists(Path.Combine(place, LogVerifier.CheckpointPath)))
            throw CommandFailure.Usage($"There is no log at {place}.");
        return async (path, cancellation) =>
        {
            var file = new FileInfo(Path.Combine(place, path));
            return file is { Exists: true, Length: <= MaxFile }
                ? await File.ReadAllBytesAsync(file.FullName, cancellation)
                : null;
        };
    }

    private static async Task<byte[]?> GetAsync(HttpClient http, string path, CancellationToken cancellation)
    {
        try
        {
            using var answer = await http.GetAsync(new Uri(path, UriKind.Relative), cancellation);
            if (answer.StatusCode == HttpStatusCode.OK)
                return await answer.Content.ReadAsByteArrayAsync(cancellation);
            if (answer.StatusCode != HttpStatusCode.NotFound)
                throw CommandFailure.Machine($"The log's server answers {(int)answer.StatusCode} to {path}.");
            return path == LogVerifier.CheckpointPath
                ? throw CommandFailure.Usage("There is no log at that address.")
                : null;
        }
        catch (HttpRequestException e)
        {
            throw CommandFailure.Machine("The log's server does not answer.", e);
        }
        catch (TaskCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            throw CommandFailure.Machine("The log's server does not answer in time.", e);
        }
    }

    private static void Show(CommandContext context, LogReport report)
    {
        var chain = report.Chain == ChainEvidence.Checked ? "checked" : "notChecked";
        var lines = context.Settings.IsJson ? context.Terminal.Error : context.Terminal.Output;
        foreach (var one in report.Missing)
            lines.WriteLine($"  {(one.IsFault ? "MISSING" : "note   ")} {one.Nullifier} {LogReport.Name(one.Reason)}");
        lines.WriteLine(
            report.Failed is { } failed
                ? $"Refused: the check \"{LogReport.Name(failed)}\" failed ({report.Where})."
                : $"{report.Verdict}: {report.Head!.Size} entries, {report.Anchors.Count} anchored heads "
                    + (report.Pinned ? "(key pinned by the trust file; " : "(key is the log's own: give --trust; ")
                    + $"chain: {chain})"
        );
        if (!context.Settings.IsJson)
            return;
        context.Terminal.WriteJson(
            new
            {
                ok = report.IsGood,
                result = report.Verdict,
                where = report.Where,
                size = report.Head?.Size,
                root = report.Head is { } head ? Convert.ToHexStringLower(head.Root) : null,
                pinned = report.Pinned,
                chain,
                anchors = report.Anchors.Count,
                missing = report.Missing.Select(one => new
                {
                    nullifier = one.Nullifier.ToString(),
                    reason = LogReport.Name(one.Reason),
                }),
            }
        );
    }
}
