using System.Text;
using System.Text.Json.Nodes;

namespace MedLedger.Api.Tests.Http.Fuzz;

/// <summary>Bodies: valid resources, changed in their structure or in their bytes.</summary>
internal static class FuzzedBody
{
    /// <summary>Stands in every body; no refusal and no log line may repeat it.</summary>
    public const string Canary = "canary-5d1c0f";

    private static readonly string[] Seeds =
    [
        """{"resourceType":"Patient","id":"fuzz-1","name":[{"family":"CANARY","given":["A"]}],"gender":"other","birthDate":"1970-01-01","identifier":[{"system":"urn:s","value":"CANARY"}]}""",
        """{"resourceType":"Observation","id":"fuzz-2","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"8480-6"}]},"subject":{"reference":"Patient/sample-a"},"valueQuantity":{"value":1.50,"unit":"CANARY"},"effectiveDateTime":"2026-02-01"}""",
        """{"resourceType":"Observation","status":"final","code":{"text":"CANARY"},"subject":{"reference":"Patient/fuzz-planted"},"valueString":"CANARY"}""",
        """{"resourceType":"Condition","subject":{"reference":"Patient/sample-b"},"code":{"text":"CANARY"},"text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">CANARY</div>"}}""",
        """{"resourceType":"Patient","id":"fuzz-planted","meta":{"versionId":"7","lastUpdated":"2000-01-01T00:00:00Z","security":[{"code":"U"}],"tag":[{"code":"CANARY"}]},"active":false}""",
        """{"resourceType":"Consent","status":"active","scope":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/consentscope","code":"patient-privacy"}]},"category":[{"coding":[{"system":"http://loinc.org","code":"59284-0"}]}],"patient":{"reference":"Patient/fuzz-planted"},"policy":[{"uri":"urn:CANARY"}],"provision":{"type":"permit"}}""",
        """{"resourceType":"Bundle","type":"batch","entry":[{"request":{"method":"GET","url":"Patient/fuzz-planted"}},{"request":{"method":"GET","url":"Observation?patient=sample-a&_count=1"}},{"resource":{"resourceType":"Basic","code":{"text":"CANARY"}},"request":{"method":"POST","url":"Basic"}}]}""",
        """{"resourceType":"Bundle","type":"transaction","entry":[{"fullUrl":"urn:uuid:61ebe359-bfdc-4613-8bf2-c5e300945f0a","resource":{"resourceType":"Patient","name":[{"family":"CANARY"}]},"request":{"method":"POST","url":"Patient"}},{"resource":{"resourceType":"Observation","status":"final","code":{"text":"x"},"subject":{"reference":"urn:uuid:61ebe359-bfdc-4613-8bf2-c5e300945f0a"}},"request":{"method":"POST","url":"Observation","ifNoneExist":"identifier=CANARY"}}]}""",
        """{"resourceType":"Parameters","parameter":[{"name":"operation","part":[{"name":"type","valueCode":"add"},{"name":"path","valueString":"Patient"},{"name":"name","valueString":"CANARY"},{"name":"value","valueBoolean":true}]}]}""",
        """{"resourceType":"Subscription","status":"requested","reason":"CANARY","criteria":"Observation?patient=fuzz-planted","channel":{"type":"rest-hook","endpoint":"http://127.0.0.1:9/hook"}}""",
        """{"resourceType":"Binary","contentType":"text/html","data":"PHNjcmlwdD4="}""",
        """[{"op":"replace","path":"/active","value":"CANARY"},{"op":"test","path":"/name/0/family","value":"a"}]""",
        """{"patient":"Patient/fuzz-planted","reason":"CANARY","minutes":15,"person":"RelatedPerson/x","power":"parent","acts":["read"],"outcome":"justified","note":"CANARY","evidence":"CANARY"}""",
        "name=CANARY&password=CANARY&code=1&return=//evil.example&grant_type=client_credentials&client_id=CANARY&scope=system/*.cruds&redirect_uri=http://127.0.0.1:9/&response_type=code&code_challenge=a&code_challenge_method=plain&client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer&client_assertion=a.b.c&refresh_token=CANARY",
        "patient=fuzz-planted&_count=1&code=CANARY&_has:Observation:subject:code=1",
    ];

    /// <summary>One body.</summary>
    public static byte[] Make(Dice dice)
    {
        var seed = dice.Pick(Seeds).Replace("CANARY", Canary, StringComparison.Ordinal);
        if (dice.OneIn(5))
            return Encoding.UTF8.GetBytes(seed);
        if (dice.OneIn(3))
            return Damage(dice, Encoding.UTF8.GetBytes(seed));
        if (seed[0] is not ('{' or '['))
            return Encoding.UTF8.GetBytes(seed + "&" + dice.Pick(Nasty.Parameters) + "=" + dice.Pick(Nasty.Texts));
        return Encoding.UTF8.GetBytes(Change(dice, seed));
    }

