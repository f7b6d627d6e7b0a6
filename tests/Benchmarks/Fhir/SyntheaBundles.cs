using System.Text.Json;

namespace MedLedger.Benchmarks.Fhir;

/// <summary>One transaction Bundle as it is sent: all entries are POST, so that each sending makes new resources.</summary>
/// <param name="Body">UTF-8 JSON.</param>
/// <param name="Resources">Entries.</param>
/// <param name="Types">The type of each entry.</param>
internal sealed record TransactionBundle(byte[] Body, int Resources, IReadOnlyList<string> Types)
{
    /// <summary>Whether it is a patient's record.</summary>
    public bool HasPatient => Types.Contains("Patient", StringComparer.Ordinal);

    /// <summary>The patient Bundles of a folder of Synthea, in the order of their names.</summary>
    /// <exception cref="DirectoryNotFoundException">There is no such folder, or no patient in it.</exception>
    public static IReadOnlyList<TransactionBundle> ReadAll(string folder)
    {
        if (!Directory.Exists(folder))
            throw new DirectoryNotFoundException($"There is no folder {folder}.");
        var bundles = Directory
            .EnumerateFiles(folder, "*.json")
            .Order(StringComparer.Ordinal)
            .Select(file => Of(File.ReadAllBytes(file)))
            .Where(bundle => bundle.HasPatient)
            .ToList();
        return bundles.Count > 0
            ? bundles
            : throw new DirectoryNotFoundException($"There are no patients in {folder}.");
    }

    /// <summary>The references that a transaction-response gave, in the order of the entries.</summary>
    public static IReadOnlyList<string> Locations(byte[] response)
    {
        using var json = JsonDocument.Parse(response);
        return
        [
            .. json
                .RootElement.GetProperty("entry")
                .EnumerateArray()
                .Select(entry => entry.GetProperty("response").GetProperty("location").GetString()!)
                .Select(location => string.Join('/', location.Split('/')[..2])),
        ];
    }

    private static TransactionBundle Of(byte[] body)
    {
        using var json = JsonDocument.Parse(body);
        var types = json
            .RootElement.GetProperty("entry")
            .EnumerateArray()
            .Select(entry => entry.GetProperty("resource").GetProperty("resourceType").GetString()!)
            .ToList();
        return new TransactionBundle(body, types.Count, types);
    }
}
