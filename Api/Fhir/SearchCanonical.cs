using System.Text.Json;

namespace MedLedger.Api.Fhir;

/// <summary>A searched canonical URL, of any version when it names none (FHIR R4, references.html#canonical).</summary>
internal sealed class SearchCanonical(string url) : SearchValue
{
    private readonly bool _hasVersion = url.Contains('|', StringComparison.Ordinal);

    /// <inheritdoc/>
    public override bool Matches(JsonElement value) =>
        value.ValueKind == JsonValueKind.String
        && value.GetString()! is var found
        && (found == url || (!_hasVersion && found.Split('|')[0] == url));
}
