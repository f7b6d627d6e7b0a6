using System.Security.Cryptography;

namespace MedLedger.Api.Cli;

/// <summary>
/// The files of the proving commands, which come from anywhere: a file that is not there is a wrong flag (2), one that is
/// damaged is refused (1). Outputs are complete or not there.
/// </summary>
internal static class ProofFiles
{
    private const int MaxJson = 64 << 20; // bytes

    /// <summary>Opens a file with a parser that throws <see cref="InvalidDataException"/> for what it refuses.</summary>
    public static T Open<T>(string path, Func<string, T> open)
    {
        if (!File.Exists(path))
            throw CommandFailure.Usage($"There is no file {path}.");
        // Devices and pipes have no length either: what may never end is not read.
        if (new FileInfo(path).Length == 0)
            throw CommandFailure.Refused($"{path}: The file is empty.");
        return Refusing(path, () => open(path));
    }

    /// <summary>Parses a JSON file, also one that comes through a pipe, of at most 64 MiB.</summary>
    /// <param name="path">The file.</param>
    /// <param name="parse">Null for what it refuses.</param>
    /// <param name="refusal">What is then said.</param>
    public static T Parse<T>(string path, Func<ReadOnlyMemory<byte>, T?> parse, string refusal)
        where T : class
    {
        if (!File.Exists(path))
            throw CommandFailure.Usage($"There is no file {path}.");
        return Refusing(path, () => parse(ReadBounded(path)) ?? throw new InvalidDataException(refusal));
    }

    /// <summary>
    /// Before the long work: an output that is another output, an input, a folder, or in no folder is a wrong flag.
    /// </summary>
    public static void CheckOutputs(string[] outputs, params ReadOnlySpan<string?> inputs)
    {
        foreach (var output in outputs)
        {
            if (outputs.Count(other => other == output) > 1)
                throw CommandFailure.Usage($"{output} is named for two outputs.");
            if (inputs.Contains(output))
                throw CommandFailure.Usage($"{output} is an input: it is not overwritten.");
            if (Directory.Exists(output))
                throw CommandFailure.Usage($"{output} is a folder.");
            if (!Directory.Exists(Path.GetDirectoryName(output)))
                throw CommandFailure.Usage($"There is no folder for {output}.");
        }
    }

    /// <summary>Writes all files or none: each under another name first, flushed to the disk, then renamed.</summary>
    /// <param name="secret">Whether only the owner may read them.</param>
    /// <param name="files">Where, and what.</param>
    public static void WriteAll(bool secret, params ReadOnlySpan<(string Path, Action<Stream> Write)> files)
    {
        var written = new List<(string Temporary, string Path)>();
        try
        {
            foreach (var (path, write) in files)
            {
                var temporary = $"{path}.{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4))}.part";
                written.Add((temporary, path));
                var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
                if (secret && !OperatingSystem.IsWindows())
                    options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
                using var stream = new FileStream(temporary, options);
                write(stream);
                stream.Flush(flushToDisk: true);
            }
            foreach (var (temporary, path) in written)
                File.Move(temporary, path, overwrite: true);
        }
        finally
        {
            foreach (var (temporary, _) in written)
                File.Delete(temporary);
        }
    }

    private static byte[] ReadBounded(string path)
    {
        using var file = File.OpenRead(path);
        using var content = new MemoryStream();
        var buffer = new byte[1 << 16];
        for (int read; (read = file.Read(buffer)) > 0; )
        {
            if (content.Length + read > MaxJson)
                throw new InvalidDataException("The file is larger than 64 MiB.");
            content.Write(buffer, 0, read);
        }
        return content.ToArray();
    }

    private static T Refusing<T>(string path, Func<T> work)
    {
        try
        {
            return work();
        }
        catch (InvalidDataException exception)
        {
            throw CommandFailure.Refused($"{path}: {exception.Message}");
        }
    }
}
