using System.CommandLine;

namespace MedLedger.Api.Cli;

/// <summary>The flags that every command understands.</summary>
internal static class SharedOptions
{
    /// <summary><c>--data DIR</c>.</summary>
    public static Option<string?> Data { get; } =
        new("--data")
        {
            Description = "Data folder (default: MEDLEDGER_DATA, else medledger in the user's application data).",
            HelpName = "DIR",
            Recursive = true,
        };

    /// <summary><c>--json</c>.</summary>
    public static Option<bool> Json { get; } =
        new("--json")
        {
            Description = "Print one JSON object as the last line of standard output; the rest goes to standard error.",
            Recursive = true,
        };

    /// <summary><c>--key-file FILE</c>.</summary>
    public static Option<string?> KeyFile { get; } =
        new("--key-file")
        {
            Description =
                "Master key file (default: MEDLEDGER_KEY_FILE, else one per data folder in the user's configuration).",
            HelpName = "FILE",
            Recursive = true,
        };

    /// <summary><c>--passphrase-file FILE</c>.</summary>
    public static Option<string?> PassphraseFile { get; } =
        new("--passphrase-file")
        {
            Description =
                "File whose first line is the passphrase of the master key (default: MEDLEDGER_PASSPHRASE_FILE).",
            HelpName = "FILE",
            Recursive = true,
        };

    /// <summary><c>--settings FILE</c>.</summary>
    public static Option<string?> SettingsFile { get; } =
        new("--settings")
        {
            Description =
                "Settings file, a JSON object of strings (default: MEDLEDGER_SETTINGS, else settings.json in the user's configuration).",
            HelpName = "FILE",
            Recursive = true,
        };

    /// <summary>Adds them to the root, for every command below it.</summary>
    public static void AddTo(RootCommand root)
    {
        root.Add(Data);
        root.Add(Json);
        root.Add(KeyFile);
        root.Add(PassphraseFile);
        root.Add(SettingsFile);
    }

    /// <summary>Whether <c>--json</c> was given, also on a line that has errors.</summary>
    public static bool IsJson(ParseResult result) =>
        result.GetResult(Json) is { Implicit: false, Errors: var errors } && !errors.Any();
}
