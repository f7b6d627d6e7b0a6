namespace MedLedger.Consent.Directives;

/// <summary>
/// A literal reference (FHIR R4, References): <c>Type/id</c>, an absolute URL or a URN, without its version.
/// Anything else, contained references and identifiers included, cannot be compared.
/// </summary>
internal readonly record struct FhirReference
{
    private enum Form : byte
    {
        Unresolvable,
        Relative,
        Absolute,
        Urn,
    }

    private const int MaxLength = 4096;
    private readonly Form form;

    private FhirReference(Form form, string text)
    {
        this.form = form;
        Text = text;
    }

    /// <summary>A reference that nothing equals and nothing differs from.</summary>
    public static FhirReference Unresolvable => default;

    /// <summary>The reference as compared, without <c>/_history/v</c>; null when it cannot be compared.</summary>
    public string? Text { get; }

    public bool IsResolvable => form != Form.Unresolvable;

    public bool IsRelative => form == Form.Relative;

    /// <summary>Whether it names an Encounter, by relative reference or at the end of an absolute one.</summary>
    public bool IsEncounter =>
        form switch
        {
            Form.Relative => Text!.StartsWith("Encounter/", StringComparison.Ordinal),
            Form.Absolute => EndsWithType(Text!, "Encounter"),
            _ => false,
        };

    public static FhirReference Parse(string? text)
    {
        if (string.IsNullOrEmpty(text) || text.Length > MaxLength)
            return Unresolvable;
        if (text.StartsWith("urn:", StringComparison.Ordinal))
            return text.Length > 4 ? new(Form.Urn, text) : Unresolvable;
        if (
            text.StartsWith("http://", StringComparison.Ordinal)
            || text.StartsWith("https://", StringComparison.Ordinal)
        )
            return text.AsSpan().ContainsAny('?', '#', ' ') ? Unresolvable : new(Form.Absolute, WithoutVersion(text));
        var relative = WithoutVersion(text);
        return IsTypeAndId(relative) ? new(Form.Relative, relative) : Unresolvable;
    }

    /// <summary>Relative with relative and absolute with absolute: equal or not. A URN: equal or unknown. Else unknown.</summary>
    public Truth SameAs(FhirReference other)
    {
        if (form == Form.Unresolvable || form != other.form)
            return Truth.Unknown;
        if (string.Equals(Text, other.Text, StringComparison.Ordinal))
            return Truth.True;
        return form == Form.Urn ? Truth.Unknown : Truth.False;
    }

    /// <summary>Whether it is one of the candidates, of which the list is complete.</summary>
    public Truth IsOneOf(FhirReference[] candidates)
    {
        var result = Truth.False;
        foreach (var candidate in candidates)
        {
            result = result.Or(SameAs(candidate));
            if (result == Truth.True)
                break;
        }
        return result;
    }

    private static string WithoutVersion(string text)
    {
        var at = text.LastIndexOf("/_history/", StringComparison.Ordinal);
        return at > 0 && text.IndexOf('/', at + 10) < 0 ? text[..at] : text;
    }

    private static bool EndsWithType(string url, string type)
    {
        var id = url.LastIndexOf('/');
        if (id <= 0)
            return false;
        var before = url.AsSpan(0, id);
        return before.EndsWith(type, StringComparison.Ordinal) && before[..^type.Length].EndsWith("/");
    }

    private static bool IsTypeAndId(string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (slash <= 0 || text.Length - slash - 1 is < 1 or > 64 || !char.IsAsciiLetterUpper(text[0]))
            return false;
        foreach (var letter in text.AsSpan(0, slash))
        {
            if (!char.IsAsciiLetter(letter))
                return false;
        }
        foreach (var letter in text.AsSpan(slash + 1))
        {
            if (!char.IsAsciiLetterOrDigit(letter) && letter is not ('-' or '.'))
                return false;
        }
        return true;
    }
}
