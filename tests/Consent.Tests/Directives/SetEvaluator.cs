using System.Text.Json.Nodes;

namespace MedLedger.Consent.Tests.Directives;

/// <summary>
/// The rules of CONSENT written a second time, in another manner: over the raw JSON and over a whole universe of at most
/// 64 requests at once. Each criterion is a pair of sets (requests for which it is true, requests for which it is unknown),
/// each rule a set of requests, and a decision is membership. Shares no code with the product.
/// </summary>
internal sealed partial class SetEvaluator(IReadOnlyList<JsonObject> universe)
{
    private readonly record struct Sets(ulong True, ulong Unknown)
    {
        public ulong Possible => True | Unknown;

        public static Sets operator &(Sets a, Sets b) =>
            new(a.True & b.True, a.Possible & b.Possible & ~(a.True & b.True));

        public static Sets operator |(Sets a, Sets b) =>
            new(a.True | b.True, (a.Unknown | b.Unknown) & ~(a.True | b.True));
    }

    private readonly record struct Effects(ulong Permit, ulong Deny);

    private const string Reason = "http://terminology.hl7.org/CodeSystem/v3-ActReason";
    private const string ActCode = "http://terminology.hl7.org/CodeSystem/v3-ActCode";
    private const string Level = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality";
    private static readonly string[] Inheritable =
    [
        "actor",
        "action",
        "securityLabel",
        "purpose",
        "class",
        "code",
        "dataPeriod",
        "data",
    ];

    /// <summary>Only what the random consents use, child to parent.</summary>
    private static readonly Dictionary<string, string> PurposeParent = new(StringComparer.Ordinal)
    {
        ["TREAT"] = "PurposeOfUse",
        ["HPAYMT"] = "PurposeOfUse",
        ["HRESCH"] = "PurposeOfUse",
        ["HOPERAT"] = "PurposeOfUse",
        ["ETREAT"] = "TREAT",
        ["COC"] = "TREAT",
        ["BTG"] = "ETREAT",
        ["CLINTRCH"] = "HRESCH",
        ["CLINTRCHPC"] = "CLINTRCH",
        ["PurposeOfUse"] = "",
    };

    private static readonly Dictionary<string, string[]> LabelParents = new(StringComparer.Ordinal)
    {
        ["BH"] = ["SPI"],
        ["MH"] = ["SPI"],
        ["PSY"] = ["SPI"],
        ["SUD"] = ["SPI"],
        ["COGN"] = ["BH"],
        ["ETHUD"] = ["SUD", "ETH"],
        ["OPIOIDUD"] = ["SUD", "ETH"],
    };

    private ulong Everything => universe.Count == 64 ? ulong.MaxValue : (1UL << universe.Count) - 1;

    /// <summary>The requests that are permitted.</summary>
    public ulong Permitted(IEnumerable<JsonObject> consents)
    {
        ulong permitted = 0;
        ulong denied = 0;
        foreach (var consent in consents)
        {
            var effects = One(consent);
            permitted |= effects.Permit;
            denied |= effects.Deny;
        }
        return permitted & ~denied;
    }

    private Effects One(JsonObject consent)
    {
        if (Text(consent["status"]) != "active")
            return default;
        var patient = Of(request => Same(Text(consent["patient"]?["reference"]), Text(request["patient"])));
        if (consent.ContainsKey("implicitRules") || consent.ContainsKey("modifierExtension"))
            return new Effects(0, patient.Possible);
        var root = consent["provision"] as JsonObject;
        var type = Text(root?["type"]) ?? BaseType(consent);
        if (root is null)
            root = [];
        var window = root["period"] is { } period ? Of(request => Within(period, Text(request["time"]))) : Whole;
        var permitsCount = patient.True & window.True & (Sharing(consent) ? Everything : 0);
        var effects = Rule(root, type, [], permitsCount);
        return new Effects(
            effects.Permit & patient.Possible & window.Possible,
            effects.Deny & patient.Possible & window.Possible
        );
    }

    private Effects Rule(JsonObject rule, string type, List<JsonObject> above, ulong permitsCount)
    {
        ulong childPermit = 0;
        ulong childDeny = 0;
        foreach (var child in rule["provision"]?.AsArray() ?? [])
        {
            var effects = Rule((JsonObject)child!, Text(child!["type"]) ?? "deny", [rule, .. above], permitsCount);
            childPermit |= effects.Permit;
            childDeny |= effects.Deny;
        }
        childPermit &= ~childDeny;
        var settled = childPermit | childDeny;
        if (type == "deny")
            return new Effects(childPermit, childDeny | (Deny(rule).Possible & ~settled));
        return new Effects(childPermit | (Permit(rule, above).True & permitsCount & ~settled), childDeny);
    }

