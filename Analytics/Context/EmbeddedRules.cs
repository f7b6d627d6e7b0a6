namespace MedLedger.Analytics.Context;

/// <summary>The rule files inside the assembly.</summary>
internal static class EmbeddedRules
{
    public static byte[] Read(string name)
    {
        using var stream =
            typeof(EmbeddedRules).Assembly.GetManifestResourceStream("MedLedger.Analytics.rules." + name)
            ?? throw new InvalidOperationException($"The assembly lacks the rules {name}.");
        using var copy = new MemoryStream();
        stream.CopyTo(copy);
        return copy.ToArray();
    }
}
