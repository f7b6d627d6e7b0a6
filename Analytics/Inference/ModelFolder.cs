using System.Buffers.Binary;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using MedLedger.Analytics.Text;

namespace MedLedger.Analytics.Inference;

/// <summary>
/// The files of one model, each read once and checked against its SHA-256 in <c>manifest.json</c> by who needs it first. The
/// digest of the manifest itself names the model, on-chain too.
/// </summary>
internal sealed class ModelFolder
{
    private readonly Dictionary<string, ModelFile> _files;

    private ModelFolder(string name, string version, byte[] digest, Dictionary<string, ModelFile> files)
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

    /// <summary>Reads the manifest. Throws <see cref="InvalidDataException"/> when it cannot be read.</summary>
    public static ModelFolder Open(string folder)
    {
        var manifest = File.ReadAllBytes(Path.Combine(folder, "manifest.json"));
        try
        {
            using var json = JsonDocument.Parse(manifest);
            var files = new Dictionary<string, ModelFile>(StringComparer.Ordinal);
            foreach (var entry in json.RootElement.GetProperty("files").EnumerateObject())
            {
                var (file, expected) = (entry.Name, entry.Value.GetString());
                files.Add(file, new ModelFile(folder, file, expected));
            }
            return new ModelFolder(
                json.RootElement.GetProperty("name").GetString()!,
                json.RootElement.GetProperty("version").GetString()!,
                SHA256.HashData(manifest),
                files
            );
        }
        catch (Exception e)
            when (e is JsonException or KeyNotFoundException or InvalidOperationException or ArgumentException)
        {
            throw new InvalidDataException("The model's manifest cannot be read.", e);
        }
    }

    /// <summary>
    /// Reads and checks what nobody asked for yet. Throws <see cref="InvalidDataException"/> when any file is missing or differs
    /// from the manifest.
    /// </summary>
    public void CheckAll()
    {
        foreach (var file in _files.Values)
            _ = file.Bytes();
    }

    /// <summary>
    /// The bytes of one file of the manifest. Throws <see cref="InvalidDataException"/> when it is missing or differs.
    /// </summary>
    public byte[] Bytes(string name) =>
        _files.TryGetValue(name, out var file)
            ? file.Bytes()
            : throw new InvalidDataException($"The model's manifest does not list {name}.");

    /// <summary>The same, kept no longer: for a large file that is read once.</summary>
    public byte[] Take(string name)
    {
        var bytes = Bytes(name);
        _files[name].Forget();
        return bytes;
    }

    /// <summary>Whether the manifest lists the file.</summary>
    public bool Has(string name) => _files.ContainsKey(name);

    /// <summary>The characters of a gzip file of UTF-8 text.</summary>
    public char[] Text(string name)
    {
        var packed = Bytes(name);
        // RFC 1952, section 2.3.1: the last four bytes are the size. Deflate packs 1032 to 1 at most.
        var size = packed.Length < 4 ? -1 : BinaryPrimitives.ReadInt32LittleEndian(packed.AsSpan(packed.Length - 4));
        if (size < 0 || size > 1032L * packed.Length)
            throw new InvalidDataException($"The model's {name} is no gzip file.");
        var utf8 = LargeArray.Uninitialized<byte>(size);
        using (var gzip = new GZipStream(new MemoryStream(packed), CompressionMode.Decompress))
        {
            if (gzip.ReadAtLeast(utf8, size, throwOnEndOfStream: false) != size || gzip.ReadByte() >= 0)
                throw new InvalidDataException($"The model's {name} has another size than it says.");
        }
        var characters = LargeArray.Uninitialized<char>(Encoding.UTF8.GetCharCount(utf8));
        Encoding.UTF8.GetChars(utf8, characters);
        return characters;
    }

    private static byte[] ReadChecked(string folder, string name, string? expected)
    {
        if (Path.GetFileName(name) != name)
            throw new InvalidDataException("The model's manifest names a file outside its folder.");
        var path = Path.Combine(folder, name);
        if (!File.Exists(path))
            throw new InvalidDataException($"The model lacks {name}.");
        using var file = File.OpenHandle(path, options: FileOptions.SequentialScan);
        var bytes = LargeArray.Uninitialized<byte>(checked((int)RandomAccess.GetLength(file)));
        for (var at = 0; at < bytes.Length; )
        {
            var read = RandomAccess.Read(file, bytes.AsSpan(at), at);
            if (read == 0)
                throw new InvalidDataException($"The model's {name} was cut while it was read.");
            at += read;
        }
        if (!string.Equals(Convert.ToHexStringLower(SHA256.HashData(bytes)), expected, StringComparison.Ordinal))
            throw new InvalidDataException($"The model's {name} is not the file that its manifest lists.");
        return bytes;
    }

    /// <summary>One file, read and checked when it is first asked for.</summary>
    private sealed class ModelFile(string folder, string name, string? expected)
    {
        private readonly Lock _reading = new();
        private byte[]? _bytes;

        public byte[] Bytes()
        {
            lock (_reading)
                return _bytes ??= ReadChecked(folder, name, expected);
        }

        public void Forget()
        {
            lock (_reading)
                _bytes = [];
        }
    }
}