    private Sets Deny(JsonObject rule) =>
        Inheritable
            .Append("period")
            .Where(rule.ContainsKey)
            .Aggregate(Whole, (sets, name) => sets & Criterion(name, rule[name], "deny"));

    private Sets Permit(JsonObject rule, List<JsonObject> above)
    {
        List<JsonObject> chain = [rule, .. above];
        var sets = Whole;
        foreach (var name in Inheritable)
        {
            if (chain.Find(one => one.ContainsKey(name)) is { } nearest)
                sets &= Criterion(name, nearest[name], "permit");
        }
        foreach (var one in chain.Where(one => one.ContainsKey("period")))
            sets &= Criterion("period", one["period"], "permit");
        return sets;
    }

    private Sets Criterion(string name, JsonNode? value, string type) =>
        name switch
        {
            "period" => Of(request => Within(value!, Text(request["time"]))),
            "dataPeriod" => Of(request => request["resource"] is { } r ? Within(value!, Text(r["date"])) : null),
            "actor" => Each(value, (one, request) => Actor(one, request)),
            "purpose" => Each(value, (one, request) => Purpose(one, request)),
            "action" => Each(value, (one, request) => Action(one, request)),
            "class" => Each(value, (one, request) => Class(one, request)),
            "code" => Each(value, (one, request) => Code(one, request)),
            "securityLabel" => Each(value, (one, request) => Label(one, request, type)),
            _ => Each(value, (one, request) => Data(one, request)),
        };

    private Sets Whole => new(Everything, 0);

    private Sets Of(Func<JsonObject, bool?> question)
    {
        ulong yes = 0;
        ulong unknown = 0;
        for (var i = 0; i < universe.Count; i++)
        {
            var answer = question(universe[i]);
            if (answer == true)
                yes |= 1UL << i;
            else if (answer is null)
                unknown |= 1UL << i;
        }
        return new Sets(yes, unknown);
    }

    private Sets Each(JsonNode? values, Func<JsonNode, JsonObject, bool?> question)
    {
        if (values is not JsonArray { Count: > 0 } array)
            return new Sets(0, Everything);
        return array.Select(one => Of(request => question(one!, request))).Aggregate((a, b) => a | b);
    }

    private static bool? Actor(JsonNode rule, JsonObject request)
    {
        var actors = Texts(request["actor"]);
        if (actors.Count == 0)
            return null;
        var reference = Any(actors.Select(one => Same(Text(rule["reference"]?["reference"]), one)));
        if (reference == false)
            return false;
        var held = Texts(request["role"]);
        var role = (rule["role"]?["coding"]?.AsArray() ?? []).Any(coding =>
            (
                Text(coding!["code"]) is "IRCP" or "PRCP"
                && Text(coding["system"]) == "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"
            ) || (Text(coding["code"]) is { } code && held.Contains(code))
        );
        return role ? reference : null;
    }

    private static bool? Purpose(JsonNode rule, JsonObject request)
    {
        var asked = Text(request["purpose"]);
        var code = Text(rule["code"]);
        if (string.IsNullOrEmpty(asked) || code is null)
            return null;
        var parts = asked.Contains('|') ? asked.Split('|') : [Reason, asked];
        if (rule["system"] is null)
            return parts[1] == code ? null : false;
        if (Text(rule["system"]) != Reason)
            return parts[0] == Text(rule["system"]) && parts[1] == code;
        if (parts[0] != Reason)
            return null;
        if (parts[1] == code)
            return true;
        if (!PurposeParent.ContainsKey(code) || !PurposeParent.ContainsKey(parts[1]))
            return null;
        return Up(parts[1], one => PurposeParent[one] is { Length: > 0 } parent ? [parent] : []).Contains(code);
    }

    private static bool? Action(JsonNode rule, JsonObject request)
    {
        var asked = Text(request["action"]);
        var known = (rule["coding"]?.AsArray() ?? [])
            .Where(one => Text(one!["system"]) == "http://terminology.hl7.org/CodeSystem/consentaction")
            .Select(one => Text(one!["code"]))
            .Where(one => one is "access" or "collect" or "use" or "disclose" or "correct")
            .ToList();
        if (asked is null || known.Count == 0)
            return null;
        return known.Contains(asked);
    }

    private static bool? Class(JsonNode rule, JsonObject request) =>
        request["resource"] is not { } resource || Text(rule["system"]) != "http://hl7.org/fhir/resource-types"
            ? null
            : Text(rule["code"]) == Text(resource["type"]);

