using MedLedger.Api.Fhir;

namespace MedLedger.Api.Http.Rest;

/// <summary>What one request inside a Bundle came to.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Headers">The response's headers.</param>
/// <param name="Body">A resource; empty for none.</param>
/// <param name="IsOutcome">The body is the OperationOutcome about the request, not what was asked for.</param>
internal sealed record InnerAnswer(int Status, IHeaderDictionary Headers, byte[] Body, bool IsOutcome = false);

/// <summary>
/// Runs the requests inside a Bundle through the same handlers as requests from outside, for the same caller: there is no
/// other way to a record.
/// </summary>
internal static class FhirDispatch
{
    private static readonly Uri Anywhere = new("http://bundle.invalid/");

    /// <summary>Runs one request.</summary>
    /// <param name="outer">The request that carries it.</param>
    /// <param name="method">The method.</param>
    /// <param name="url">Below the base, with its query.</param>
    /// <param name="body">The resource; null for none.</param>
    /// <param name="headers">Conditions (If-Match and others).</param>
    public static async Task<InnerAnswer> SendAsync(
        FhirExchange outer,
        string method,
        string url,
        byte[]? body,
        IEnumerable<(string Name, string Value)> headers
    )
    {
        if (!Uri.TryCreate(Anywhere, url, out var target) || target.Host != Anywhere.Host)
            return await ExecuteAsync(
                NewContext(outer),
                Outcomes.Table.BadRequest("An entry's URL is not below the base.").ToResult()
            );
        var path = Uri.UnescapeDataString(target.AbsolutePath).Trim('/');
        var http = NewContext(outer);
        http.Request.Method = method;
        http.Request.Path = "/fhir/" + path;
        http.Request.QueryString = new QueryString(target.Query);
        foreach (var (name, value) in headers)
            http.Request.Headers[name] = value;
        if (outer.Http.Request.Headers["Prefer"] is { Count: > 0 } prefer)
            http.Request.Headers["Prefer"] = prefer;
        if (body is not null)
        {
            var (content, type) = method == "PATCH" ? ResourcePatch.OfEntry(body) : (body, FhirBody.FhirJson);
            http.Request.ContentType = type;
            http.Request.Body = new MemoryStream(content);
        }
        var exchange = new FhirExchange(http, outer.Caller, outer.Ledger);
        var result = Find(http, method, path) is { } route
            ? await FhirRoutes.RunAsync(route, exchange)
            : Outcomes.NotSupported;
        return await ExecuteAsync(http, result);
    }

    private static FhirRoute? Find(HttpContext http, string method, string path)
    {
        var segments = path.Split('/');
        var best = FhirRoutes
            .All.Where(route => route.Method == method && route.Path != "/" && !route.IsAlone)
            .Select(route => (Route: route, Parts: route.Path.Trim('/').Split('/')))
            .Where(one => one.Parts.Length == segments.Length)
            .Where(one => one.Parts.Zip(segments).All(pair => IsParameter(pair.First) || pair.First == pair.Second))
            .OrderBy(one => one.Parts.Count(IsParameter))
            .FirstOrDefault();
        if (best.Route is null)
            return null;
        foreach (var (part, segment) in best.Parts.Zip(segments).Where(pair => IsParameter(pair.First)))
            http.Request.RouteValues[part[1..^1]] = segment;
        return best.Route;
    }

    private static bool IsParameter(string part) => part.StartsWith('{');

    private static DefaultHttpContext NewContext(FhirExchange outer)
    {
        var http = new DefaultHttpContext
        {
            RequestServices = outer.Http.RequestServices,
            RequestAborted = outer.Aborted,
        };
        http.Request.Scheme = outer.Http.Request.Scheme;
        http.Request.Host = outer.Http.Request.Host;
        http.Response.Body = new MemoryStream();
        return http;
    }

    private static async Task<InnerAnswer> ExecuteAsync(HttpContext http, IResult result)
    {
        await result.ExecuteAsync(http);
        var body = ((MemoryStream)http.Response.Body).ToArray();
        var isAbout = http.Response.StatusCode >= 400 || http.Request.Method is not ("GET" or "HEAD");
        return new InnerAnswer(
            http.Response.StatusCode,
            http.Response.Headers,
            body,
            isAbout && body.AsSpan().StartsWith("{\"resourceType\":\"OperationOutcome\""u8)
        );
    }
}
