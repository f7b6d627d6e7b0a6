namespace MedLedger.Api.Fhir;

/// <summary>Literal references as FHIR R4 section 2.3.0.5.1 writes them.</summary>
internal static class LiteralReference
{
    /// <summary>
    /// <c>Type/id</c> of a relative or absolute reference, without its version; null for fragments, conditional references
    /// and URNs.
    /// </summary>
    public static string? ToTypeAndId(string reference)
    {
        var path = reference.AsSpan();
        if (path.Contains('?'))
            return null;
        var history = path.IndexOf("/_history/", StringComparison.Ordinal);
        if (history >= 0)
            path = path[..history];
        var idAt = path.LastIndexOf('/');
        if (idAt <= 0)
            return null;
        var id = path[(idAt + 1)..];
        var rest = path[..idAt];
        var type = rest[(rest.LastIndexOf('/') + 1)..];
        return IsId(id) && ResourceParser.ResourceTypes.Contains(type.ToString()) ? $"{type}/{id}" : null;
    }

    /// <summary>Whether a text is <c>Patient/id</c>.</summary>
    public static bool IsPatient([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] string? text) =>
        text?.Split('/') is ["Patient", var id] && IsId(id);

    /// <summary>Whether a text is a FHIR id: 1 to 64 of letters, digits, hyphen and full stop.</summary>
    public static bool IsId(ReadOnlySpan<char> text)
    {
        if (text.Length is 0 or > 64)
            return false;
        foreach (var c in text)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or '.'))
                return false;
        }
        return true;
    }
}
