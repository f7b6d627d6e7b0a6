using System.Diagnostics;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace MedLedger.Api.Tests.Http.Fhir;

/// <summary>The routes of the server that answers the next request in this process, from the server itself.</summary>
internal sealed partial class MappedRoutes
    : IObserver<DiagnosticListener>,
        IObserver<KeyValuePair<string, object?>>,
        IDisposable
{
    private readonly List<IDisposable> _subscriptions = [];
    private volatile EndpointDataSource? _source;

    public MappedRoutes() => _subscriptions.Add(DiagnosticListener.AllListeners.Subscribe(this));

    /// <summary>Methods and patterns, as the OpenAPI document writes them.</summary>
    public IReadOnlyList<string> All =>
        [
            .. _source!
                .Endpoints.OfType<RouteEndpoint>()
                .SelectMany(endpoint =>
                    (endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? []).Select(method =>
                        $"{method} /{Constraints().Replace(endpoint.RoutePattern.RawText!, "{${name}}").Trim('/')}".TrimEnd(
                            '/'
                        )
                    )
                )
                .Distinct(StringComparer.Ordinal),
        ];

    public void OnNext(DiagnosticListener value)
    {
        if (value.Name == "Microsoft.AspNetCore")
            _subscriptions.Add(value.Subscribe(this));
    }

    public void OnNext(KeyValuePair<string, object?> value)
    {
        if (value.Value is HttpContext context)
            _source ??= context.RequestServices.GetRequiredService<EndpointDataSource>();
    }

    public void OnCompleted() { }

    public void OnError(Exception error) { }

    public void Dispose() => _subscriptions.ForEach(one => one.Dispose());

    // {**path} and {id:int} are {path} and {id} there.
    [GeneratedRegex(@"\{\**(?<name>[A-Za-z]+)[^}]*\}", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Constraints();
}
