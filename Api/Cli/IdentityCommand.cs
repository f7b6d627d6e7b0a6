using MedLedger.Api.Identity;
using MedLedger.Api.Persistence;

namespace MedLedger.Api.Cli;

/// <summary>Opens the accounts of a data folder for a command, beside the process that holds it.</summary>
internal static class IdentityCommand
{
    /// <summary>The accounts of a folder that exists (exit 2 when it does not).</summary>
    public static IdentityStore OpenBeside(CommandContext context) => new(Store.OpenBeside(context));

    /// <summary>The accounts of a folder, which is made when it is not there.</summary>
    public static async Task<IdentityStore> OpenAsync(
        CommandContext context,
        string command,
        CancellationToken cancellation
    )
    {
        if (!Store.Exists(context))
            (await Store.OpenAsync(context, command, cancellation)).Dispose();
        return OpenBeside(context);
    }
}
