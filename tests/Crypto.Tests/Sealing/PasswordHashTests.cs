using MedLedger.Crypto.Sealing;

namespace MedLedger.Crypto.Tests.Sealing;

public sealed class PasswordHashTests
{
    // phc-winner-argon2, `echo -n password | argon2 somesalt -id -t 2 -m 16 -p 1 -l 32 -e`, made with version 1.3.
    private const string Reference =
        "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";

    [Fact]
    public void The_reference_implementations_string_verifies()
    {
        Assert.True(PasswordHash.Verify(Reference, "password"));
        Assert.False(PasswordHash.Verify(Reference, "passwore"));
    }

    [Fact]
    public void What_was_hashed_verifies_and_nothing_else_does()
    {
        var hash = PasswordHash.Create("correct horse – 馬");
        Assert.True(PasswordHash.Verify(hash, "correct horse – 馬"));
        Assert.False(PasswordHash.Verify(hash, "correct horse - 馬"));
        Assert.NotEqual(hash, PasswordHash.Create("correct horse – 馬"), StringComparer.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$")]
    [InlineData("$argon2i$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc")]
    [InlineData("$argon2id$v=19$m=999999999,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc")]
    [InlineData("$argon2id$v=19$m=65536,t=9999,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc")]
    [InlineData("$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc\n")]
    public void Damaged_or_greedy_strings_are_false(string encoded) =>
        Assert.False(PasswordHash.Verify(encoded, "password"));

    [Fact]
    public void Empty_and_endless_passwords_are_refused()
    {
        Assert.False(PasswordHash.Verify(Reference, ""));
        Assert.False(PasswordHash.Verify(Reference, new string('x', 257)));
        Assert.Throws<ArgumentException>(() => PasswordHash.Create(""));
        Assert.Throws<ArgumentException>(() => PasswordHash.Create(new string('é', 129)));
    }
}
