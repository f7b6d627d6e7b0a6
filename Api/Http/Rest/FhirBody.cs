using System.Globalization;
using MedLedger.Api.Records;
using Microsoft.Net.Http.Headers;

namespace MedLedger.Api.Http.Rest;

/// <summary>How FHIR bodies are negotiated and written (FHIR R4, http.html).</summary>
internal static class FhirBody
{
    public const string FhirJson = "application/fhir+json";
    private const string PlainJson = "application/json";

    /// <summary>
    /// The media type to answer with: FHIR's own, or plain JSON when only that is asked for; null when neither is accepted.
    /// </summary>
    public static string? Negotiate(HttpRequest request)
    {
        if (request.Query["_format"] is [{ } format])
        {
            return format switch
            {
                "json" or FhirJson or "application/fhir json" => FhirJson,
                PlainJson or "text/json" => PlainJson,
                _ => null,
            };
        }
        if (request.Headers.Accept.Count == 0)
            return FhirJson;
        if (!MediaTypeHeaderValue.TryParseList(request.Headers.Accept, out var accepted))
            return FhirJson;
        var wanted = accepted.Where(a => a.Quality is null or > 0).OrderByDescending(a => a.Quality ?? 1).ToList();
        foreach (var one in wanted)
        {
            var type = one.MediaType.Value ?? "";
            if (type is FhirJson or "*/*" or "application/*")
                return FhirJson;
            if (type is PlainJson or "text/json")
                return PlainJson;
        }
        return wanted.Count == 0 ? FhirJson : null;
    }

    /// <summary>A preference of the client (RFC 7240), by its name; null when it is not stated.</summary>
    public static string? Preference(HttpRequest request, string name) =>
        request
            .Headers["Prefer"]
            .SelectMany(value => (value ?? "").Split([',', ';']))
            .Select(part => part.Split('=', 2))
            .Where(pair => pair.Length == 2 && pair[0].Trim() == name)
            .Select(pair => pair[1].Trim())
            .FirstOrDefault();

    /// <summary>Whether a resource of this content type is read.</summary>
    public static bool IsReadable(string? contentType) =>
        MediaTypeOf(contentType) is FhirJson or PlainJson or "text/json";

    /// <summary>The media type of a content type in UTF-8; null for another encoding, and when there is none.</summary>
    public static string? MediaTypeOf(string? contentType) =>
        contentType is not null
        && MediaTypeHeaderValue.TryParse(contentType, out var type)
        && (type.Charset.Value is null || type.Charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase))
            ? type.MediaType.Value
            : null;

    /// <summary>A record as the response, with its version headers.</summary>
    public static IResult Of(FhirExchange exchange, ReadableRecord record, int status = StatusCodes.Status200OK)
    {
        SetVersion(exchange.Http.Response, record.Version, record.Written);
        return Of(exchange, record.ToBody(), status);
    }

    /// <summary>JSON bytes as the response.</summary>
    public static IResult Of(FhirExchange exchange, byte[] body, int status = StatusCodes.Status200OK)
    {
        exchange.Http.Response.StatusCode = status;
        var type = Negotiate(exchange.Http.Request) ?? FhirJson;
        return Results.Bytes(body, type == FhirJson ? FhirJson + "; charset=utf-8" : PlainJson + "; charset=utf-8");
    }

    /// <summary>ETag and Last-Modified.</summary>
    public static void SetVersion(HttpResponse response, int version, DateTimeOffset written)
    {
        response.Headers.ETag = ETag(version);
        response.Headers.LastModified = written.ToUniversalTime().ToString("R", CultureInfo.InvariantCulture);
    }

    /// <summary>The weak entity tag of a version.</summary>
    public static string ETag(int version) => string.Create(CultureInfo.InvariantCulture, $"W/\"{version}\"");

    /// <summary>The version that an entity tag names, weak or strong; null when it is none.</summary>
    public static int? VersionOf(string? tag)
    {
        var text = tag.AsSpan().Trim();
        if (text.StartsWith("W/", StringComparison.Ordinal))
            text = text[2..];
        text = text.Trim('"');
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var version) ? version : null;
    }
}
