using System.Collections.Frozen;
using System.Text.Json;

namespace MedLedger.Analytics.Records;

/// <summary>
/// Finds what can be read in one FHIR R4 resource: attachments anywhere, Annotations and other free-text elements, the
/// narrative, and the coded core as a sentence. What is not text is listed, never skipped in silence.
/// </summary>
public static class RecordTextReader
{
    private const int Deepest = 64;

    private static readonly FrozenSet<string> FreeText = FrozenSet.ToFrozenSet(
        ["conclusion", "description", "comment", "patientInstruction", "valueString", "summary", "clinicalImpression"],
        StringComparer.Ordinal
    );

    /// <summary>Reads a resource as JSON. Anything that is not a resource has no passages.</summary>
    public static RecordText Read(JsonElement resource)
    {
        var passages = new List<RecordPassage>();
        var notRead = new List<UnreadPart>();
        if (
            resource.ValueKind != JsonValueKind.Object
            || !resource.TryGetProperty("resourceType", out var t)
            || t.GetString() is not { } type
        )
            return new RecordText(passages, notRead);

        if (CodedText.Of(resource, type) is { } coded)
            passages.Add(coded);
        Narrative(resource, type, passages);
        foreach (var member in resource.EnumerateObject())
        {
            if (member.Name is not ("text" or "contained" or "extension" or "meta"))
                Walk(member, $"{type}.{member.Name}", passages, notRead, depth: 1);
        }
        return new RecordText(passages, notRead);
    }

    private static void Narrative(JsonElement resource, string type, List<RecordPassage> passages)
    {
        if (
            !resource.TryGetProperty("text", out var narrative)
            || narrative.ValueKind != JsonValueKind.Object
            || !narrative.TryGetProperty("div", out var div)
            || div.ValueKind != JsonValueKind.String
        )
            return;
        // A generated narrative says the coded core again.
        var generated = narrative.TryGetProperty("status", out var status) && status.ValueEquals("generated");
        if (generated && passages.Count > 0)
            return;
        var text = HtmlText.Of(div.GetString()!, "text/html").Text;
        if (text.Length > 0)
            passages.Add(new RecordPassage($"{type}.text.div", PassageSource.Narrative, text));
    }

    private static void Walk(
        JsonProperty member,
        string path,
        List<RecordPassage> passages,
        List<UnreadPart> notRead,
        int depth
    )
    {
        var value = member.Value;
        if (depth > Deepest)
        {
            notRead.Add(new UnreadPart(path, "nested too deeply"));
            return;
        }
        switch (value.ValueKind)
        {
            case JsonValueKind.Array:
                var index = 0;
                foreach (var item in value.EnumerateArray())
                    Visit(member.Name, item, $"{path}[{index++}]", passages, notRead, depth);
                break;
            default:
                Visit(member.Name, value, path, passages, notRead, depth);
                break;
        }
    }

    private static void Visit(
        string name,
        JsonElement value,
        string path,
        List<RecordPassage> passages,
        List<UnreadPart> notRead,
        int depth
    )
    {
        if (value.ValueKind == JsonValueKind.String)
        {
            if (FreeText.Contains(name) && value.GetString() is { Length: > 0 } words && !AlreadyRead(words, passages))
                passages.Add(new RecordPassage(path, PassageSource.Note, words));
            return;
        }
        if (value.ValueKind != JsonValueKind.Object)
            return;
        if (IsAttachment(value))
        {
            if (AttachmentText.TryRead(value, out var why) is { } text)
                passages.Add(new RecordPassage(path, PassageSource.Attachment, text));
            else
                notRead.Add(new UnreadPart(path, why));
            return;
        }
        if (name == "note" && value.TryGetProperty("text", out var note) && note.ValueKind == JsonValueKind.String)
        {
            passages.Add(new RecordPassage(path + ".text", PassageSource.Note, note.GetString()!));
            return;
        }
        foreach (var member in value.EnumerateObject())
        {
            if (member.Name is not ("extension" or "text"))
                Walk(member, $"{path}.{member.Name}", passages, notRead, depth + 1);
        }
    }

    private static bool AlreadyRead(string words, List<RecordPassage> passages) =>
        passages.Exists(p =>
            p.Source == PassageSource.Coded && p.Text.Contains(words.TrimEnd('.'), StringComparison.Ordinal)
        );

    private static bool IsAttachment(JsonElement value) =>
        value.TryGetProperty("contentType", out _)
        && (value.TryGetProperty("data", out _) || value.TryGetProperty("url", out _));
}
