using System.Globalization;
using MedLedger.Crypto.Ethereum;
using MedLedger.Crypto.Fields;
using MedLedger.Crypto.Log;

namespace MedLedger.Consent.Evidence;

/// <summary>
/// The enrolment authority's word that the patients under a root are real and enrolled once: a signed note that names
/// chain, registry and root.
/// </summary>
public static class EnrolmentNote
{
    /// <summary>The note's text.</summary>
    public static string Text(ulong chainId, EthereumAddress registry, Fr root) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"medledger.enrolment.v1\n{chainId}\n{registry}\n0x{Convert.ToHexStringLower(root.ToBytes())}\n"
        );

    /// <summary>Signs it.</summary>
    public static string Sign(
        NoteKey key,
        Ed25519PrivateKey privateKey,
        ulong chainId,
        EthereumAddress registry,
        Fr root
    ) => SignedNote.Sign(Text(chainId, registry, root), key, privateKey);

    /// <summary>Whether the authority signed exactly this.</summary>
    public static bool Verify(string note, NoteKey key, ulong chainId, EthereumAddress registry, Fr root) =>
        SignedNote.TryVerify(note, key, out var text)
        && string.Equals(text, Text(chainId, registry, root), StringComparison.Ordinal);
}
