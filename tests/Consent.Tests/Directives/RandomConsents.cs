using System.Text.Json.Nodes;

namespace MedLedger.Consent.Tests.Directives;

/// <summary>Random consents and requests from small pools, so that they meet often; the same seed gives the same case.</summary>
internal sealed class RandomConsents(int seed)
{
    private const string Terminology = "http://terminology.hl7.org/CodeSystem/";
    private const string Local = "http://local.example/codes";
    private readonly Random random = new(seed);

    private static readonly string[] Actors =
    [
        "Practitioner/p1",
        "Practitioner/p1",
        "Practitioner/p2",
        "Organization/o1",
        "Group/g1",
        "Practitioner/p1/_history/3",
        "http://else.example/fhir/Practitioner/p1",
        "urn:uuid:0c0e",
        "#contained",
    ];

    private static readonly string[] Purposes =
    [
        "TREAT",
        "TREAT",
        "PurposeOfUse",
        "ETREAT",
        "BTG",
        "COC",
        "HPAYMT",
        "HRESCH",
        "CLINTRCH",
        "CLINTRCHPC",
        "HOPERAT",
        "XNEW",
    ];

    private static readonly string[] Dates =
    [
        "2021",
        "2022",
        "2022-06",
        "2022-06-15",
        "2022-06-15T10:00:00Z",
        "2022-06-15T23:30:00-05:00",
        "2022-06-16T01:00:00+09:00",
        "2022-12-31",
        "2023-01-01",
        "2023-02-01T00:00:00+02:00",
        "2024-05",
        "2025",
    ];

    private static readonly string[] Types =
    [
        "Observation",
        "Observation",
        "Condition",
        "MedicationRequest",
        "Encounter",
    ];
    private static readonly string[] Levels = ["U", "L", "M", "N", "N", "R", "V"];

    private static readonly string[] Sensitivities =
    [
        "SPI",
        "BH",
        "COGN",
        "MH",
        "PSY",
        "SUD",
        "ETH",
        "ETHUD",
        "OPIOIDUD",
        "HIV",
        "SDV",
        "DEMO",
    ];

    private static readonly string[] Codes = ["29463-7", "8867-4", "4548-4"];
    private static readonly string[] Encounters = ["Encounter/e1", "Encounter/e2"];
    private static readonly string[] ActionCodes = ["access", "use", "disclose", "collect", "correct"];

    private string Pick(params string[] pool) => pool[random.Next(pool.Length)];

    private bool Chance(int percent) => random.Next(100) < percent;

    public JsonObject Consent(int index)
    {
        var consent = new JsonObject
        {
            ["resourceType"] = "Consent",
            ["id"] = $"c{index}",
            ["status"] = Chance(92) ? "active" : Pick("inactive", "draft", "Active"),
            ["scope"] = Concept(
                Terminology + "consentscope",
                Chance(93) ? "patient-privacy" : Pick("research", "treatment", "adr")
            ),
            ["patient"] = new JsonObject
            {
                ["reference"] = Chance(92)
                    ? "Patient/a"
                    : Pick("Patient/b", "http://else.example/fhir/Patient/a", "#p"),
            },
        };
        if (Chance(3))
            consent[Pick("implicitRules", "modifierExtension")] = new JsonArray("x");
        if (Chance(15))
            consent["policyRule"] = Concept(
                Chance(85) ? Terminology + "v3-ActCode" : Local,
                Pick("OPTIN", "OPTOUT", "OPTINR", "OPTOUTE", "EMRGONLY")
            );
        if (Chance(96))
        {
            var root = Rule(0, Chance(75) ? "permit" : "deny");
            if (Chance(15))
                root.Remove("type");
            consent["provision"] = root;
        }
        return consent;
    }

    public JsonObject Request()
    {
        var request = new JsonObject
        {
            ["patient"] = "Patient/a",
            ["actor"] = Strings(Chance(95) ? random.Next(1, 3) : 0, Actors),
            ["role"] = Chance(10) ? new JsonArray("nurse") : [],
            ["action"] = Pick(ActionCodes),
            ["time"] = Pick("2022-06-15T12:00:00Z", "2023-01-01T00:30:00+02:00", "2026-01-01T00:00:00Z"),
        };
        if (Chance(96))
            request["purpose"] = Chance(90) ? Pick(Purposes) : Local + "|" + Pick(Purposes);
        if (Chance(98))
            request["resource"] = Resource();
        return request;
    }

    /// <summary>A request as the gate accepts it: one caller, a known purpose, the time in UTC.</summary>
    public JsonObject CompleteRequest(string actor)
    {
        var request = Request();
        request["actor"] = new JsonArray(actor);
        request["role"] = new JsonArray();
        request["purpose"] = Pick(Purposes[..^1]);
        request["time"] = Pick(
            "2022-06-15T12:00:00Z",
            "2022-12-31T23:59:59Z",
            "2023-01-01T00:00:00Z",
            "2025-07-01T08:00:00Z"
        );
        request["resource"] = Resource();
        return request;
    }

