using MedLedger.Api.Keys;
using MedLedger.Consent.Chain.Following;
using MedLedger.Consent.Chain.Rpc;
using MedLedger.Consent.Evidence;
using MedLedger.Consent.Receipts;
using MedLedger.Consent.Vault;

namespace MedLedger.Api.Cli;

/// <summary>
/// <c>uses --patient-key FILE --trust FILE --chain URL [--log DIR|URL]</c>: the patient's own look at the chain, without
/// the operator's data, held against the operator's published log when it is given.
/// </summary>
internal static class OwnUses
{
    private const int LongestKeyFile = 1024;

    /// <summary>The uses; null in place of the log's verdict when no log was given.</summary>
    /// <exception cref="CommandFailure">A file, the chain or the log is not what it should be.</exception>
    public static async Task<(IReadOnlyList<GrantUse> Uses, ChainState Chain)> FindAsync(
        string keyPath,
        string trustPath,
        Uri endpoint,
        string? log,
        TimeProvider time,
        CancellationToken cancellation
    )
    {
        var trust = (await VerifyCommand.ReadTrustAsync(trustPath, cancellation))!;
        using var signer = Open(keyPath);
        using var rpc = new JsonRpcClient(endpoint, time);
        // The chain first: the log is written before the chain, so what is there by now is in the log that is read next.
        using var follower = await UsesCommand.FollowAsync(rpc, trust.Deployment, time, cancellation);
        if (log is null)
            return (GrantUses.Find(signer, follower.State, null), follower.State);
        var report = await VerifyLog.ReadLogAsync(log, trust, cancellation);
        return report.IsGood
            ? (GrantUses.Find(signer, follower.State, report.Entries), follower.State)
            : throw CommandFailure.Refused(
                $"The published log is not what its signed head says: {report.Verdict} ({report.Where})."
            );
    }

    private static PatientSigner Open(string path)
    {
        var file = new FileInfo(path);
        if (!file.Exists)
            throw CommandFailure.Usage($"The patient's key {path} is not there.");
        FileKeyCustody.CheckMode(path);
        var text = file.Length <= LongestKeyFile ? File.ReadAllText(path, System.Text.Encoding.ASCII) : "";
        return PatientKeyFile.TryOpen(text) ?? throw CommandFailure.Refused($"{path} is not a patient's key.");
    }
}
