using System.CommandLine;
using MedLedger.Api.Http;
using MedLedger.Api.Jobs;
using MedLedger.Api.Node;
using MedLedger.Api.Persistence;
using MedLedger.Api.Samples;

namespace MedLedger.Api.Cli;

/// <summary><c>serve</c>: the HTTP API on a data folder, on the loopback interface unless told otherwise.</summary>
internal static class ServeCommand
{
    private const string DefaultUrls = "http://127.0.0.1:8420";

    internal static Command Create()
    {
        var urls = new Option<string?>("--urls")
        {
            Description = $"Addresses to listen on, separated by semicolons (default: {DefaultUrls}).",
            HelpName = "URLS",
        };
        var chain = ChainSettings.Option();
        var samples = new Option<bool>("--samples")
        {
            Description = "Load the sample patients with their consents; on loopback addresses only.",
        };
        var command = new Command("serve", "Serve the HTTP API: import, consents, analyses, evidence, log.")
        {
            urls,
            chain,
            samples,
        };
        command.Handle(
            (context, cancellation) =>
                RunAsync(
                    context,
                    context.Settings.Value(urls, "urls") ?? DefaultUrls,
                    ChainSettings.Endpoint(context.Settings, chain),
                    context.Arguments.GetValue(samples),
                    cancellation
                )
        );
        return command;
    }

    private static async Task<int> RunAsync(
        CommandContext context,
        string urls,
        Uri? chain,
        bool samples,
        CancellationToken cancellation
    )
    {
        if (samples && !urls.Split(';').All(IsLoopback))
            throw CommandFailure.Usage("--samples is for loopback addresses only: http://127.0.0.1:PORT.");
        using var store = await Store.OpenAsync(context, "serve", cancellation);
        await using var ledger = await OpenLedger.OpenAsync(store, chain, context.Terminal.Say, cancellation);
        if (samples)
            await LoadSamplesAsync(context, ledger, cancellation);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Logging.AddSimpleConsole(options => options.SingleLine = true);
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.Logging.AddFilter("Microsoft.EntityFrameworkCore", LogLevel.None);
        builder.WebHost.UseUrls(urls.Split(';'));
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = 64L << 20;
        });
        builder.Services.AddOpenApi();
        builder.Services.AddSingleton(ledger);
        builder.Services.AddSingleton<AnalysisQueue>();
        builder.Services.AddHostedService(services => services.GetRequiredService<AnalysisQueue>());
        await using var app = builder.Build();
        app.MapOpenApi();
        app.MapLedger(ledger);
        try
        {
            await app.StartAsync(cancellation);
        }
        catch (IOException taken)
        {
            throw CommandFailure.Machine(
                $"{urls} cannot be listened on: {taken.Message} Choose others with --urls.",
                taken
            );
        }
        context.Terminal.Say($"Listening on {string.Join(", ", app.Urls)}; Ctrl-C ends it.");
        context.Terminal.Say("Tokens: medledger token --user clinician1 --purpose TREAT");
        try
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, context.Time, cancellation);
        }
        catch (OperationCanceledException)
        {
            await app.StopAsync(CancellationToken.None);
        }
        return ExitCode.Interrupted;
    }

    private static async Task LoadSamplesAsync(
        CommandContext context,
        OpenLedger ledger,
        CancellationToken cancellation
    )
    {
        var report = await context.Terminal.ProgressAsync(
            "Samples",
            progress => SampleImport.RunAsync(ledger, progress, cancellation)
        );
        if (report.Rejected > 0)
            throw CommandFailure.Refused($"{report.Rejected} sample records were rejected.");
        await SampleImport.GrantAsync(ledger, context.Terminal.Say, cancellation);
    }

    private static bool IsLoopback(string url) =>
        Uri.TryCreate(url, UriKind.Absolute, out var address) && address.IsLoopback;
}
