using System.CommandLine;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MedLedger.Api.Http;
using MedLedger.Api.Identity;
using MedLedger.Api.Jobs;
using MedLedger.Api.Node;
using MedLedger.Api.Persistence;
using MedLedger.Api.Samples;

namespace MedLedger.Api.Cli;

/// <summary><c>serve</c>: the HTTP API on a data folder, on the loopback interface unless told otherwise.</summary>
internal static class ServeCommand
{
    private const string FirstOperator = "operator";
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
        var development = new Option<bool>("--dev-certificate")
        {
            Description = "Make a certificate for https:// on this machine, for a week; on loopback addresses only.",
        };
        var command = new Command("serve", "Serve the HTTP API: import, consents, analyses, evidence, log.")
        {
            urls,
            chain,
            samples,
            development,
            PlaceRules.EmergencyRoles,
        };
        command.Handle(
            (context, cancellation) =>
                RunAsync(
                    context,
                    context.Settings.Value(urls, "urls") ?? DefaultUrls,
                    ChainSettings.Endpoint(context.Settings, chain),
                    context.Arguments.GetValue(samples),
                    context.Arguments.GetValue(development),
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
        bool development,
        CancellationToken cancellation
    )
    {
        if (development && !urls.Split(';').All(IsLoopback))
            throw CommandFailure.Usage("--dev-certificate is for loopback addresses only: https://127.0.0.1:PORT.");
        if (samples && !urls.Split(';').All(IsLoopback))
            throw CommandFailure.Usage("--samples is for loopback addresses only: http://127.0.0.1:PORT.");
        var server = ReadSettings(context.Settings);
        foreach (var url in urls.Split(';').Where(url => !IsLoopback(url)))
        {
            if (!url.StartsWith("https://", StringComparison.OrdinalIgnoreCase))
                throw CommandFailure.Usage($"{url}: without TLS only loopback addresses are served. Use https://.");
        }
        NativeHeap.Share();
        using var given = development ? null : ReadCertificate(context.Settings, urls);
        using var store = await Store.OpenAsync(context, "serve", cancellation);
        using var made = development ? MakeCertificate(context, store) : null;
        using var identity = new IdentityStore(store);
        await FirstUsersAsync(context, identity, samples, cancellation);
        await identity.PrepareAsync(cancellation);
        await using var ledger = await OpenLedger.OpenAsync(store, chain, context.Terminal.Say, cancellation);
        if (samples)
            await LoadSamplesAsync(context, ledger, cancellation);
        // Settings come from the command: nothing beside the program is read again when it changes, and no folder is watched.
        var builder = WebApplication.CreateSlimBuilder(
            new WebApplicationOptions
            {
                ContentRootPath = AppContext.BaseDirectory,
                Args = ["--hostBuilder:reloadConfigOnChange=false"],
            }
        );
        builder.Logging.ClearProviders();
        builder.Logging.AddSimpleConsole(options => options.SingleLine = true);
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.Logging.AddFilter("Microsoft.EntityFrameworkCore", LogLevel.None);
        builder.WebHost.UseUrls(urls.Split(';'));
        builder.AddServer(identity, server, given ?? made);
        builder.Services.AddOpenApi(ApiDescription.Describe);
        builder.Services.AddSingleton(ledger);
        builder.Services.AddSingleton(ledger.Audit);
        builder.Services.AddSingleton<AnalysisQueue>();
        builder.Services.AddHostedService(services => services.GetRequiredService<AnalysisQueue>());
        builder.Services.AddHostedService<ExportQueue>();
        await using var app = builder.Build();
        // One thread of the pool waits for the disk most of the time; the others are as many as there are processors.
        ThreadPool.GetMinThreads(out var workers, out var completion);
        ThreadPool.SetMinThreads(Math.Max(workers, Environment.ProcessorCount + 1), completion);
        app.UseServer(identity, server);
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
        // What only the start needed goes back to the system at once, not at the next collection of its kind, hours later.
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        identity.Tokens.Issuer = (server.Issuer ?? new Uri(app.Urls.First())).AbsoluteUri;
        context.Terminal.Say($"Listening on {string.Join(", ", app.Urls)}; Ctrl-C ends it.");
        context.Terminal.Say("Tokens: medledger token --user NAME --purpose TREAT; accounts: medledger user list");
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

    // No default password: the first start makes one operator and tells its one-time password, once, to this screen.
    private static async Task FirstUsersAsync(
        CommandContext context,
        IdentityStore identity,
        bool withSamples,
        CancellationToken cancellation
    )
    {
        if (withSamples)
            await SampleUsers.EnsureAsync(identity.Accounts, cancellation);
        if (await identity.Accounts.AnyAsync(cancellation))
            return;
        var first = await identity.Accounts.AddAsync(
            FirstOperator,
            Role.Operator,
            "Practitioner/" + FirstOperator,
            [],
            external: null,
            cancellation
        );
        var password = await identity.Accounts.ResetAsync(first!.User.Id, cancellation);
        context.Terminal.Say(
            $"The first account is {FirstOperator}; its one-time password, shown this once: {password}"
        );
    }

    private static X509Certificate2? ReadCertificate(Settings settings, string urls)
    {
        if (!urls.Split(';').Any(url => url.StartsWith("https://", StringComparison.OrdinalIgnoreCase)))
            return null;
        if (settings.Value("tls-certificate") is not { } file || settings.Value("tls-key") is not { } key)
            throw CommandFailure.Usage(
                "https:// needs the settings tls-certificate and tls-key, two PEM files; or --dev-certificate to try it out."
            );
        try
        {
            return ServerCertificate.Read(file, key);
        }
        catch (Exception failure) when (failure is CryptographicException or IOException)
        {
            throw CommandFailure.Usage($"{file} and {key} are not a certificate and its key in PEM.");
        }
    }

    private static X509Certificate2 MakeCertificate(CommandContext context, Store store)
    {
        var file = store.Folder.File("dev-certificate.pem");
        try
        {
            var made = ServerCertificate.Development(
                file,
                store.Folder.File("dev-certificate.key"),
                context.Time.GetUtcNow()
            );
            context.Terminal.Say(
                $"Development certificate until {made.NotAfter.ToUniversalTime():yyyy-MM-dd}, for loopback names only: trust {file}"
            );
            return made;
        }
        catch (CryptographicException damaged)
        {
            throw CommandFailure.Refused($"{file} or its key is damaged ({damaged.Message}); delete both.");
        }
    }

    private static ServerSettings ReadSettings(Settings settings)
    {
        var usual = new ServerSettings();
        return new ServerSettings
        {
            MaxBody = Number("max-body", usual.MaxBody),
            RequestSeconds = (int)Number("request-seconds", usual.RequestSeconds),
            Rate = (int)Number("rate", usual.Rate),
            SearchCost = (int)Number("search-cost", usual.SearchCost),
            LoginRate = (int)Number("login-rate", usual.LoginRate),
            External = ExternalProvider.Read(settings),
            Origins = settings.Value("cors")?.Split(' ', StringSplitOptions.RemoveEmptyEntries) ?? [],
            Issuer =
                settings.Value("issuer") is not { } issuer ? null
                : Uri.TryCreate(issuer, UriKind.Absolute, out var uri) ? uri
                : throw CommandFailure.Usage("The setting issuer is the address of the server."),
        };

        long Number(string name, long otherwise) =>
            settings.Value(name) is not { } text ? otherwise
            : long.TryParse(text, out var number) && number is > 0 and <= int.MaxValue ? number
            : throw CommandFailure.Usage($"The setting {name} is a number above 0.");
    }
}
