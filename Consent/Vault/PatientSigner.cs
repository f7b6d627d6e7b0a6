using System.Buffers.Binary;
using System.Numerics;
using System.Text;
using MedLedger.Consent.Chain.Contracts;
using MedLedger.Consent.Commitments;
using MedLedger.Consent.Grants;
using MedLedger.Crypto.BabyJubjub;
using MedLedger.Crypto.Ethereum;
using MedLedger.Crypto.Fields;
using MedLedger.Crypto.Sealing;

namespace MedLedger.Consent.Vault;

/// <summary>
/// The patient's side: signs grants and revocations, and is never used in an analysis. Everything derives from one secret
/// in custody, so that it can as well be opened from a key file that only the patient has.
/// </summary>
public sealed class PatientSigner : IDisposable
{
    private const int GrantIdSize = 16;
    private readonly EdDsaPrivateKey _privateKey;
    private readonly SecretKey _master;

    private PatientSigner(SecretKey secret, Custody custody)
    {
        using var seed = secret.Derive("eddsa");
        _privateKey = EdDsaPrivateKey.FromSeed(seed.Bytes);
        using var salt = secret.Derive("patient-salt");
        PatientSalt = Digest248.FromBytes(salt.Bytes[..Digest248.Size]);
        _master = secret.Derive("grants");
        Custody = custody;
    }

    /// <summary>The EdDSA key A on Baby Jubjub.</summary>
    public EdDsaPublicKey PublicKey => _privateKey.PublicKey;

    /// <summary><c>P = H(tagPatient, A.x, A.y, patientSalt, 0)</c>.</summary>
    public Fr Commitment => PatientCommitment.Compute(PublicKey.X, PublicKey.Y, PatientSalt);

    /// <summary>Who holds the key; a public signal of every proof.</summary>
    public Custody Custody { get; }

    internal Fr PatientSalt { get; }

    /// <summary>Opens the signer whose secret the deployment's custody holds; null when it cannot be had.</summary>
    public static PatientSigner? Open(RecordVault vault, string patientKey)
    {
        using var secret = vault.OpenSigningKey(patientKey);
        return secret is null ? null : new PatientSigner(secret, Custody.Operator);
    }

    /// <summary>The signer of a secret that only the patient has.</summary>
    public static PatientSigner FromOwnSecret(SecretKey secret) => new(secret, Custody.Patient);

    /// <summary>
    /// The name of the patient's i-th grant: 16 bytes in hexadecimal that nobody else can tell from random ones. From it
    /// the grant's secret and controller derive, so that the patient's secret alone leads to every grant (PROTOCOL,
    /// section 2: grantSecret_i = HKDF(master, i)). One name is one grant.
    /// </summary>
    /// <param name="index">Counted from 0.</param>
    public string GrantId(int index)
    {
        Span<byte> number = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(number, index);
        using var name = _master.Derive("grant-id", number.ToArray());
        return Convert.ToHexStringLower(name.Bytes[..GrantIdSize]);
    }

    /// <summary>The account that revokes this grant alone, so that an observer cannot link two grants of a patient.</summary>
    public EthereumAddress Controller(string grantId)
    {
        using var key = ControllerKey(grantId);
        return key.Address;
    }

    /// <summary>Signs a grant and prepares its revocation.</summary>
    /// <param name="grantId"><see cref="GrantId"/>; one id is one grant.</param>
    /// <param name="grant">What the consents compile to.</param>
    /// <param name="grantee">The grantee's commitment.</param>
    /// <param name="termsDigest">Digest of the consents that were compiled.</param>
    /// <param name="chainId">The chain that the grant is good for.</param>
    /// <param name="registry">The registry that the grant is good for.</param>
    public GrantCapsule SignGrant(
        string grantId,
        Grant grant,
        Fr grantee,
        Fr termsDigest,
        ulong chainId,
        EthereumAddress registry
    )
    {
        using var controller = ControllerKey(grantId);
        var secret = GrantSecret(grantId);
        var words = GrantWords.Pack(grant);
        var commitment = GrantCommitment.Compute(
            Commitment,
            grantee,
            words,
            termsDigest,
            secret,
            controller.Address,
            RegistryId.Compute(chainId, registry)
        );
        return new GrantCapsule
        {
            GrantId = grantId,
            Grant = grant,
            Grantee = grantee,
            TermsDigest = termsDigest,
            ChainId = chainId,
            Registry = registry,
            PublicKey = PublicKey,
            Custody = Custody,
            PatientSalt = PatientSalt,
            GrantSecret = secret,
            Signature = _privateKey.Sign(commitment.Leaf),
            Revocation = SignedRevocation.Sign(controller, chainId, registry, commitment.Inner, commitment.Leaf),
        };
    }

    /// <summary>
    /// U of one use of a grant, by which patients find it on the ledger themselves; ended grants too, whose capsules are
    /// gone.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The slot does not fit 16 bits.</exception>
    public Fr NullifierOf(string grantId, int slot) => Nullifier.Compute(GrantSecret(grantId), slot);

    /// <summary>Signs a revocation of one grant, for a gate that has lost its capsule.</summary>
    /// <param name="grantId">The grant's name.</param>
    /// <param name="commitment">Its commitments.</param>
    /// <param name="chainId">The chain of the registry.</param>
    /// <param name="registry">The registry that holds it.</param>
    /// <param name="deadline">Unix seconds; null for no expiry.</param>
    public SignedRevocation SignRevocation(
        string grantId,
        GrantCommitment commitment,
        ulong chainId,
        EthereumAddress registry,
        BigInteger? deadline = null
    )
    {
        using var key = ControllerKey(grantId);
        return SignedRevocation.Sign(key, chainId, registry, commitment.Inner, commitment.Leaf, deadline);
    }

    // 248 bits
    private Fr GrantSecret(string grantId)
    {
        using var secret = _master.Derive("grant-secret", Encoding.ASCII.GetBytes(grantId));
        return Digest248.FromBytes(secret.Bytes[..Digest248.Size]);
    }

    private Secp256k1PrivateKey ControllerKey(string grantId)
    {
        using var secret = _master.Derive("controller", Encoding.ASCII.GetBytes(grantId));
        return Secp256k1PrivateKey.FromSecret(secret);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _privateKey.Dispose();
        _master.Dispose();
    }
}
