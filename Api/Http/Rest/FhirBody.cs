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
            return OfFormat(format);
        if (request.Headers.Accept.Count == 0)
            return FhirJson;
        if (!MediaTypeHeaderValue.TryParseList(request.Headers.Accept, out var accepted))
            return FhirJson;
        var wanted = accepted.Where(a => a.Quality is null or > 0).OrderByDescending(a => a.Quality ?? 1).ToList();
        return wanted.Count == 0 ? FhirJson : wanted.Select(Written).FirstOrDefault(type => type is not null);
    }

    /// <summary>Whether one of these media types is accepted by its name.</summary>
    public static bool Accepts(HttpRequest request, IReadOnlyList<string> types) =>
        MediaTypeHeaderValue.TryParseList(request.Headers.Accept, out var accepted)
        && accepted.Any(a =>
            a.Quality is null or > 0 && types.Contains(a.MediaType.Value, StringComparer.OrdinalIgnoreCase)
        );

    /// <summary>A preference of the client (RFC 7240), by its name; null when it is not stated.</summary>
    public static string? Preference(HttpRequest request, string name) =>
        request
            .Headers["Prefer"]
            .SelectMany(value => (value ?? "").Split([',', ';']))
            .Select(part => part.Split('=', 2))
            .Where(pair => pair.Length == 2 && pair[0].Trim().Equals(name, StringComparison.OrdinalIgnoreCase))
            .Select(pair => pair[1].Trim().Trim('"'))
            .FirstOrDefault();

    /// <summary>Whether a resource of this content type is read.</summary>
    public static bool IsReadable(string? contentType) =>
        MediaTypeOf(contentType) is FhirJson or PlainJson or "text/json";

    /// <summary>
    /// The media type of a content type in UTF-8, in small letters; null for another encoding, another version of FHIR, and
    /// when there is none.
    /// </summary>
    public static string? MediaTypeOf(string? contentType) =>
        contentType is not null
        && MediaTypeHeaderValue.TryParse(contentType, out var type)
        && IsR4(type)
        && (
            type.Charset.Value is null
            || HeaderUtilities.RemoveQuotes(type.Charset).Equals("utf-8", StringComparison.OrdinalIgnoreCase)
        )
            ? NameOf(type)
            : null;

    private static string? OfFormat(string format)
    {
        // A plus sign that was not escaped comes as a space.
        var text = format.Replace("/fhir ", "/fhir+", StringComparison.OrdinalIgnoreCase);
        return text.Equals("json", StringComparison.OrdinalIgnoreCase) ? FhirJson
            : MediaTypeHeaderValue.TryParse(text, out var type) ? Written(type)
            : null;
    }

    // What is written for a media type that is asked for; null for one that is not written.
    private static string? Written(MediaTypeHeaderValue asked) =>
        !IsR4(asked)
            ? null
            : NameOf(asked) switch
            {
                FhirJson or "*/*" or "application/*" => FhirJson,
                PlainJson or "text/json" => PlainJson,
                _ => null,
            };

    // Media types have no case (RFC 9110, section 8.3.1).
    private static string? NameOf(MediaTypeHeaderValue type) => type.MediaType.Value?.ToLowerInvariant();

    // FHIR R4, http.html#version-parameter.
    private static bool IsR4(MediaTypeHeaderValue type) =>
        type.Parameters.All(p =>
            !p.Name.Equals("fhirVersion", StringComparison.OrdinalIgnoreCase)
            || HeaderUtilities.RemoveQuotes(p.Value).Value is "4.0" or "4.0.1"
        );

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
