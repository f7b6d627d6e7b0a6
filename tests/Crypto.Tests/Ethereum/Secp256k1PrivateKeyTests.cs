using System.Security.Cryptography;
using System.Text;
using CsCheck;
using MedLedger.Crypto.Ethereum;

namespace MedLedger.Crypto.Tests.Ethereum;

public class Secp256k1PrivateKeyTests
{
    private const string Order = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";

    // Published RFC 6979 signatures over secp256k1 with SHA-256, in low-s form (used by Bitcoin libraries since 2013).
    [Theory]
    [InlineData(
        "0000000000000000000000000000000000000000000000000000000000000001",
        "Satoshi Nakamoto",
        "934b1ea10a4b3c1757e2b0c017d0b6143ce3c9a7e6a4a49860d7a6ab210ee3d82442ce9d2b916064108014783e923ec36b49743e2ffa1c4496f01a512aafd9e5"
    )]
    [InlineData(
        "0000000000000000000000000000000000000000000000000000000000000001",
        "All those moments will be lost in time, like tears in rain. Time to die...",
        "8600dbd41e348fe5c9465ab92d23e3db8b98b873beecd930736488696438cb6b547fe64427496db33bf66019dacbf0039c04199abb0122918601db38a72cfc21"
    )]
    [InlineData(
        "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364140",
        "Satoshi Nakamoto",
        "fd567d121db66e382991534ada77a6bd3106f0a1098c231e47993447cd6af2d06b39cd0eb1bc8603e159ef5c20a5c8ad685a45b06ce9bebed3f153d10d93bed5"
    )]
    public void Sign_matches_rfc_6979(string key, string message, string signature)
    {
        using var signer = Key(key);
        var made = signer.Sign(SHA256.HashData(Encoding.UTF8.GetBytes(message)));
        Assert.Equal(signature, Convert.ToHexStringLower([.. made.R, .. made.S]));
    }

    // EIP-155, example: signing hash, r, s and v = 37, which is parity 0.
    [Fact]
    public void Sign_matches_the_example_of_eip_155()
    {
        using var signer = Key(string.Concat(Enumerable.Repeat("46", 32)));
        Assert.Equal("0x9d8A62f656a8d1615C1294fd71e9CFb3E4855A4F", signer.Address.ToString());
        var made = signer.Sign(
            Convert.FromHexString("daf5a779ae972f972197303d7b574746c7ef83eadac0f2791ad23db92e4c8e53")
        );
        Assert.Equal(
            "28ef61340bd939bc2195fe537567866003e1a15d3c71ff63e1590620aa636276",
            Convert.ToHexStringLower(made.R)
        );
        Assert.Equal(
            "67cbe9d8997f761aecb703304b3800ccf555c9f3dc64214b297fb1966a3b6d83",
            Convert.ToHexStringLower(made.S)
        );
        Assert.Equal(0, made.YParity);
    }

    [Fact]
    public void Recovered_address_is_the_signers_and_no_other_hash_gives_it() =>
        Gen.Select(Gen.Byte.Array[32], Gen.Byte.Array[32], Gen.Int[0, 255])
            .Sample(
                t =>
                {
                    var (secret, hash, bit) = t;
                    if (!Secp256k1PrivateKey.TryCreate(secret, out var key))
                        return;
                    using (key)
                    {
                        var signature = key.Sign(hash);
                        Assert.True(signature.TryRecover(hash, out var address));
                        Assert.Equal(key.Address, address);
                        Assert.True(EcdsaSignature.TryParse(signature.ToBytes(), out var parsed));
                        Assert.Equal(signature, parsed);

                        var changed = (byte[])hash.Clone();
                        changed[bit / 8] ^= (byte)(1 << (bit % 8));
                        Assert.False(signature.TryRecover(changed, out var other) && other == key.Address);
                    }
                },
                iter: 100
            );

    [Fact]
    public void TryCreate_refuses_zero_the_order_and_above_and_other_lengths()
    {
        Assert.False(Secp256k1PrivateKey.TryCreate(new byte[32], out _));
        Assert.False(Secp256k1PrivateKey.TryCreate(Convert.FromHexString(Order), out _));
        Assert.False(Secp256k1PrivateKey.TryCreate(Enumerable.Repeat((byte)255, 32).ToArray(), out _));
        Assert.False(Secp256k1PrivateKey.TryCreate(new byte[31], out _));
        Assert.False(Secp256k1PrivateKey.TryCreate(new byte[33], out _));
    }

    [Fact]
    public void A_disposed_key_neither_signs_nor_exports()
    {
        var key = Secp256k1PrivateKey.Generate();
        key.Dispose();
        Assert.Throws<ObjectDisposedException>(() => key.Sign(new byte[32]));
        Assert.Throws<ObjectDisposedException>(() => key.Export(new byte[32]));
    }

    [Fact]
    public void Lengths_other_than_32_are_the_callers_mistake()
    {
        using var key = Secp256k1PrivateKey.Generate();
        Assert.Throws<ArgumentException>(() => key.Sign(new byte[31]));
        Assert.Throws<ArgumentException>(() => key.Export(new byte[33]));
        Assert.Throws<ArgumentException>(() => key.Sign(new byte[32]).TryRecover(new byte[31], out _));
    }

    [Fact]
    public void TryParse_refuses_high_s_zero_and_out_of_range()
    {
        using var key = Secp256k1PrivateKey.Generate();
        var good = key.Sign(new byte[32]).ToBytes();
        var order = new System.Numerics.BigInteger(Convert.FromHexString(Order), isUnsigned: true, isBigEndian: true);
        var s = new System.Numerics.BigInteger(good.AsSpan(32, 32), isUnsigned: true, isBigEndian: true);

        Assert.False(Parses(good, 32, Convert.FromHexString(Padded(order - s))));
        Assert.False(Parses(good, 32, new byte[32]));
        Assert.False(Parses(good, 0, new byte[32]));
        Assert.False(Parses(good, 0, Convert.FromHexString(Order)));
        Assert.False(Parses(good, 64, [0]));
        Assert.False(Parses(good, 64, [29]));
        Assert.False(EcdsaSignature.TryParse(good.AsSpan(1), out _));
        Assert.True(Parses(good, 64, [27]));
    }

    private static bool Parses(byte[] signature, int at, byte[] replacement)
    {
        var bytes = (byte[])signature.Clone();
        replacement.CopyTo(bytes, at);
        return EcdsaSignature.TryParse(bytes, out _);
    }

    private static string Padded(System.Numerics.BigInteger value) => value.ToString("x64")[^64..];

    private static Secp256k1PrivateKey Key(string hex)
    {
        Assert.True(Secp256k1PrivateKey.TryCreate(Convert.FromHexString(hex), out var key));
        return key;
    }
}