    private JsonObject Resource()
    {
        var type = Pick(Types);
        var resource = new JsonObject
        {
            ["reference"] = $"{type}/{(type == "Encounter" ? "e1" : "r1")}",
            ["type"] = type,
            ["codes"] = Codings(random.Next(3), "http://loinc.org", Codes),
            ["labels"] = Labels(),
        };
        if (Chance(90))
            resource["date"] = Pick(Dates);
        if (Chance(80))
            resource["author"] = Strings(1, Actors);
        if (Chance(50))
            resource["encounter"] = Pick(Encounters);
        if (Chance(40))
            resource["refersTo"] = Strings(2, ["Condition/x", "Procedure/y", "Encounter/e1"]);
        return resource;
    }

    private JsonArray Labels()
    {
        var labels = Codings(random.Next(3), Terminology + "v3-ActCode", Sensitivities);
        if (Chance(85))
            labels.Add(Coding(Terminology + "v3-Confidentiality", Chance(97) ? Pick(Levels) : "X"));
        if (Chance(10))
            labels.Add(Coding(Local, "VIP"));
        return labels;
    }

    private JsonObject Rule(int depth, string type)
    {
        var rule = new JsonObject { ["type"] = type };
        if (Chance(12))
            rule["period"] = Period();
        if (Chance(45))
            rule["actor"] = Many(2, Actor);
        if (Chance(40))
            rule["purpose"] = Many(3, () => RuleCoding(Terminology + "v3-ActReason", Purposes));
        if (Chance(15))
            rule["action"] = Many(
                2,
                () => Chance(90) ? Concept(Terminology + "consentaction", Pick(ActionCodes)) : Concept(Local, "access")
            );
        if (Chance(30))
            rule["securityLabel"] = Many(
                2,
                () =>
                    Chance(50)
                        ? Coding(Terminology + "v3-Confidentiality", Pick(Levels))
                        : RuleCoding(Terminology + "v3-ActCode", Sensitivities)
            );
        if (Chance(20))
            rule["class"] = Many(
                2,
                () => Coding(Chance(92) ? "http://hl7.org/fhir/resource-types" : Local, Pick(Types))
            );
        if (Chance(15))
            rule["code"] = Many(2, () => Chance(95) ? Concept("http://loinc.org", Pick(Codes)) : []);
        if (Chance(15))
            rule["dataPeriod"] = Period();
        if (Chance(15))
            rule["data"] = Many(2, Data);
        if (depth < 4 && Chance(depth == 0 ? 60 : 30))
            rule["provision"] = Many(3, () => Nested(depth + 1));
        return rule;
    }

    private JsonObject Nested(int depth)
    {
        var rule = Rule(depth, Chance(50) ? "permit" : "deny");
        if (Chance(4))
            rule.Remove("type");
        return rule;
    }

    private JsonObject Actor() =>
        new()
        {
            ["role"] = Chance(93) ? Concept(Terminology + "v3-ParticipationType", "IRCP") : Concept(Local, "nurse"),
            ["reference"] = Chance(97)
                ? new JsonObject { ["reference"] = Pick(Actors) }
                : new JsonObject { ["display"] = "x" },
        };

    private JsonObject Data() =>
        new()
        {
            ["meaning"] = Pick("instance", "related", "dependents", "authoredby", "other"),
            ["reference"] = new JsonObject
            {
                ["reference"] = Pick(
                    "Observation/r1",
                    "Encounter/e1",
                    "Encounter/e2",
                    "Practitioner/p1",
                    "Condition/x",
                    "http://else.example/fhir/Encounter/e1",
                    "#c"
                ),
            },
        };

    private JsonObject Period()
    {
        var period = new JsonObject();
        if (Chance(75))
            period["start"] = Chance(97) ? Pick(Dates) : "soon";
        if (Chance(75))
            period["end"] = Pick(Dates);
        return period;
    }

    private JsonObject RuleCoding(string system, string[] pool)
    {
        var coding = Coding(Chance(92) ? system : Local, Pick(pool));
        if (Chance(4))
            coding.Remove("system");
        return coding;
    }

    private JsonArray Many(int most, Func<JsonObject> one)
    {
        var array = new JsonArray();
        for (var count = random.Next(1, most + 1); count > 0; count--)
            array.Add(one());
        return array;
    }

    private JsonArray Strings(int count, string[] pool)
    {
        var array = new JsonArray();
        for (; count > 0; count--)
            array.Add(Pick(pool));
        return array;
    }

    private JsonArray Codings(int count, string system, string[] pool)
    {
        var array = new JsonArray();
        for (; count > 0; count--)
            array.Add(Coding(system, Pick(pool)));
        return array;
    }

    private static JsonObject Coding(string system, string code) => new() { ["system"] = system, ["code"] = code };

    private static JsonObject Concept(string system, string code) =>
        new() { ["coding"] = new JsonArray(Coding(system, code)) };
}
