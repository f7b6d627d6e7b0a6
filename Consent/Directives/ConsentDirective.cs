using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace MedLedger.Consent.Directives;

/// <summary>
/// One FHIR R4 Consent, read from its own JSON and made ready to be evaluated many times. What the reader cannot
/// understand is kept as a defect, which counts as a deny; it never disappears.
/// </summary>
public sealed class ConsentDirective
{
    internal ConsentDirective(Provision root) => Root = root;

    /// <summary><c>Consent/id</c>, or <c>Consent</c> when it has no id.</summary>
    public required string Reference { get; init; }

    /// <summary><c>meta.versionId</c>, if there is one.</summary>
    public string? Version { get; init; }

    /// <summary>Whether <c>status</c> is exactly <c>active</c>; others are never looked at.</summary>
    public bool IsActive { get; init; }

    /// <summary>The person whom the consent says it is about, as compared; null when that cannot be told.</summary>
    public string? Patient => PatientReference.Text;

    /// <summary>Why the consent cannot be processed (modifier extension, implicit rules, malformed rule); null when it can.</summary>
    public string? Defect { get; init; }

    /// <summary>SHA-256 over the canonical JSON (members sorted, no white space, numbers as written).</summary>
    public required ReadOnlyMemory<byte> Digest { get; init; }

    /// <summary>The date from which the root rule holds, as written; null when open.</summary>
    public string? PeriodStart => Root.Period?.StartText;

    /// <summary>The date to which the root rule holds, as written; null when open.</summary>
    public string? PeriodEnd => Root.Period?.EndText;

    /// <summary>
    /// Handling instructions of <c>meta.security</c> (v3-ActCode) for what this consent permits. With DEID, ANONY or PSEUD
    /// its permits count for <c>use</c> alone: an analysis can leave out what identifies, the record itself cannot.
    /// </summary>
    public IReadOnlyList<string> Obligations { get; init; } = [];

    internal FhirReference PatientReference { get; init; }

    /// <summary>The scope is about sharing data (patient-privacy, research); otherwise its permits do not count.</summary>
    internal bool IsAboutSharing { get; init; }

    internal Provision Root { get; }

    /// <summary>Reads one Consent. False when it is not one JSON object of that type, has a member twice, or is too deep or large.</summary>
    public static bool TryParse(ReadOnlyMemory<byte> utf8, [NotNullWhen(true)] out ConsentDirective? directive)
    {
        directive = null;
        if (!StrictJson.TryParse(utf8, out var document))
            return false;
        using (document)
        {
            if (StrictJson.Text(document.RootElement, "resourceType") != "Consent")
                return false;
            directive = ReadOrNull(document.RootElement);
            return directive is not null;
        }
    }

    /// <summary>
    /// Reads a Bundle (its Consents, other entries ignored) or one Consent; another resource has no consents. False when
    /// any of it cannot be read: then nothing may be permitted. A history Bundle is refused, since old versions would count.
    /// </summary>
    public static bool TryParseAll(
        ReadOnlyMemory<byte> utf8,
        [NotNullWhen(true)] out IReadOnlyList<ConsentDirective>? directives
    )
    {
        directives = null;
        if (!StrictJson.TryParse(utf8, out var document))
            return false;
        using (document)
        {
            switch (StrictJson.Text(document.RootElement, "resourceType"))
            {
                case null:
                    return false;
                case "Consent":
                    directives = ReadOrNull(document.RootElement) is { } directive ? [directive] : null;
                    return directives is not null;
                case "Bundle":
                    return TryReadBundle(document.RootElement, out directives);
                default:
                    directives = [];
                    return true;
            }
        }
    }

    private static bool TryReadBundle(
        JsonElement bundle,
        [NotNullWhen(true)] out IReadOnlyList<ConsentDirective>? directives
    )
    {
        directives = null;
        var found = new List<ConsentDirective>();
        if (StrictJson.Text(bundle, "type") == "history")
            return false;
        if (bundle.TryGetProperty("entry", out var entries))
        {
            if (entries.ValueKind != JsonValueKind.Array)
                return false;
            foreach (var entry in entries.EnumerateArray())
            {
                if (entry.ValueKind != JsonValueKind.Object)
                    return false;
                if (!entry.TryGetProperty("resource", out var resource))
                    continue;
                switch (StrictJson.Text(resource, "resourceType"))
                {
                    case null:
                        return false;
                    case "Consent" when ReadOrNull(resource) is { } directive:
                        found.Add(directive);
                        break;
                    case "Consent":
                        return false;
                }
            }
        }
        directives = found;
        return true;
    }

    private static ConsentDirective? ReadOrNull(JsonElement consent)
    {
        try
        {
            return ConsentReader.Read(consent);
        }
        catch (InvalidOperationException) // a string that holds half of a surrogate pair
        {
            return null;
        }
    }
}
