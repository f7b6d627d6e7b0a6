using System.Text;
using System.Text.RegularExpressions;
using MedLedger.Api.Cli;

namespace MedLedger.Api.Keys;

/// <summary>A PKCS#11 token that holds the master key; the master key file then has the token's label only.</summary>
/// <param name="Module">The token's PKCS#11 library (<c>MEDLEDGER_PKCS11_MODULE</c>).</param>
/// <param name="Label">The token's label (<c>MEDLEDGER_PKCS11_TOKEN</c>), letters, digits, hyphens and underscores.</param>
internal sealed partial record TokenSettings(string Module, string Label)
{
    /// <summary>The text of the master key file.</summary>
    public string Text => $"medledger-master-key-v1 pkcs11 {Label}\n";

    /// <summary>As environment and settings file say; null when no library is named.</summary>
    public static TokenSettings? From(Settings settings)
    {
        if (settings.Value("pkcs11-module") is not { } module)
            return null;
        if (!File.Exists(module))
            throw CommandFailure.Usage($"There is no PKCS#11 library {module}.");
        var label = settings.Value("pkcs11-token") ?? "medledger";
        return LabelForm().IsMatch(label)
            ? new TokenSettings(Path.GetFullPath(module), label)
            : throw CommandFailure.Usage("A token's label is 1 to 32 letters, digits, hyphens and underscores.");
    }

    /// <summary>The token that a master key file names; null for a file that has the key itself.</summary>
    public static string? LabelIn(string keyFile) =>
        File.Exists(keyFile) && FileForm().Match(File.ReadAllText(keyFile, Encoding.ASCII)) is { Success: true } match
            ? match.Groups["label"].Value
            : null;

    [GeneratedRegex(@"\A[A-Za-z0-9_-]{1,32}\z", RegexOptions.None, 1000)]
    private static partial Regex LabelForm();

    [GeneratedRegex(@"\Amedledger-master-key-v1 pkcs11 (?<label>[A-Za-z0-9_-]{1,32})\n\z", RegexOptions.None, 1000)]
    private static partial Regex FileForm();
}
