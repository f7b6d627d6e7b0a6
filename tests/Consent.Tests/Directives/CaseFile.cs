using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using MedLedger.Consent.Access;
using MedLedger.Consent.Directives;
using MedLedger.Tests;

namespace MedLedger.Consent.Tests.Directives;

/// <summary>
/// Cases as data: each patches the base consent and request (RFC 7396, JSON merge patch), but a provision replaces the
/// whole provision. <c>consents</c> gives several consents, each a patch.
/// </summary>
internal static class CaseFile
{
    public static string Folder => RepositoryRoot.File("tests", "Consent.Tests", "Cases");

    public static JsonNode Load(params string[] path) =>
        JsonNode.Parse(
            File.ReadAllText(Path.Combine([Folder, .. path])),
            documentOptions: new JsonDocumentOptions { MaxDepth = 256 }
        )!;

    public static bool Decide(IEnumerable<JsonObject> consents, JsonObject request)
    {
        var bundle = new JsonObject
        {
            ["resourceType"] = "Bundle",
            ["type"] = "collection",
            ["entry"] = new JsonArray([.. consents.Select(one => new JsonObject { ["resource"] = one.DeepClone() })]),
        };
        Assert.True(ConsentDirective.TryParseAll(Bytes(bundle), out var directives));
        Assert.True(AccessRequestReader.TryParse(Bytes(request), out var asked));
        var evaluation = ConsentEvaluator.Evaluate(directives, asked);
        Assert.NotEmpty(evaluation.Trace.Summary);
        return evaluation.Permitted;
    }

    public static JsonObject Patched(JsonNode target, JsonNode? patch)
    {
        var result = (JsonObject)target.DeepClone();
        foreach (var (name, value) in patch as JsonObject ?? [])
        {
            if (value is null)
                result.Remove(name);
            else if (value is JsonObject inner && name != "provision" && result[name] is JsonObject old)
                result[name] = Patched(old, inner);
            else
                result[name] = value.DeepClone();
        }
        return result;
    }

    public static byte[] Bytes(JsonNode node) => Encoding.UTF8.GetBytes(node.ToJsonString());
}