    private static bool? Code(JsonNode rule, JsonObject request)
    {
        if (request["resource"] is not { } resource || rule["coding"] is not JsonArray { Count: > 0 } codings)
            return null;
        return Any(codings.Select(one => InList(one!, Pairs(resource["codes"]), (a, b) => a == b)));
    }

    private static bool? Label(JsonNode rule, JsonObject request, string type)
    {
        if (request["resource"] is not { } resource)
            return null;
        var labels = Pairs(resource["labels"]);
        if (Text(rule["system"]) != Level)
            return InList(
                rule,
                labels,
                (mine, other) => Text(rule["system"]) == ActCode ? Up(other, Parents).Contains(mine) : mine == other
            );
        const string order = "ULMNRV";
        var levels = labels.Where(one => one.System == Level).Select(one => one.Code).ToList();
        var limit = order.IndexOf(Text(rule["code"])!, StringComparison.Ordinal);
        if (limit < 0 || levels.Exists(one => !order.Contains(one, StringComparison.Ordinal)))
            return null;
        if (levels.Count == 0)
            return false;
        var highest = levels.Max(one => order.IndexOf(one, StringComparison.Ordinal));
        return type == "permit" ? highest <= limit : highest >= limit;
    }

    private static IEnumerable<string> Parents(string label) => LabelParents.GetValueOrDefault(label, []);

    private static bool? InList(
        JsonNode rule,
        List<(string System, string Code)> list,
        Func<string, string, bool> matches
    )
    {
        if (Text(rule["code"]) is not { } code)
            return null;
        if (rule["system"] is null)
            return list.Exists(one => one.Code == code) ? null : false;
        return list.Exists(one => one.System == Text(rule["system"]) && matches(code, one.Code));
    }

    private static bool? Data(JsonNode rule, JsonObject request)
    {
        if (request["resource"] is not { } resource)
            return null;
        var reference = Text(rule["reference"]?["reference"]);
        var self = Same(reference, Text(resource["reference"]));
        switch (Text(rule["meaning"]))
        {
            case "instance":
                return self;
            case "authoredby":
                var authors = Texts(resource["author"]);
                return authors.Count == 0 ? null : Any(authors.Select(one => Same(reference, one)));
            case "related" or "dependents":
                var near = Text(resource["encounter"]) is { } encounter
                    ? Any([self, Same(reference, encounter)])
                    : self;
                if (near == true || Kind(reference) == "unknown")
                    return near;
                var listed =
                    Text(rule["meaning"]) == "dependents" && resource["refersTo"] is not null
                        ? Any(Texts(resource["refersTo"]).Select(one => Same(reference, one)).Append(false))
                        : (bool?)null;
                var hasList = Text(rule["meaning"]) == "dependents" && resource["refersTo"] is not null;
                if (reference!.Split('/') is [.., "Encounter", _])
                    return hasList && listed != false ? null : near;
                return hasList ? Any([near, listed]) : null;
            default:
                return null;
        }
    }

    private static string BaseType(JsonObject consent)
    {
        var codes = (consent["policyRule"]?["coding"]?.AsArray() ?? [])
            .Where(one => Text(one!["system"]) == ActCode)
            .Select(one => Text(one!["code"]))
            .ToHashSet(StringComparer.Ordinal);
        return codes.Count > 0 && codes.All(code => code is "OPTIN" or "OPTINR") ? "permit" : "deny";
    }

    private static bool Sharing(JsonObject consent)
    {
        var codes = (consent["scope"]?["coding"]?.AsArray() ?? [])
            .Where(one => Text(one!["system"]) == "http://terminology.hl7.org/CodeSystem/consentscope")
            .Select(one => Text(one!["code"]))
            .ToList();
        return codes.Count > 0 && codes.All(code => code is "patient-privacy" or "research");
    }

    private static HashSet<string> Up(string code, Func<string, IEnumerable<string>> parents)
    {
        HashSet<string> all = [code];
        var next = new Queue<string>([code]);
        while (next.TryDequeue(out var one))
        {
            foreach (var parent in parents(one).Where(all.Add))
                next.Enqueue(parent);
        }
        return all;
    }

    private static bool? Any(IEnumerable<bool?> answers)
    {
        var all = answers.ToList();
        if (all.Contains(true))
            return true;
        return all.Contains(null) ? null : false;
    }

    private static string? Text(JsonNode? node) =>
        node is JsonValue value && value.TryGetValue(out string? text) ? text : null;

    private static List<string> Texts(JsonNode? node) => [.. (node as JsonArray ?? []).Select(one => Text(one)!)];

    private static List<(string System, string Code)> Pairs(JsonNode? node) =>
        [.. (node as JsonArray ?? []).Select(one => (Text(one!["system"])!, Text(one["code"])!))];
}
