using MedLedger.Consent.Chain.Contracts;
using MedLedger.Consent.Commitments;
using MedLedger.Consent.Vault;
using MedLedger.Crypto.Fields;

namespace MedLedger.Api.Records;

/// <summary>The signed revocation of a stored grant.</summary>
internal static class StoredRevocation
{
    /// <summary>
    /// The revocation of the grant's capsule; when the capsule does not open, one that the patient's side signs once more.
    /// Null when neither can be had: the row is damaged, or the patient's keys are gone.
    /// </summary>
    public static SignedRevocation? Of(GrantRow row, RecordVault vault, Deployment deployment) =>
        row.Open(vault)?.Revocation ?? SignAgain(row, vault, deployment);

    private static SignedRevocation? SignAgain(GrantRow row, RecordVault vault, Deployment deployment)
    {
        using var signer = PatientSigner.Open(vault, row.PatientKey);
        if (
            signer is null
            || !Fr.TryParseCanonical(row.Inner, out var inner)
            || !Fr.TryParseCanonical(row.Leaf, out var leaf)
        )
            return null;
        var controller = signer.Controller(row.GrantId);
        return GrantCommitment.ComputeLeaf(inner, controller, deployment.RegistrySignal) != leaf
            ? null
            : signer.SignRevocation(
                row.GrantId,
                new GrantCommitment(inner, leaf),
                deployment.ChainId,
                deployment.ConsentRegistry
            );
    }
}
