namespace MedLedger.Api.Records;

/// <summary>One resource as it stands in a file, not yet parsed as FHIR.</summary>
/// <param name="Position">Where it stands: <c>entry[12]</c> or <c>line 12</c>.</param>
/// <param name="FullUrl"><c>Bundle.entry.fullUrl</c>, when there is one.</param>
/// <param name="Method"><c>Bundle.entry.request.method</c>, when there is one.</param>
/// <param name="Json">UTF-8 JSON text; empty when <paramref name="Problem"/> says why there is none.</param>
/// <param name="Problem">Why the entry cannot be taken.</param>
internal sealed record SourceEntry(
    string Position,
    string? FullUrl,
    string? Method,
    ReadOnlyMemory<byte> Json,
    string? Problem = null
);

/// <summary>What an import reads, several times: a file, or a body in memory, which touches no disk.</summary>
/// <param name="Name">For the report; the extension <c>.ndjson</c> says what is in it.</param>
/// <param name="Length">In bytes.</param>
/// <param name="Open">Opens it at its beginning.</param>
internal sealed record ImportFile(string Name, long Length, Func<Stream> Open)
{
    /// <summary>A file on disk.</summary>
    public static ImportFile At(string path) =>
        new(
            path,
            new FileInfo(path).Length,
            () => new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1)
        );

    /// <summary>A body in memory.</summary>
    public static ImportFile Of(string name, byte[] body) =>
        new(name, body.Length, () => new MemoryStream(body, writable: false));
}

/// <summary>A file that cannot be taken as a whole.</summary>
internal sealed class SourceException(string problem) : Exception(problem);

/// <summary>The files of an import, and their entries in a stream.</summary>
internal static class ImportSource
{
    /// <summary>The longest resource that is taken, in bytes.</summary>
    public const int MaxResourceBytes = 32 << 20;

    /// <summary>
    /// Files as given, folders searched for <c>*.json</c> and <c>*.ndjson</c>, in ordinal order. Null with the path that is
    /// not there in <paramref name="missing"/>.
    /// </summary>
    public static IReadOnlyList<string>? Expand(IEnumerable<string> paths, out string? missing)
    {
        var files = new List<string>();
        foreach (var path in paths)
        {
            var full = Path.GetFullPath(path);
            if (Directory.Exists(full))
            {
                files.AddRange(
                    Directory
                        .EnumerateFiles(full, "*", SearchOption.AllDirectories)
                        .Where(file => IsNdjson(file) || HasExtension(file, ".json"))
                        .Order(StringComparer.Ordinal)
                );
            }
            else if (File.Exists(full))
            {
                files.Add(full);
            }
            else
            {
                missing = path;
                return null;
            }
        }
        missing = null;
        return files.Distinct(StringComparer.Ordinal).ToList();
    }

    /// <summary>
    /// The entries of one file, one at a time. Throws <see cref="SourceException"/> when the file is no Bundle (collection,
    /// transaction, searchset), no single resource and no NDJSON.
    /// </summary>
    public static IEnumerable<SourceEntry> Read(ImportFile file) =>
        IsNdjson(file.Name) ? NdjsonReader.Read(file) : BundleReader.Read(file);

    private static bool IsNdjson(string file) => HasExtension(file, ".ndjson");

    private static bool HasExtension(string file, string extension) =>
        Path.GetExtension(file).Equals(extension, StringComparison.OrdinalIgnoreCase);
}
