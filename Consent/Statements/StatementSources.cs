using MedLedger.Consent.Vault;

namespace MedLedger.Consent.Statements;

/// <summary>
/// Turns what the vault opened into what is proven. The only place where the secrets of a capsule and the salt of a
/// record leave their types; statements live as long as a proof takes and are never stored.
/// </summary>
public static class StatementSources
{
    /// <summary>The opening of a grant from its capsule.</summary>
    public static GrantOpening Open(GrantCapsule capsule) =>
        new()
        {
            PublicKey = capsule.PublicKey,
            PatientSalt = capsule.PatientSalt,
            Custody = capsule.Custody,
            Grantee = capsule.Grantee,
            Terms = capsule.Grant,
            TermsDigest = capsule.TermsDigest,
            GrantSecret = capsule.GrantSecret,
            Controller = capsule.Controller,
            RegistryId = capsule.RegistryId,
            Signature = capsule.Signature,
        };

    /// <summary>A record as it stands in its patient's tree; nothing of its content is kept.</summary>
    /// <param name="record">Opened by a permit.</param>
    /// <param name="place">Its position and path in the anchored tree.</param>
    public static StatementRecord Place(OpenedRecord record, TreePlace place) =>
        new()
        {
            Meta = record.Meta,
            ContentDigest = record.ContentDigest,
            RecordSalt = record.RecordSalt,
            Place = place,
        };
}
