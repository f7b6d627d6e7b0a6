using System.Security.Cryptography;
using Wasmtime;

namespace MedLedger.Crypto.WitnessCalculation;

/// <summary>
/// Compiled modules kept between runs, named by the SHA-256 of the WebAssembly and the engine's version. What is loaded is
/// native code: the folder is made for this user alone, and a file that others may write is not used.
/// </summary>
internal static class CompiledModules
{
    public static Module Load(Engine engine, byte[] wasm, string folder)
    {
        var version = typeof(Engine).Assembly.GetName().Version;
        var path = Path.Combine(folder, $"{Convert.ToHexStringLower(SHA256.HashData(wasm))}-{version}.cwasm");
        if (IsPrivate(path))
        {
            try
            {
                return Module.DeserializeFile(engine, "circuit", path);
            }
            catch (WasmtimeException)
            {
                // Made by another build of the engine or on another processor: made again below.
            }
        }
        var module = Module.FromBytes(engine, "circuit", wasm);
        Keep(module, folder, path);
        return module;
    }

    private static bool IsPrivate(string path)
    {
        if (!File.Exists(path))
            return false;
        const UnixFileMode Others =
            UnixFileMode.GroupWrite | UnixFileMode.OtherWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
        return OperatingSystem.IsWindows() || (File.GetUnixFileMode(path) & Others) == UnixFileMode.None;
    }

    /// <summary>Written beside and renamed, so that no reader sees half a file; a folder that cannot be written is no failure.</summary>
    private static void Keep(Module module, string folder, string path)
    {
        try
        {
            const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            if (OperatingSystem.IsWindows())
                Directory.CreateDirectory(folder);
            else
                Directory.CreateDirectory(folder, Owner | UnixFileMode.UserExecute);
            var temporary = path + "." + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
                options.UnixCreateMode = Owner;
            using (var file = new FileStream(temporary, options))
                file.Write(module.Serialize());
            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The next start compiles again.
        }
    }
}
