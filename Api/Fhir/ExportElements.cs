namespace MedLedger.Api.Fhir;

/// <summary>
/// <c>_elements</c> of a bulk export (FHIR Bulk Data Access 2.0): names of elements at the root of a resource, of every
/// type or, as <c>Type.element</c>, of one. Types that none is for stay whole.
/// </summary>
internal sealed class ExportElements
{
    private readonly ILookup<string, string> _names;

    private ExportElements(ILookup<string, string> names) => _names = names;

    /// <summary>Reads the names; null when one is none of the R4 definitions.</summary>
    public static ExportElements? TryParse(string text)
    {
        var names = new List<(string Type, string Name)>();
        foreach (var one in text.Split(',').Select(part => part.Trim()))
        {
            var (type, name) = one.Split('.') switch
            {
                [var any] => ("", any),
                [var of, var named] when ResourceParser.ResourceTypes.Contains(of) => (of, named),
                _ => ("", ""),
            };
            var isKnown =
                type.Length > 0 ? IsElement(type, name) : ResourceParser.ResourceTypes.Any(any => IsElement(any, name));
            if (!isKnown)
                return null;
            names.Add((type, name));
        }
        return new ExportElements(names.ToLookup(n => n.Type, n => n.Name, StringComparer.Ordinal));
    }

    /// <summary>What is wanted of resources of a type; null for all.</summary>
    public ResourceSubset? Of(string type)
    {
        List<string> names = [.. _names[""], .. _names[type]];
        return names.Count == 0 ? null : ResourceSubset.OfElements(string.Join(',', names));
    }

    private static bool IsElement(string type, string name) =>
        name.Length > 0 && ElementTypes.Named(type) is { } owner && ElementTypes.Of(owner, name) is not null;
}
