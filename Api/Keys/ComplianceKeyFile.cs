using System.Text;
using MedLedger.Api.Cli;
using MedLedger.Consent.Evidence;

namespace MedLedger.Api.Keys;

/// <summary>
/// The compliance role's private key: made in custody at the first start, and as a file of its own for the officer, who
/// then needs neither the data nor any other key.
/// </summary>
internal static class ComplianceKeyFile
{
    private const string RoleName = "compliance";

    /// <summary>The role's key in a custody, made when it is first asked for.</summary>
    public static ComplianceKey OpenRole(FileKeyCustody custody)
    {
        using var secret = custody.OpenOperatorKey(RoleName);
        return ComplianceKey.FromSecret(secret);
    }

    /// <summary>Writes the role's key to a file that is not there yet, readable by its owner alone (mode 0600).</summary>
    public static void Export(FileKeyCustody custody, string path)
    {
        if (File.Exists(path))
            throw CommandFailure.Usage($"The file {path} is there already.");
        using var key = OpenRole(custody);
        DurableFile.Write(path, Encoding.ASCII.GetBytes(key.Write()));
    }

    /// <summary>Reads such a file; a missing or damaged one, or one that others can read, ends the command.</summary>
    public static ComplianceKey Open(string path)
    {
        if (!File.Exists(path))
            throw CommandFailure.Usage($"The compliance key {path} is not there.");
        FileKeyCustody.CheckMode(path);
        return ComplianceKey.TryRead(File.ReadAllText(path, Encoding.ASCII))
            ?? throw CommandFailure.Refused($"{path} is not a compliance key.");
    }
}
