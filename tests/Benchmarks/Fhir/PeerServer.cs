using System.Buffers;
using System.Collections.Concurrent;
using System.Text.Json;
using Hl7.Fhir.Model;
using Hl7.Fhir.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace MedLedger.Benchmarks.Fhir;

/// <summary>
/// What to compare with: a FHIR server on the same ASP.NET and the same strict parser that keeps resources in memory, in
/// clear, without identity, consent, log, search or durability. It answers transactions of POSTs and reads by id.
/// </summary>
internal static class PeerServer
{
    /// <summary>Serves until the process is asked to end.</summary>
    public static async System.Threading.Tasks.Task RunAsync(string[] args)
    {
        var builder = WebApplication.CreateSlimBuilder(args);
        builder.Logging.ClearProviders();
        await using var app = builder.Build();
        var resources = new ConcurrentDictionary<string, byte[]>(StringComparer.Ordinal);
        app.MapGet("/ready", () => Results.Ok());
        app.MapGet(
            "/fhir/{type}/{id}",
            (string type, string id) =>
                resources.TryGetValue($"{type}/{id}", out var body)
                    ? Results.Bytes(body, "application/fhir+json")
                    : Results.NotFound()
        );
        app.MapPost("/fhir", (HttpRequest request) => TransactAsync(request, resources));
        await app.RunAsync();
    }

    private static async Task<IResult> TransactAsync(
        HttpRequest request,
        ConcurrentDictionary<string, byte[]> resources
    )
    {
        using var json = await JsonDocument.ParseAsync(request.Body);
        var options = new JsonSerializerOptions().ForFhir(ModelInfo.ModelInspector);
        var entries = json.RootElement.GetProperty("entry").EnumerateArray().ToList();
        var ids = entries.ToDictionary(
            e => e.GetProperty("fullUrl").GetString()!,
            e => $"{e.GetProperty("request").GetProperty("url").GetString()}/{Guid.NewGuid()}",
            StringComparer.Ordinal
        );
        var output = new ArrayBufferWriter<byte>();
        await using var writer = new Utf8JsonWriter(output);
        writer.WriteStartObject();
        writer.WriteString("resourceType", "Bundle");
        writer.WriteString("type", "transaction-response");
        writer.WriteStartArray("entry");
        foreach (var entry in entries)
        {
            var reference = ids[entry.GetProperty("fullUrl").GetString()!];
            var resource = entry.GetProperty("resource").Deserialize<Resource>(options)!;
            resource.Id = reference.Split('/')[1];
            foreach (var one in Descend(resource).OfType<ResourceReference>())
            {
                if (one.Reference is { } url && ids.TryGetValue(url, out var resolved))
                    one.Reference = resolved;
            }
            resources[reference] = JsonSerializer.SerializeToUtf8Bytes(resource, options);
            writer.WriteStartObject();
            writer.WriteStartObject("response");
            writer.WriteString("status", "201 Created");
            writer.WriteString("location", reference + "/_history/1");
            writer.WriteEndObject();
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
        writer.WriteEndObject();
        await writer.FlushAsync();
        return Results.Bytes(output.WrittenSpan.ToArray(), "application/fhir+json");
    }

    private static IEnumerable<Base> Descend(Base from) =>
        from.EnumerateElements()
            .SelectMany(element =>
                element.Value is IEnumerable<Base> list ? list : (IEnumerable<Base?>)[element.Value as Base]
            )
            .OfType<Base>()
            .SelectMany(child => Descend(child).Prepend(child));
}
