using System.Security.Cryptography.X509Certificates;
using MedLedger.Api.Cli;
using MedLedger.Api.Http;
using MedLedger.Api.Identity;
using MedLedger.Api.Persistence;
using MedLedger.Api.Tests.Cli;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace MedLedger.Api.Tests.Identity;

/// <summary>The identity side of the server on real HTTP, without chain and model: one route answers who calls.</summary>
internal sealed class IdentityServer : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly WebApplication _app;

    private IdentityServer(TemporaryFolder folder, Store store, IdentityStore identity, WebApplication app)
    {
        _folder = folder;
        Store = store;
        Identity = identity;
        _app = app;
        Http = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false, UseCookies = false })
        {
            BaseAddress = new Uri(app.Urls.First()),
        };
    }

    public Store Store { get; }

    public IdentityStore Identity { get; }

    public HttpClient Http { get; }

    public string[] Folder => ["--data", _folder.File("data"), "--key-file", _folder.File("master.key")];

    public static async Task<IdentityServer> StartAsync(
        ServerSettings? settings = null,
        X509Certificate2? certificate = null
    )
    {
        var folder = new TemporaryFolder();
        string[] where = ["--data", folder.File("data"), "--key-file", folder.File("master.key")];
        var made = await CommandRun.Of(["user", "add", "operator", "--role", "Operator", .. where]);
        Assert.Equal((0, ""), (made.ExitCode, made.ExitCode == 0 ? "" : made.Error));
        var store = await StoreAccess.OpenAsync(where);
        var identity = new IdentityStore(store);
        await SampleUsers.EnsureAsync(identity.Accounts, default);
        await identity.PrepareAsync(default);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(certificate is null ? "http://127.0.0.1:0" : "https://127.0.0.1:0");
        builder.AddServer(identity, settings ?? new ServerSettings(), certificate);
        builder.Services.AddSingleton(_ => new Api.Jobs.AuditTrail(store));
        var app = builder.Build();
        app.UseServer(identity, settings ?? new ServerSettings());
        app.MapGet(
            "/whoami",
            (HttpContext context) =>
                Authentication.CallerOf(context) is { } caller
                    ? Results.Ok(
                        new
                        {
                            name = caller.User.Name,
                            purpose = caller.Purpose,
                            patient = caller.PatientContext,
                            reads = caller.Scopes.Allow("Observation", ScopePermissions.Read),
                        }
                    )
                    : Outcomes.Login
        );
        app.MapPost(
            "/echo",
            async (HttpRequest request) => Results.Ok((await request.ReadFromJsonAsync<object>()) is not null)
        );
        app.MapPost("/bound", (Dictionary<string, int> body) => Results.Ok(body.Count));
        app.MapGet("/fails", IResult () => throw new InvalidOperationException("a secret"));
        await app.StartAsync();
        identity.Tokens.Issuer = app.Urls.First().TrimEnd('/') + "/";
        return new IdentityServer(folder, store, identity, app);
    }

    public async Task<string> TokenAsync(string user, params string[] purposes)
    {
        string[] asked = [.. purposes.SelectMany(p => new[] { "--purpose", p })];
        var run = await CommandRun.Of(["token", "--user", user, .. asked, .. Folder]);
        Assert.Equal((0, ""), (run.ExitCode, run.ExitCode == 0 ? "" : run.Error));
        return run.Output.TrimEnd().Split('\n')[^1];
    }

    public async Task<HttpResponseMessage> GetAsync(
        string path,
        string? token,
        params (string Name, string Value)[] headers
    )
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (token is not null)
            request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + token);
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        return await Http.SendAsync(request);
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.DisposeAsync();
        Identity.Dispose();
        Store.Dispose();
        _folder.Dispose();
    }
}
