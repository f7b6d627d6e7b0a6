using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Threading.RateLimiting;
using MedLedger.Api.Http.Connect;
using MedLedger.Api.Http.Rest;
using MedLedger.Api.Identity;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Timeouts;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;
using OpenIddict.Server;

namespace MedLedger.Api.Http;

/// <summary>What stands before every route: limits of size, time and rate, security headers, CORS, then the caller.</summary>
internal static class Protection
{
    private const long LargestLogin = 64 << 10; // bytes; a client's assertion is the largest of what is sent

    private const string NoScripts =
        "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

    /// <summary>Registers it.</summary>
    /// <param name="builder">The server that is built.</param>
    /// <param name="identity">Accounts and keys.</param>
    /// <param name="settings">The limits.</param>
    /// <param name="certificate">What is shown on <c>https://</c> addresses; null when there are none.</param>
    public static void AddServer(
        this WebApplicationBuilder builder,
        IdentityStore identity,
        ServerSettings settings,
        X509Certificate2? certificate = null
    )
    {
        if (certificate is not null)
        {
            builder.WebHost.UseKestrelHttpsConfiguration();
            builder.WebHost.ConfigureKestrel(kestrel =>
                kestrel.ConfigureHttpsDefaults(https =>
                {
                    https.ServerCertificate = certificate;
                    https.SslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13;
                })
            );
        }
        builder.WebHost.ConfigureKestrel(kestrel => Limit(kestrel, settings));
        // A request begins on the thread of the pool that read it, not on a second one that it wakes for that: a tenth to a
        // fifth of a read's processor time. The pool goes on reading other sockets on its other threads.
        builder.WebHost.UseSockets(sockets => sockets.UnsafePreferInlineScheduling = true);
        builder.Services.AddSingleton(identity);
        builder.Services.AddSingleton(settings);
        builder.Services.AddSingleton<ConditionTurns>();
        builder.Services.AddSingleton(new SearchBudget(TimeProvider.System, settings.SearchCost));
        EphemeralKeyRing.Use(builder.Services);
        builder.Services.AddOpenIdServer(identity);
        if (settings.External is { } external)
            builder.Services.AddExternal(identity, external);
        builder.Services.AddRequestTimeouts(options =>
            options.DefaultPolicy = new RequestTimeoutPolicy
            {
                Timeout = TimeSpan.FromSeconds(settings.RequestSeconds),
                TimeoutStatusCode = StatusCodes.Status503ServiceUnavailable,
                WriteTimeoutResponse = context => Outcomes.TimedOut.ExecuteAsync(context),
            }
        );
        // What a route cannot bind is a BadHttpRequestException, which Failures answers.
        builder.Services.Configure<RouteHandlerOptions>(options => options.ThrowOnBadRequest = true);
        builder.Services.AddCors(cors =>
            cors.AddDefaultPolicy(policy =>
                policy
                    .WithOrigins([.. settings.Origins])
                    .WithMethods("GET", "POST", "PUT", "PATCH", "DELETE")
                    .WithHeaders(
                        "Authorization",
                        "Content-Type",
                        "Accept",
                        "Prefer",
                        "If-Match",
                        "If-None-Match",
                        "If-None-Exist",
                        "X-Request-Id",
                        Authentication.PurposeHeader
                    )
                    .WithExposedHeaders(
                        "ETag",
                        "Location",
                        "Content-Location",
                        "X-Request-Id",
                        "Retry-After",
                        "X-Progress"
                    )
            )
        );
    }

