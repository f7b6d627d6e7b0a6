using MedLedger.Crypto.Log;

namespace MedLedger.Consent.Evidence;

/// <summary>
/// Completes an evidence file with the log key's signature. That key signs checkpoints too; a canonical object begins with
/// a brace and a checkpoint with the log's name, so that neither is ever read as the other.
/// </summary>
public static class EvidenceSigner
{
    /// <summary>The signed file's bytes: indented JSON, its signature over the canonical form of all other members.</summary>
    /// <exception cref="ArgumentException">The log's key in the file is not that of the private key.</exception>
    public static byte[] Sign(EvidenceFile evidence, Ed25519PrivateKey logKey)
    {
        ArgumentNullException.ThrowIfNull(evidence);
        ArgumentNullException.ThrowIfNull(logKey);
        if (!NoteKey.TryParse(evidence.Log.Key, out var key) || !key.PublicKey.SequenceEqual(logKey.PublicKey))
            throw new ArgumentException("The file names another log key.", nameof(evidence));
        var unsigned = EvidenceJson.Write(evidence);
        if (!EvidenceJson.TryCanonical(unsigned, [EvidenceJson.SignatureMember], out var canonical))
            throw new ArgumentException("A value has no canonical form.", nameof(evidence));
        return EvidenceJson.Write(evidence with { Signature = logKey.Sign(canonical) });
    }
}
