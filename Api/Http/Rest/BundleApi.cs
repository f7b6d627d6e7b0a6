using System.Buffers;
using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;

namespace MedLedger.Api.Http.Rest;

/// <summary>batch and transaction: POST of a Bundle to the base (FHIR R4, http.html section 3.1.0.11).</summary>
internal static class BundleApi
{
    /// <summary>POST to the base.</summary>
    public static async Task<IResult> PostAsync(FhirExchange exchange)
    {
        var (body, problem) = await ResourceInput.ReadAsync(exchange.Http.Request, exchange.Aborted);
        if (body is null)
            return problem!.ToResult();
        using var bundle = BundleRequest.TryRead(body, out var invalid);
        if (bundle is null)
            return invalid!.ToResult();
        if (bundle.Type == "transaction")
            return await TransactionApi.RunAsync(exchange, bundle.Entries);
        var answers = new List<InnerAnswer>(bundle.Entries.Count);
        foreach (var entry in bundle.Entries)
            answers.Add(await SendAsync(exchange, entry));
        return FhirBody.Of(exchange, Response("batch-response", answers, exchange.BaseUrl));
    }

    /// <summary>Runs one entry on its own.</summary>
    public static Task<InnerAnswer> SendAsync(FhirExchange exchange, BundleEntry entry) =>
        FhirDispatch.SendAsync(exchange, entry.Method, entry.Url, entry.Resource, entry.Conditions);

    /// <summary>The Bundle of answers, in the order of the requests.</summary>
    public static byte[] Response(string type, IReadOnlyList<InnerAnswer> answers, string baseUrl)
    {
        var output = new ArrayBufferWriter<byte>(256 * (answers.Count + 1));
        using (var writer = new Utf8JsonWriter(output, new JsonWriterOptions { SkipValidation = true }))
        {
            writer.WriteStartObject();
            writer.WriteString("resourceType", "Bundle");
            writer.WriteString("type", type);
            if (answers.Count > 0)
            {
                writer.WriteStartArray("entry");
                foreach (var answer in answers)
                    Write(writer, answer, baseUrl);
                writer.WriteEndArray();
            }
            writer.WriteEndObject();
        }
        return output.WrittenSpan.ToArray();
    }

    private static void Write(Utf8JsonWriter writer, InnerAnswer answer, string baseUrl)
    {
        writer.WriteStartObject();
        if (answer.Body.Length > 0 && !answer.IsOutcome)
        {
            writer.WritePropertyName("resource");
            writer.WriteRawValue(answer.Body, skipInputValidation: true);
        }
        writer.WriteStartObject("response");
        writer.WriteString("status", $"{answer.Status} {ReasonPhrases.GetReasonPhrase(answer.Status)}".TrimEnd());
        if (answer.Headers.Location is [{ } location])
            writer.WriteString("location", Relative(location, baseUrl));
        if (answer.Headers.ETag is [{ } tag])
            writer.WriteString("etag", tag);
        if (answer.Headers.LastModified is [{ } modified] && DateTimeOffset.TryParse(modified, out var time))
            writer.WriteString("lastModified", Records.ReadableRecord.Instant(time));
        if (answer.Body.Length > 0 && answer.IsOutcome)
        {
            writer.WritePropertyName("outcome");
            writer.WriteRawValue(answer.Body, skipInputValidation: true);
        }
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static string Relative(string location, string baseUrl) =>
        location.StartsWith(baseUrl + "/", StringComparison.Ordinal) ? location[(baseUrl.Length + 1)..] : location;
}