    /// <summary>JSON with a member removed, doubled, renamed, replaced, nested or repeated.</summary>
    private static string Change(Dice dice, string json)
    {
        var root = JsonNode.Parse(json)!;
        for (var times = 1 + dice.Next(3); times > 0; times--)
        {
            var nodes = new List<JsonNode>();
            Collect(root, nodes);
            var objects = nodes.OfType<JsonObject>().Where(o => o.Count > 0).ToList();
            if (objects.Count == 0)
                break;
            var target = dice.Pick(objects);
            var name = dice.Pick(target.Select(member => member.Key).ToList());
            switch (dice.Next(7))
            {
                case 0:
                    target.Remove(name);
                    break;
                case 1:
                    target[name] = Value(dice);
                    break;
                case 2:
                    target[dice.Pick(Members)] = Value(dice);
                    break;
                case 3:
                    target["_" + name] = new JsonObject { ["extension"] = Value(dice) };
                    break;
                case 4:
                    target[name] = new JsonArray([
                        .. Enumerable.Range(0, dice.Pick([0, 2, 500])).Select(_ => target[name]?.DeepClone()),
                    ]);
                    break;
                case 5:
                    target["contained"] = new JsonArray(root.DeepClone());
                    break;
                default:
                    target[name] = null;
                    break;
            }
        }
        var text = root.ToJsonString();
        return dice.Next(8) switch
        {
            // The same member twice, once with another value.
            0 => text.Insert(1, "\"resourceType\":\"Patient\","),
            1 => text.Insert(1, "\"id\":\"fuzz-planted\",\"id\":\"fuzz-planted\","),
            2 => Deep(dice, text),
            3 => text.Replace("1.50", dice.Pick(Numbers), StringComparison.Ordinal),
            _ => text,
        };
    }

    private static readonly string[] Members =
    [
        "id",
        "meta",
        "resourceType",
        "extension",
        "modifierExtension",
        "implicitRules",
        "language",
        "text",
        "contained",
        "subject",
        "reference",
        "patient",
        "value",
        "valueString",
        "valueDateTime",
        "valueAttachment",
        "url",
        "entry",
        "request",
        "method",
        "fullUrl",
        "ifNoneExist",
        "type",
        "__proto__",
        "$type",
        Canary,
    ];

    private static readonly string[] Numbers =
    [
        "1e400",
        "-1e400",
        "1e2147483648",
        "0." + new string('0', 400) + "1",
        new string('9', 1000),
        "-0",
        "01",
        "1.",
        "NaN",
        "1e-2147483648",
    ];

    private static JsonNode? Value(Dice dice) =>
        dice.Next(9) switch
        {
            0 => null,
            1 => JsonValue.Create(dice.OneIn(2)),
            2 => JsonValue.Create(dice.Pick([0m, -1m, 1.50m, 79228162514264337593543950335m])),
            3 => new JsonArray(),
            4 => new JsonObject(),
            5 => new JsonArray(JsonValue.Create(dice.Pick(Nasty.Texts)), null),
            6 => new JsonObject { ["reference"] = dice.Pick(Nasty.Texts) },
            7 => new JsonObject { ["url"] = "urn:x", ["valueString"] = dice.Pick(Nasty.Texts) },
            _ => JsonValue.Create(dice.Pick(Nasty.Texts)),
        };

    private static string Deep(Dice dice, string text)
    {
        var depth = dice.Pick([30, 60, 70, 1000, 20_000]);
        var (open, close) = dice.Pick([
            ("{\"extension\":[", "]}"),
            ("[", "]"),
            ("{\"contained\":[{\"resourceType\":\"Basic\",\"contained\":[", "]}]}"),
        ]);
        var nested = string.Concat(Enumerable.Repeat(open, depth)) + string.Concat(Enumerable.Repeat(close, depth));
        return text.Insert(1, $"\"contained\":{nested},");
    }

    private static byte[] Damage(Dice dice, byte[] valid)
    {
        var at = dice.Next(valid.Length);
        switch (dice.Next(7))
        {
            case 0:
                return valid[..at];
            case 1:
                valid[at] = (byte)dice.Next(256);
                return valid;
            case 2:
                return [.. valid, .. valid];
            case 3:
                return [0xef, 0xbb, 0xbf, .. valid];
            case 4:
                return Encoding.Unicode.GetBytes(Encoding.UTF8.GetString(valid));
            case 5:
                return [.. valid[..at], 0xed, 0xa0, 0x80, 0xff, .. valid[at..]];
            default:
                return [.. valid[..at], .. Enumerable.Repeat(valid[at], 100_000), .. valid[at..]];
        }
    }

    private static void Collect(JsonNode node, List<JsonNode> into)
    {
        into.Add(node);
        var inner = node switch
        {
            JsonObject members => members.Select(member => member.Value),
            JsonArray items => items,
            _ => [],
        };
        foreach (var one in inner.OfType<JsonNode>())
            Collect(one, into);
    }
}
