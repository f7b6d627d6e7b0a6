using System.Globalization;
using System.Text.Json;

namespace MedLedger.Consent.Directives;

/// <summary>
/// Reads a tree of provisions. An attribute of the wrong shape stays as an unreadable criterion; a rule whose effect or
/// extent cannot be told is a defect of the whole consent.
/// </summary>
internal sealed class ProvisionReader(RuleType declared)
{
    /// <summary>Levels of provisions, the root included.</summary>
    public const int MaxLevels = 32;

    /// <summary>Rules in one consent.</summary>
    public const int MaxRules = 65_536;

    private int rules;

    /// <summary>What cannot be understood; null when everything was.</summary>
    public string? Defect { get; private set; }

    public Provision Read(JsonElement root) => Read(root, "provision", 1);

    private Provision Read(JsonElement element, string path, int level)
    {
        if (element.ValueKind != JsonValueKind.Object)
            Defect ??= path + " is not an object";
        if (level > MaxLevels)
            Defect ??= "provisions are nested too deeply";
        if (++rules > MaxRules)
            Defect ??= "too many provisions";
        if (Defect is not null)
            return new Provision { Path = path, Type = RuleType.Deny };

        FhirPeriod? period = null;
        FhirPeriod? dataPeriod = null;
        var type = level == 1 ? declared : RuleType.Deny;
        ActorRule[]? actors = null;
        RuleConcept[]? actions = null;
        RuleConcept[]? codes = null;
        RuleCoding[]? labels = null;
        RuleCoding[]? purposes = null;
        RuleCoding[]? classes = null;
        DataRule[]? data = null;
        Provision[] children = [];
        foreach (var member in element.EnumerateObject())
        {
            var value = member.Value;
            switch (member.Name)
            {
                case "id" or "extension" or "modifierExtension" or "_type":
                    break;
                case "type":
                    type = Type(value, path);
                    break;
                case "period":
                    period = Period(value);
                    break;
                case "actor":
                    actors = Items(value, Actor);
                    break;
                case "action":
                    actions = Items(value, Concept);
                    break;
                case "securityLabel":
                    labels = Items(value, Coding);
                    break;
                case "purpose":
                    purposes = Items(value, Coding);
                    break;
                case "class":
                    classes = Items(value, Coding);
                    break;
                case "code":
                    codes = Items(value, Concept);
                    break;
                case "dataPeriod":
                    dataPeriod = Period(value);
                    break;
                case "data":
                    data = Items(value, Data);
                    break;
                case "provision":
                    children = Children(value, path, level);
                    break;
                default: // it may be a limit that we do not know
                    Defect ??= path + " has an element that R4 does not define";
                    break;
            }
        }
        return new Provision
        {
            Path = path,
            Type = type,
            Period = period,
            Actors = actors,
            Actions = actions,
            SecurityLabels = labels,
            Purposes = purposes,
            Classes = classes,
            Codes = codes,
            DataPeriod = dataPeriod,
            Data = data,
            Children = children,
            HasPermitBelow = Array.Exists(children, child => child.Type == RuleType.Permit || child.HasPermitBelow),
        };
    }

    private RuleType Type(JsonElement value, string path)
    {
        var text = value.ValueKind == JsonValueKind.String ? StrictJson.Text(value) : null;
        if (text is not ("permit" or "deny"))
            Defect ??= path + ".type is neither permit nor deny";
        return text == "permit" ? RuleType.Permit : RuleType.Deny;
    }

    private Provision[] Children(JsonElement value, string path, int level)
    {
        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() == 0)
        {
            Defect ??= path + ".provision is not a list of rules";
            return [];
        }
        var children = new List<Provision>();
        foreach (var item in value.EnumerateArray())
        {
            var index = children.Count.ToString(CultureInfo.InvariantCulture);
            children.Add(Read(item, $"{path}.provision[{index}]", level + 1));
            if (Defect is not null)
                break;
        }
        return [.. children];
    }

    /// <summary>An array whose items are objects; anything else, an empty array included, is an unreadable criterion.</summary>
    private static T[] Items<T>(JsonElement value, Func<JsonElement, T> read)
    {
        if (value.ValueKind != JsonValueKind.Array)
            return [];
        var items = new T[value.GetArrayLength()];
        var at = 0;
        foreach (var item in value.EnumerateArray())
            items[at++] = read(item);
        return items;
    }

    public static FhirReference Reference(JsonElement value) =>
        FhirReference.Parse(StrictJson.Text(value, "reference"));

    public static RuleConcept Concept(JsonElement value)
    {
        if (
            value.ValueKind != JsonValueKind.Object
            || !value.TryGetProperty("coding", out var codings)
            || codings.ValueKind != JsonValueKind.Array
        )
            return new RuleConcept([]);
        return new RuleConcept([.. codings.EnumerateArray().Select(Coding)]);
    }

    private static RuleCoding Coding(JsonElement value)
    {
        var code = StrictJson.Text(value, "code");
        if (code is null || !value.TryGetProperty("system", out _))
            return new RuleCoding(null, code);
        var system = StrictJson.Text(value, "system");
        return system is null ? default : new RuleCoding(CodeSystems.Shared(system), code);
    }

    private static ActorRule Actor(JsonElement value)
    {
        if (!HasOnly(value, "id", "extension", "modifierExtension", "role", "reference"))
            return new ActorRule(FhirReference.Unresolvable, false, []);
        var recipient = false;
        var codes = new List<string>();
        if (value.TryGetProperty("role", out var role))
        {
            foreach (var coding in Concept(role).Codings)
            {
                if (coding.Code is null)
                    continue;
                codes.Add(coding.Code);
                recipient |= coding is { System: CodeSystems.ParticipationType, Code: "IRCP" or "PRCP" };
            }
        }
        var reference = value.TryGetProperty("reference", out var named)
            ? Reference(named)
            : FhirReference.Unresolvable;
        return new ActorRule(reference, recipient, [.. codes]);
    }

    private static DataRule Data(JsonElement value)
    {
        if (!HasOnly(value, "id", "extension", "modifierExtension", "meaning", "_meaning", "reference"))
            return new DataRule(DataMeaning.Unknown, FhirReference.Unresolvable);
        var meaning = StrictJson.Text(value, "meaning") switch
        {
            "instance" => DataMeaning.Instance,
            "related" => DataMeaning.Related,
            "dependents" => DataMeaning.Dependents,
            "authoredby" => DataMeaning.AuthoredBy,
            _ => DataMeaning.Unknown,
        };
        var reference = value.TryGetProperty("reference", out var named)
            ? Reference(named)
            : FhirReference.Unresolvable;
        return new DataRule(meaning, reference);
    }

    private static FhirPeriod Period(JsonElement value)
    {
        var wellFormed = HasOnly(value, "id", "extension", "start", "end");
        return new FhirPeriod(Bound(value, "start"), Bound(value, "end"), wellFormed);
    }

    /// <summary>The text of a bound; a bound that is there but no text becomes one that cannot be read.</summary>
    private static string? Bound(JsonElement value, string name) =>
        value.ValueKind == JsonValueKind.Object && value.TryGetProperty(name, out _)
            ? StrictJson.Text(value, name) ?? "?"
            : null;

    private static bool HasOnly(JsonElement value, params ReadOnlySpan<string> names)
    {
        if (value.ValueKind != JsonValueKind.Object)
            return false;
        foreach (var member in value.EnumerateObject())
        {
            if (!names.Contains(member.Name))
                return false;
        }
        return true;
    }
}
