using System.CommandLine;
using System.Text.Json;

namespace MedLedger.Api.Cli;

/// <summary>
/// The settings of a command: a flag wins over <c>MEDLEDGER_*</c>, that over the settings file
/// (<c>--settings</c>, <c>MEDLEDGER_SETTINGS</c>, else <c>medledger/settings.json</c> in the user's configuration folder).
/// </summary>
internal sealed class Settings
{
    private readonly ParseResult _arguments;
    private readonly IReadOnlyDictionary<string, string> _file;

    private Settings(ParseResult arguments, IReadOnlyDictionary<string, string> file)
    {
        _arguments = arguments;
        _file = file;
    }

    /// <summary>Absolute path of the data folder; it need not exist.</summary>
    public string DataFolder => Path.GetFullPath(Value(SharedOptions.Data, "data") ?? DefaultDataFolder);

    /// <summary>Absolute path of the master key file, null for the default of the data folder.</summary>
    public string? KeyFile => FullPathOf(Value(SharedOptions.KeyFile, "key-file"));

    /// <summary>Absolute path of the passphrase file, null when the key file is not under a passphrase.</summary>
    public string? PassphraseFile => FullPathOf(Value(SharedOptions.PassphraseFile, "passphrase-file"));

    /// <summary>Whether <c>--json</c> was given.</summary>
    public bool IsJson => SharedOptions.IsJson(_arguments);

    /// <summary>Per user: <c>~/.local/share/medledger</c> on Linux, <c>%LOCALAPPDATA%\medledger</c> on Windows.</summary>
    public static string DefaultDataFolder =>
        Path.Combine(
            Environment.GetFolderPath(
                Environment.SpecialFolder.LocalApplicationData,
                Environment.SpecialFolderOption.DoNotVerify
            ),
            "medledger"
        );

    /// <summary>Per user: <c>~/.config/medledger</c> on Linux, <c>%APPDATA%\medledger</c> on Windows.</summary>
    public static string ConfigurationFolder =>
        Path.Combine(
            Environment.GetFolderPath(
                Environment.SpecialFolder.ApplicationData,
                Environment.SpecialFolderOption.DoNotVerify
            ),
            "medledger"
        );

    /// <summary>Reads the settings file, if there is one. A file that is no JSON object of strings ends the command (2).</summary>
    public static Settings From(ParseResult arguments)
    {
        var named =
            NotEmpty(arguments.GetValue(SharedOptions.SettingsFile))
            ?? NotEmpty(Environment.GetEnvironmentVariable("MEDLEDGER_SETTINGS"));
        var path = named ?? Path.Combine(ConfigurationFolder, "settings.json");
        if (!File.Exists(path))
        {
            return named is null
                ? new Settings(arguments, new Dictionary<string, string>(StringComparer.Ordinal))
                : throw CommandFailure.Usage($"The settings file {path} is not there.");
        }
        try
        {
            var values = JsonSerializer.Deserialize<Dictionary<string, string>>(File.ReadAllText(path));
            return new Settings(arguments, values ?? new Dictionary<string, string>(StringComparer.Ordinal));
        }
        catch (JsonException)
        {
            throw CommandFailure.Usage($"The settings file {path} is not a JSON object of strings.");
        }
    }

    /// <summary>The value of a flag of the command, else of <c>MEDLEDGER_NAME</c>, else of <c>name</c> in the file.</summary>
    public string? Value(Option<string?> option, string name) => NotEmpty(_arguments.GetValue(option)) ?? Value(name);

    /// <summary>A setting that has no flag.</summary>
    public string? Value(string name) =>
        NotEmpty(Environment.GetEnvironmentVariable("MEDLEDGER_" + name.Replace('-', '_').ToUpperInvariant()))
        ?? NotEmpty(_file.GetValueOrDefault(name));

    private static string? NotEmpty(string? value) => string.IsNullOrEmpty(value) ? null : value;

    private static string? FullPathOf(string? path) => path is null ? null : Path.GetFullPath(path);
}
