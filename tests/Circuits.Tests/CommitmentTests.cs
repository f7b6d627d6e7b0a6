using System.Numerics;
using MedLedger.Consent.Commitments;
using MedLedger.Consent.Grants;
using MedLedger.Crypto.Ethereum;
using MedLedger.Crypto.Fields;

namespace MedLedger.Circuits.Tests;

public sealed class CommitmentTests
{
    private static readonly Grant Widest = new()
    {
        Grantee = "Practitioner/1",
        Types = (BigInteger.One << 256) - 1,
        Labels = uint.MaxValue,
        Purposes = ulong.MaxValue,
        ModelClasses = ushort.MaxValue,
        Actions = byte.MaxValue,
        MaxUses = 1 << 16,
        NotBefore = (1L << 40) - 2,
        NotAfter = (1L << 40) - 1,
        DataFrom = (1 << 24) - 1,
        DataTo = (1 << 24) - 1,
    };

    [Fact]
    public void Tags_are_the_ascii_text_and_distinct()
    {
        Fr[] tags =
        [
            Tags.Patient,
            Tags.Enrolment,
            Tags.Grantee,
            Tags.GrantInner,
            Tags.Grant,
            Tags.Record,
            Tags.PatientRecords,
            Tags.Model,
            Tags.Request,
            Tags.RequestSalt,
            Tags.Nullifier,
            Tags.Result,
            Tags.Inputs,
        ];
        Assert.Equal(tags.Length, tags.Distinct().Count());
        Assert.Equal("568016837313473169115629819198008948", Tags.Grant.ToString());
    }

    [Fact]
    public void Widest_grant_fills_the_words_and_nothing_above_them()
    {
        var words = GrantWords.Pack(Widest);
        Assert.Equal((BigInteger.One << 224) - 1, words.Masks1.ToBigInteger());
        Assert.Equal((BigInteger.One << 168) + ((BigInteger.One << 152) - 1), words.Masks2.ToBigInteger());
        Assert.Equal((BigInteger.One << 128) - 2, words.Window.ToBigInteger());
    }

    [Fact]
    public void Each_field_of_a_grant_has_its_own_bits()
    {
        var narrow = Widest with
        {
            Types = BigInteger.One << 130,
            Labels = 1u << 31,
            Purposes = 1,
            ModelClasses = 1 << 2,
            Actions = 1 << 7,
            MaxUses = 3,
            NotBefore = 5,
            NotAfter = 6,
            DataFrom = 7,
            DataTo = 9,
        };
        var words = GrantWords.Pack(narrow);
        Assert.Equal((BigInteger.One << 159) + (BigInteger.One << 160), words.Masks1.ToBigInteger());
        Assert.Equal(
            (BigInteger.One << 2) + (BigInteger.One << 130) + (BigInteger.One << 151) + (new BigInteger(3) << 152),
            words.Masks2.ToBigInteger()
        );
        Assert.Equal(
            5 + (new BigInteger(6) << 40) + (new BigInteger(7) << 80) + (new BigInteger(9) << 104),
            words.Window.ToBigInteger()
        );
    }

    public static TheoryData<Grant> OutOfRange =>
        [
            Widest with
            {
                Types = BigInteger.One << 256,
            },
            Widest with
            {
                Types = -1,
            },
            Widest with
            {
                Types = 0,
            },
            Widest with
            {
                Purposes = 0,
            },
            Widest with
            {
                Actions = 0,
            },
            Widest with
            {
                ModelClasses = 0,
            },
            Widest with
            {
                MaxUses = 0,
            },
            Widest with
            {
                MaxUses = (1 << 16) + 1,
            },
            Widest with
            {
                NotBefore = -1,
            },
            Widest with
            {
                NotAfter = 1L << 40,
            },
            Widest with
            {
                NotAfter = Widest.NotBefore,
            },
            Widest with
            {
                DataFrom = -1,
            },
            Widest with
            {
                DataTo = 1 << 24,
            },
            Widest with
            {
                DataTo = Widest.DataFrom - 1,
            },
        ];

    [Theory]
    [MemberData(nameof(OutOfRange))]
    public void Fields_out_of_range_are_refused(Grant grant) =>
        Assert.Throws<ArgumentException>(() => GrantWords.Pack(grant));

    [Fact]
    public void Record_meta_packs_type_labels_and_day()
    {
        var packed = new RecordMeta(255, uint.MaxValue, RecordMeta.MaxDay).Pack().ToBigInteger();
        Assert.Equal(ulong.MaxValue, (ulong)packed);
        Assert.Equal(7 + (9UL << 8) + (11UL << 40), (ulong)new RecordMeta(7, 9, 11).Pack().ToBigInteger());
        Assert.Throws<ArgumentOutOfRangeException>(() => new RecordMeta(0, 0, -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new RecordMeta(0, 0, 1 << 24));
    }

    [Theory]
    [InlineData(0, 1, Custody.Operator)]
    [InlineData(0, 64, Custody.Patient)]
    [InlineData(63, 64, Custody.Patient)]
    public void Shape_reads_back(int part, int parts, Custody custody)
    {
        var shape = new Shape(part, parts, custody);
        Assert.True(Shape.TryUnpack(shape.Pack(), out var read));
        Assert.Equal(shape, read);
    }

    [Theory]
    [InlineData(0)] // no parts
    [InlineData(0x000101)] // part = parts
    [InlineData(0x004100)] // 65 parts
    [InlineData(0x020100)] // no such custody
    [InlineData(0x1000100)] // beyond 24 bits
    public void Shape_of_no_proof_is_refused(ulong signal) => Assert.False(Shape.TryUnpack(Fr.From(signal), out _));

    [Fact]
    public void Shape_out_of_range_cannot_be_made()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new Shape(1, 1, Custody.Patient));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Shape(0, 65, Custody.Patient));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Shape(-1, 1, Custody.Patient));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Shape(0, 1, (Custody)2));
    }

    [Fact]
    public void Registry_and_context_bind_chain_and_contract()
    {
        Assert.True(EthereumAddress.TryParse("0x00000000000000000000000000000000000000ff", out var address));
        Assert.Equal((new BigInteger(31337) << 160) + 255, RegistryId.Compute(31337, address).ToBigInteger());
        Assert.Throws<ArgumentOutOfRangeException>(() => RegistryId.Compute(BigInteger.One << 93, address));
        // printf 'medledger.context' and the three words | sha256sum, first 62 digits
        Assert.Equal(ExpectedContext, Convert.ToHexStringLower(Context.Compute(31337, address).ToBytes()));
        Assert.NotEqual(Context.Compute(31337, address), Context.Compute(31338, address));
        Assert.NotEqual(Context.Compute(31337, address), Context.Compute(31337, EthereumAddress.Zero));
        Assert.NotEqual(Context.Compute(31337, address), Context.Compute(31337, address, circuitVersion: 2));
    }

    [Fact]
    public void Digests_have_248_bits()
    {
        var digest = Digest248.Of("abc"u8);
        Assert.Equal(
            "00ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015",
            Convert.ToHexStringLower(digest.ToBytes())
        );
        Assert.NotEqual(Digest248.Random(), Digest248.Random());
    }

    private const string ExpectedContext = "00db7e9174cbc2c386e70f8cb4c93df10c375063e78a12b42686f2ed084ce141";
}
