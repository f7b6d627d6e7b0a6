using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace MedLedger.Analytics.Inference;

/// <summary>
/// The files of one model, read once and checked against the SHA-256 of each in <c>manifest.json</c>. The digest of the
/// manifest itself names the model, on-chain too.
/// </summary>
internal sealed class ModelFolder
{
    private readonly Dictionary<string, byte[]> _files;

    private ModelFolder(string name, string version, byte[] digest, Dictionary<string, byte[]> files)
    {
        Name = name;
        Version = version;
        Digest = digest;
        _files = files;
    }

    public string Name { get; }

    public string Version { get; }

    /// <summary>SHA-256 of the manifest's bytes.</summary>
    public byte[] Digest { get; }

    /// <summary>Reads and checks every file. Throws <see cref="InvalidDataException"/> when one is missing or differs.</summary>
    public static ModelFolder Open(string folder)
    {
        var manifest = File.ReadAllBytes(Path.Combine(folder, "manifest.json"));
        string name;
        string version;
        var files = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        try
        {
            using var json = JsonDocument.Parse(manifest);
            name = json.RootElement.GetProperty("name").GetString()!;
            version = json.RootElement.GetProperty("version").GetString()!;
            // On two threads: most of the time goes into their SHA-256.
            var reading = new List<(string Name, Task<byte[]> Bytes)>();
            foreach (var entry in json.RootElement.GetProperty("files").EnumerateObject())
            {
                var (file, expected) = (entry.Name, entry.Value.GetString());
                reading.Add((file, Task.Run(() => ReadChecked(folder, file, expected))));
            }
            foreach (var (file, bytes) in reading)
                files.Add(file, bytes.GetAwaiter().GetResult());
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new InvalidDataException("The model's manifest cannot be read.", e);
        }
        return new ModelFolder(name, version, SHA256.HashData(manifest), files);
    }

    /// <summary>The bytes of one file of the manifest.</summary>
    public byte[] Bytes(string name) =>
        _files.TryGetValue(name, out var bytes)
            ? bytes
            : throw new InvalidDataException($"The model's manifest does not list {name}.");

    /// <summary>The same, kept no longer: for a large file that is read once.</summary>
    public byte[] Take(string name)
    {
        var bytes = Bytes(name);
        _files[name] = [];
        return bytes;
    }

    /// <summary>Whether the manifest lists the file.</summary>
    public bool Has(string name) => _files.ContainsKey(name);

    /// <summary>The characters of a gzip file of UTF-8 text.</summary>
    public char[] Text(string name)
    {
        using var unpacked = new MemoryStream();
        using (var gzip = new GZipStream(new MemoryStream(Bytes(name)), CompressionMode.Decompress))
            gzip.CopyTo(unpacked, 1 << 17);
        return Encoding.UTF8.GetChars(unpacked.GetBuffer(), 0, checked((int)unpacked.Length));
    }

    private static byte[] ReadChecked(string folder, string name, string? expected)
    {
        if (Path.GetFileName(name) != name)
            throw new InvalidDataException("The model's manifest names a file outside its folder.");
        var path = Path.Combine(folder, name);
        if (!File.Exists(path))
            throw new InvalidDataException($"The model lacks {name}.");
        var bytes = File.ReadAllBytes(path);
        if (!string.Equals(Convert.ToHexStringLower(SHA256.HashData(bytes)), expected, StringComparison.Ordinal))
            throw new InvalidDataException($"The model's {name} is not the file that its manifest lists.");
        return bytes;
    }
}
