using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;

namespace MedLedger.Api.Http;

/// <summary>
/// Forms in the encoding of URLs alone: the parts of a multipart form would be kept on the disk while they arrive, in clear.
/// </summary>
internal static class Forms
{
    private const string UrlEncoded = "application/x-www-form-urlencoded";

    /// <summary>Whether the body is said to be such a form.</summary>
    public static bool IsForm(HttpRequest request) =>
        MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
        && type.MediaType.Equals(UrlEncoded, StringComparison.OrdinalIgnoreCase);

    /// <summary>The form in the body, empty where there is no body; null when it is something else.</summary>
    /// <exception cref="BadHttpRequestException">It has too many or too long fields.</exception>
    public static async Task<IFormCollection?> OfAsync(HttpRequest request, CancellationToken cancellation)
    {
        var body = request.HttpContext.Features.Get<IHttpRequestBodyDetectionFeature>();
        return IsForm(request) ? await ReadAsync(request, cancellation)
            : request.ContentType is null && body is not { CanHaveBody: true } ? FormCollection.Empty
            : null;
    }

    /// <summary>Whether the body, JSON or form, is said to be in UTF-8 or not said to be in anything.</summary>
    public static bool IsUtf8(HttpRequest request) =>
        !MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
        || !type.Charset.HasValue
        || HeaderUtilities.RemoveQuotes(type.Charset).Equals("utf-8", StringComparison.OrdinalIgnoreCase);

    /// <summary>Reads it, at most once for a request.</summary>
    /// <exception cref="BadHttpRequestException">It has too many or too long fields.</exception>
    public static async Task<IFormCollection> ReadAsync(HttpRequest request, CancellationToken cancellation)
    {
        try
        {
            return await request.ReadFormAsync(cancellation);
        }
        catch (InvalidDataException refused)
        {
            throw new BadHttpRequestException("The form could not be read.", refused);
        }
    }
}
