using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using MedLedger.Api.Fhir;
using MedLedger.Api.Identity;
using MedLedger.Api.Records;
using MedLedger.Consent.Access;

namespace MedLedger.Api.Http.Rest;

/// <summary>
/// patch (FHIR R4, http.html section 3.1.0.9): what the caller reads, changed, and written as an update of it; so the gate,
/// the labels, the owners and the rules for a Consent are those of an update. A patch can ask what stands in a resource: it
/// needs the scope to read it, too.
/// </summary>
internal static class PatchApi
{
    /// <summary>What the scopes have to allow.</summary>
    public const ScopePermissions Needs = ScopePermissions.Read | ScopePermissions.Update;

    /// <summary>The media types that are taken.</summary>
    public static IReadOnlyList<string> Formats { get; } = [ResourcePatch.JsonPatchType, FhirBody.FhirJson];

    /// <summary>PATCH Type/id.</summary>
    public static async Task<IResult> PatchAsync(FhirExchange exchange)
    {
        if (!exchange.MayWrite || !exchange.MayRead)
            return Outcomes.Forbidden;
        if (!exchange.HasReference)
            return Outcomes.NotFound;
        var (patch, refused) = await ReadAsync(exchange);
        return patch is null ? refused! : await ApplyAsync(exchange, patch);
    }

    /// <summary>PATCH Type?criteria: the one resource that matches.</summary>
    public static async Task<IResult> ConditionalAsync(FhirExchange exchange)
    {
        if (ConditionalApi.Refuse(exchange) is { } refusal)
            return refusal;
        if (!exchange.MayRead)
            return Outcomes.Forbidden;
        var (patch, refused) = await ReadAsync(exchange);
        if (patch is null)
            return refused!;
        return await ConditionalApi.NameAsync(exchange) ?? await ApplyAsync(exchange, patch);
    }

    /// <summary>Reads a patch of a media type; null with the problem.</summary>
    public static ResourcePatch? Read(ReadOnlyMemory<byte> body, string? mediaType, out Outcome? problem)
    {
        problem = Outcomes.Table.WrongPatchType;
        var isJsonPatch = FhirBody.MediaTypeOf(mediaType) == ResourcePatch.JsonPatchType;
        if (!isJsonPatch && !FhirBody.IsReadable(mediaType))
            return null;
        var patch = ResourcePatch.TryRead(body, isJsonPatch, out var reason);
        problem = patch is null ? Outcomes.Table.Structure($"The patch cannot be read: {reason}.") : null;
        return patch;
    }

    /// <summary>The patched body of what the caller reads; null with the problem.</summary>
    public static (byte[]? Body, Outcome? Problem) Patched(ResourcePatch patch, ReadableRecord current)
    {
        if (current.IsDeleted)
            return (null, Outcomes.Table.Gone);
        var served = JsonNode.Parse(current.ToBody())!.AsObject();
        if (patch.Apply(served, out var reason) is not { } patched)
            return (null, Outcomes.Table.Rule($"The patch cannot be done: {reason}."));
        if (!IsText(patched["resourceType"], current.Type) || !IsText(patched["id"], current.Id))
            return (null, Outcomes.Table.Rule("A patch does not change the type or the id of a resource."));
        // Labels that the rules derive are shown with the resource and derived anew.
        var derived = current.Facts.Labels.Except(current.StatedLabels).ToList();
        if (patched["meta"] is JsonObject meta && meta["security"] is JsonArray labels)
        {
            foreach (var label in labels.Where(l => IsOneOf(l, derived)).ToList())
                labels.Remove(label);
            if (labels.Count == 0)
                meta.Remove("security");
        }
        return (Encoding.UTF8.GetBytes(patched.ToJsonString()), null);
    }

    private static async Task<(ResourcePatch? Patch, IResult? Refused)> ReadAsync(FhirExchange exchange)
    {
        var request = exchange.Http.Request;
        var (body, problem) = await ResourceInput.ReadBytesAsync(request, exchange.Aborted);
        var patch = body is null ? null : Read(body, request.ContentType, out problem);
        if (patch is not null)
            return (patch, null);
        exchange.Http.Response.Headers["Accept-Patch"] = string.Join(", ", Formats);
        return (null, problem!.ToResult());
    }

    private static async Task<IResult> ApplyAsync(FhirExchange exchange, ResourcePatch patch)
    {
        using var current = await WriteApi.ReadAsync(exchange, "patch", Needs);
        if (current is null)
            return Outcomes.NotFound;
        if (!WriteApi.Matches(exchange.Http.Request.Headers.IfMatch, current))
            return Outcomes.Table.VersionConflict.ToResult();
        var (body, problem) = Patched(patch, current);
        if (body is null)
            return problem!.ToResult();
        var (record, invalid) = await ResourceInput.PrepareAsync(exchange, body, current.Id, isOwnId: true);
        return record is null ? invalid!.ToResult() : await WriteApi.StoreAsync(exchange, record, current);
    }

    private static bool IsText(JsonNode? node, string text) =>
        node?.GetValueKind() == JsonValueKind.String && node.GetValue<string>() == text;

    private static bool IsOneOf(JsonNode? label, List<Coding> labels) =>
        label is JsonObject { Count: <= 2 } given
        && labels.Exists(l => IsText(given["code"], l.Code) && (l.System is null || IsText(given["system"], l.System)));
}
