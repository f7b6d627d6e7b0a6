using MedLedger.Api.Cli;
using MedLedger.Api.Persistence;

namespace MedLedger.Api.Tests;

/// <summary>Opens the store of a test's folder, as a command would.</summary>
internal static class StoreAccess
{
    public static Task<Store> OpenAsync(string[] where, TimeProvider? time = null)
    {
        var root = new System.CommandLine.RootCommand();
        SharedOptions.AddTo(root);
        var terminal = new Terminal(TextWriter.Null, TextWriter.Null);
        var arguments = root.Parse(where);
        return Store.OpenAsync(
            new CommandContext(arguments, Settings.From(arguments), terminal, time ?? TimeProvider.System),
            "test",
            default
        );
    }
}
