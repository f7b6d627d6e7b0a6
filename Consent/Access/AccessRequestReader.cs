using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using MedLedger.Consent.Directives;

namespace MedLedger.Consent.Access;

/// <summary>
/// Reads an access request from JSON. A fact that is absent stays absent; a fact of the wrong shape makes the whole
/// request unreadable, since to drop it could change the answer.
/// </summary>
public static class AccessRequestReader
{
    /// <summary>References, codes, labels or roles in one list.</summary>
    public const int MaxItems = 10_000;

    /// <summary>False when the request cannot be read: then it must be denied.</summary>
    public static bool TryParse(ReadOnlyMemory<byte> utf8, [NotNullWhen(true)] out AccessRequest? request)
    {
        request = null;
        if (!StrictJson.TryParse(utf8, out var document))
            return false;
        using (document)
        {
            try
            {
                request = Read(document.RootElement);
                return true;
            }
            catch (Exception error) when (error is FormatException or InvalidOperationException)
            {
                return false;
            }
        }
    }

    private static AccessRequest Read(JsonElement root)
    {
        var action = Text(root, "action");
        if (action is not null && Array.IndexOf(CodeSystems.Actions, action) < 0)
            throw new FormatException();
        return new AccessRequest
        {
            Patient = Text(root, "patient") ?? "",
            Actors = Texts(root, "actor") ?? [],
            Roles = Texts(root, "role") ?? [],
            Purpose = Text(root, "purpose"),
            Action = action,
            Time = Text(root, "time"),
            Resource = root.TryGetProperty("resource", out var resource) ? ReadResource(resource) : null,
        };
    }

    private static ResourceFacts ReadResource(JsonElement resource)
    {
        if (resource.ValueKind != JsonValueKind.Object)
            throw new FormatException();
        var reference = Text(resource, "reference") ?? "";
        return new ResourceFacts
        {
            Reference = reference,
            Type = Text(resource, "type") ?? throw new FormatException(),
            Codes = Codings(resource, "codes"),
            Labels = Codings(resource, "labels"),
            Date = Text(resource, "date"),
            Authors = Texts(resource, "author") ?? [],
            Encounter = Text(resource, "encounter"),
            RefersTo = Texts(resource, "refersTo"),
        };
    }

    private static string? Text(JsonElement element, string name)
    {
        if (!element.TryGetProperty(name, out var value))
            return null;
        return value.ValueKind == JsonValueKind.String ? value.GetString() : throw new FormatException();
    }

    private static List<string>? Texts(JsonElement element, string name)
    {
        if (!element.TryGetProperty(name, out var value))
            return null;
        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() > MaxItems)
            throw new FormatException();
        return
        [
            .. value
                .EnumerateArray()
                .Select(item =>
                    item.ValueKind == JsonValueKind.String ? item.GetString()! : throw new FormatException()
                ),
        ];
    }

    private static List<Coding> Codings(JsonElement element, string name)
    {
        if (!element.TryGetProperty(name, out var value))
            return [];
        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() > MaxItems)
            throw new FormatException();
        var codings = new List<Coding>();
        foreach (var item in value.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.Object)
                throw new FormatException();
            var code = Text(item, "code") ?? throw new FormatException();
            codings.Add(new Coding(Text(item, "system"), code));
        }
        return codings;
    }
}
