using System.Text;
using MedLedger.Crypto.Ethereum;

namespace MedLedger.Crypto.Tests.Ethereum;

public sealed class KeystoreV3Tests
{
    private const string Secret = "7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d";

    // the example of the Web3 Secret Storage Definition
    private const string Pbkdf2 = """
        {"crypto":{"cipher":"aes-128-ctr","cipherparams":{"iv":"6087dab2f9fdbbfaddc31a909735c1e6"},
        "ciphertext":"5318b4d5bcd28de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa46","kdf":"pbkdf2",
        "kdfparams":{"c":262144,"dklen":32,"prf":"hmac-sha256",
        "salt":"ae3cd4e7013836a3df6bd7241b12db061dbe2c6785853cce422d148a624ce0bd"},
        "mac":"517ead924a9d0dc3124507e3393d175ce3ff7c1e96529c6c555ce9e51205e9b2"},"version":3}
        """;

    // made with Python's hashlib.scrypt, OpenSSL's AES and a Keccak of its own
    private const string Scrypt = """
        {"crypto":{"cipher":"aes-128-ctr","cipherparams":{"iv":"5d672a96508e9890c9a5b76decdea508"},
        "ciphertext":"ba576da61979619a1e3825f12833df04f7693408f9d59905b6eb4bfb1aef87ec","kdf":"scrypt",
        "kdfparams":{"dklen":32,"n":4096,"r":8,"p":6,
        "salt":"f4ff2cd379e707108b11505252bffa7568af1c4615f7aa9d6c62e9a623a5e540"},
        "mac":"c5e65dfad376e8b6af9e25707f0b02a6ab367e1d0954a5833260f1022d2fca55"},"version":3}
        """;

    [Theory]
    [InlineData(Pbkdf2)]
    [InlineData(Scrypt)]
    public void Key_files_of_other_programs_open(string file)
    {
        Assert.True(KeystoreV3.TryOpen(Bytes(file), "testpassword"u8, out var key));
        using (key)
        {
            var bytes = new byte[Secp256k1PrivateKey.Size];
            key.Export(bytes);
            Assert.Equal(Secret, Convert.ToHexStringLower(bytes));
        }
    }

    [Theory]
    [InlineData("\"version\":3", "\"version\":1")]
    [InlineData("aes-128-ctr", "aes-256-ctr")]
    [InlineData("\"kdf\":\"pbkdf2\"", "\"kdf\":\"none\"")]
    [InlineData("hmac-sha256", "hmac-sha512")]
    [InlineData("\"c\":262144", "\"c\":2000000000")]
    [InlineData("\"c\":262144", "\"c\":0")]
    [InlineData("\"dklen\":32", "\"dklen\":16")]
    [InlineData("5318b4d5", "5318b4d4")]
    [InlineData("517ead92", "517ead9")]
    [InlineData("6087dab2f9", "6087dab2")]
    [InlineData("\"mac\"", "\"mca\"")]
    [InlineData("\"crypto\":{", "\"crypto\":")]
    public void A_changed_file_does_not_open(string part, string other)
    {
        var changed = Pbkdf2.Replace(part, other, StringComparison.Ordinal);
        Assert.NotEqual(Pbkdf2, changed, StringComparer.Ordinal);
        Assert.False(KeystoreV3.TryOpen(Bytes(changed), "testpassword"u8, out _));
    }

    [Theory]
    [InlineData("\"n\":4096", "\"n\":1073741824")]
    [InlineData("\"n\":4096", "\"n\":4095")]
    [InlineData("\"r\":8", "\"r\":1000000000")]
    [InlineData("\"p\":6", "\"p\":1000000000")]
    public void Costs_out_of_bounds_are_refused_without_the_work(string part, string other) =>
        Assert.False(
            KeystoreV3.TryOpen(Bytes(Scrypt.Replace(part, other, StringComparison.Ordinal)), "testpassword"u8, out _)
        );

    [Fact]
    public void Another_passphrase_does_not_open_it() =>
        Assert.False(KeystoreV3.TryOpen(Bytes(Pbkdf2), "testpassworD"u8, out _));

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);
}
