using System.Numerics;
using MedLedger.Consent.Commitments;
using MedLedger.Consent.Grants;
using MedLedger.Consent.Vault;
using MedLedger.Crypto.Ethereum;
using MedLedger.Crypto.Fields;
using MedLedger.Crypto.Sealing;

namespace MedLedger.Consent.Tests.Vault;

public sealed class PatientSignerTests : IDisposable
{
    private static readonly Grant Grant = new()
    {
        Grantee = "Practitioner/p1",
        Types = (BigInteger.One << 200) + 9,
        Labels = 0x80000001,
        Purposes = 1UL << 63,
        ModelClasses = 3,
        Actions = 2,
        MaxUses = 1024,
        NotBefore = 1,
        NotAfter = 2_000_000_000,
        DataFrom = 0,
        DataTo = 700_000,
    };

    private static readonly EthereumAddress Registry = new(Enumerable.Repeat((byte)9, 20).ToArray());

    private readonly VaultFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    [Trait("threat", "linked grants")]
    [Trait("threat", "chain observer")]
    public void The_same_secret_gives_the_same_patient_and_grants_do_not_link()
    {
        using var signer = PatientSigner.Open(_fixture.Vault, _fixture.Alice)!;
        using var again = PatientSigner.Open(_fixture.Vault, _fixture.Alice)!;
        using var bob = PatientSigner.Open(_fixture.Vault, _fixture.Bob)!;
        Assert.Equal(signer.Commitment, again.Commitment);
        Assert.NotEqual(signer.Commitment, bob.Commitment);
        string one = signer.GrantId(0),
            two = signer.GrantId(1);
        Assert.Equal(one, again.GrantId(0));
        Assert.Equal(3, new[] { one, two, bob.GrantId(0) }.Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(signer.Controller(one), again.Controller(one));
        Assert.NotEqual(signer.Controller(one), signer.Controller(two));
        Assert.NotEqual(signer.Controller(one), bob.Controller(one));
        var (a, b) = (Sign(signer, one), Sign(signer, two));
        Assert.NotEqual(a.GrantSecret, b.GrantSecret);
        Assert.NotEqual(a.Commitment.Leaf, b.Commitment.Leaf);
        Assert.NotEqual(a.Opening.NullifierOf(0), a.Opening.NullifierOf(1));
    }

    [Fact]
    public void A_capsule_comes_back_whole_and_its_revocation_is_the_controllers()
    {
        using var signer = PatientSigner.Open(_fixture.Vault, _fixture.Alice)!;
        var capsule = Sign(signer, signer.GrantId(0));
        var opened = GrantCapsule.Open(_fixture.Vault, capsule.Seal(_fixture.Vault, _fixture.Alice)!);
        Assert.NotNull(opened);
        Assert.Equal(capsule.Opening, opened.Opening);
        Assert.Equal(capsule.Commitment, opened.Commitment);
        Assert.Equal(signer.Commitment, opened.Opening.Patient);
        Assert.True(opened.PublicKey.Verify(opened.Commitment.Leaf, opened.Signature));
        Assert.True(opened.Revocation.Verify(31337, Registry, opened.Commitment.Leaf));
        Assert.Equal(signer.Controller(capsule.GrantId), opened.Revocation.Controller);
        Assert.Equal(opened.Commitment.Inner, opened.Revocation.Inner);
        var again = signer.SignRevocation(capsule.GrantId, opened.Commitment, 31337, Registry);
        Assert.Equal(opened.Revocation.Signature.ToArray(), again.Signature.ToArray());
        Assert.Equal(Custody.Operator, opened.Custody);
    }

    [Fact]
    [Trait("threat", "capsule of another")]
    public void A_capsule_of_another_row_patient_or_signature_does_not_open()
    {
        using var signer = PatientSigner.Open(_fixture.Vault, _fixture.Alice)!;
        var capsule = Sign(signer, signer.GrantId(0));
        var row = capsule.Seal(_fixture.Vault, _fixture.Alice)!;
        Assert.Null(GrantCapsule.Open(_fixture.Vault, row with { GrantId = signer.GrantId(1) }));
        Assert.Null(GrantCapsule.Open(_fixture.Vault, row with { PatientKey = _fixture.Bob }));
        Assert.Null(GrantCapsule.Open(_fixture.Vault, row with { Content = [] }));
        var elsewhere = capsule with { ChainId = 1 };
        Assert.Null(GrantCapsule.Open(_fixture.Vault, elsewhere.Seal(_fixture.Vault, _fixture.Alice)!));
        var wider = capsule with { Grant = Grant with { MaxUses = 2000 } };
        Assert.Null(GrantCapsule.Open(_fixture.Vault, wider.Seal(_fixture.Vault, _fixture.Alice)!));
        _fixture.Custody.Shred(_fixture.Alice);
        Assert.Null(GrantCapsule.Open(_fixture.Vault, row));
        Assert.Null(PatientSigner.Open(_fixture.Vault, _fixture.Alice));
        Assert.Null(capsule.Seal(_fixture.Vault, _fixture.Alice));
    }

    [Fact]
    public void A_patients_own_secret_says_so()
    {
        using var secret = SecretKey.Generate();
        using var signer = PatientSigner.FromOwnSecret(secret);
        Assert.Equal(Custody.Patient, Sign(signer, signer.GrantId(0)).Custody);
    }

    private static GrantCapsule Sign(PatientSigner signer, string id) =>
        signer.SignGrant(id, Grant, Fr.From(7), Fr.From(8), 31337, Registry);
}