    /// <summary>Puts it before the routes that are mapped after this.</summary>
    public static void UseServer(this WebApplication app, IdentityStore identity, ServerSettings settings)
    {
        var limiter = Limiter(settings);
        app.Lifetime.ApplicationStopped.Register(limiter.Dispose);
        app.Use(
            (context, next) =>
            {
                AddHeaders(context);
                return next(context);
            }
        );
        app.UseMiddleware<Failures>();
        app.UseRouting();
        if (settings.Origins.Count > 0)
            app.UseCors();
        app.UseRequestTimeouts();
        app.UseMiddleware<Authentication>();
        app.Use(
            async (context, next) =>
            {
                using var lease = limiter.AttemptAcquire(context);
                if (lease.IsAcquired)
                {
                    await next(context);
                    return;
                }
                context.Response.Headers.RetryAfter = "1";
                await Outcomes.Throttled.ExecuteAsync(context);
            }
        );
        app.Use(
            (context, next) =>
                Forms.IsUtf8(context.Request) ? next(context) : Outcomes.OtherCharset.ExecuteAsync(context)
        );
        // Nobody is logged in there yet: what is sent is a small form.
        app.Use(
            async (context, next) =>
            {
                if (IsLogin(context))
                {
                    if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
                        size.MaxRequestBodySize = LargestLogin;
                    if (Forms.IsForm(context.Request))
                        await Forms.ReadAsync(context.Request, context.RequestAborted);
                }
                await next(context);
            }
        );
        // The authorization server answers its endpoints in here, so what limits logins stands before it. Records have none
        // of its endpoints: what they are asked with was told above.
        app.UseWhen(
            context => !context.Request.Path.StartsWithSegments("/fhir", StringComparison.Ordinal),
            others => others.UseAuthentication()
        );
        // Else the builder puts it before everything.
        ((IApplicationBuilder)app).Properties["__AuthenticationMiddlewareSet"] = true;
        app.MapAccounts(identity, settings.External);
        app.MapConnect(identity);
        app.MapSmart(identity);
        app.MapLaunches(identity);
        identity.Keys.OnChanged = () =>
        {
            identity.Tokens.Forget();
            app.Services.GetRequiredService<IOptionsMonitorCache<OpenIddictServerOptions>>().Clear();
        };
    }

    private static bool IsLogin(HttpContext context) =>
        HttpMethods.IsPost(context.Request.Method)
        && (
            context.Request.Path.StartsWithSegments("/account", StringComparison.Ordinal)
            || context.Request.Path.StartsWithSegments("/connect", StringComparison.Ordinal)
        );

    private static void Limit(KestrelServerOptions kestrel, ServerSettings settings)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = settings.MaxBody;
        kestrel.Limits.MaxRequestHeadersTotalSize = 32 * 1024;
        kestrel.Limits.MaxRequestHeaderCount = 64;
        kestrel.Limits.MaxRequestLineSize = 16 * 1024;
        kestrel.Limits.MaxConcurrentConnections = 2048;
        // Slow clients: headers within ten seconds, bodies at no less than 240 bytes a second after a grace.
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        kestrel.Limits.KeepAliveTimeout = TimeSpan.FromSeconds(90);
        kestrel.Limits.MinRequestBodyDataRate = new MinDataRate(240, TimeSpan.FromSeconds(5));
        kestrel.Limits.MinResponseDataRate = new MinDataRate(240, TimeSpan.FromSeconds(10));
    }

    private static void AddHeaders(HttpContext context)
    {
        var headers = context.Response.Headers;
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers.ContentSecurityPolicy = NoScripts;
        // Not no-referrer: browsers then hide the origin of forms, by which forms of other sites are told.
        headers["Referrer-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()";
        // Health data belongs into nobody's cache; a route that may be cached says so itself.
        headers.CacheControl = "no-store";
        // Not for loopback names: browsers would refuse http:// of everything else on this machine for a year.
        if (context.Request.IsHttps && context.Request.Host.Host is not ("localhost" or "127.0.0.1" or "[::1]"))
            headers.StrictTransportSecurity = "max-age=31536000";
        context.Response.OnStarting(() =>
        {
            if (context.Response.StatusCode == StatusCodes.Status401Unauthorized && headers.WWWAuthenticate.Count == 0)
            {
                // RFC 6750, section 3.1: what came with no token is told of no error.
                headers.WWWAuthenticate =
                    context.Request.Headers.Authorization.Count == 0 ? "Bearer" : "Bearer error=\"invalid_token\"";
            }
            return Task.CompletedTask;
        });
    }

    // Logins and token requests are limited by address; all else by account, so that one caller cannot starve the others,
    // and by address where there is no caller.
    private static PartitionedRateLimiter<HttpContext> Limiter(ServerSettings settings) =>
        PartitionedRateLimiter.Create<HttpContext, string>(context =>
        {
            var address = context.Connection.RemoteIpAddress?.ToString() ?? "";
            return IsLogin(context)
                ? RateLimitPartition.GetFixedWindowLimiter(
                    "login " + address,
                    _ => new FixedWindowRateLimiterOptions
                    {
                        PermitLimit = settings.LoginRate,
                        Window = TimeSpan.FromMinutes(1),
                    }
                )
                : RateLimitPartition.GetTokenBucketLimiter(
                    Authentication.CallerOf(context) is { } caller ? "account " + caller.User.Id : "address " + address,
                    _ => new TokenBucketRateLimiterOptions
                    {
                        TokenLimit = 2 * settings.Rate,
                        TokensPerPeriod = settings.Rate,
                        ReplenishmentPeriod = TimeSpan.FromSeconds(1),
                    }
                );
        });
}
