using System.Text.Json;
using MedLedger.Consent.Access;
using MedLedger.Consent.Commitments;
using MedLedger.Consent.Vault;
using MedLedger.Crypto.Fields;
using MedLedger.Crypto.Sealing;

namespace MedLedger.Consent.Tests.Vault;

/// <summary>Facts are read as they were written, member by member.</summary>
public sealed class FactsJsonTests
{
    private static readonly ResourceFacts Least = new() { Reference = "Patient/p", Type = "Patient" };

    public static TheoryData<int> Cases { get; } = [.. Enumerable.Range(0, All.Length)];

    private static ResourceFacts[] All =>
        [
            Least,
            Least with
            {
                RefersTo = [],
            },
            new()
            {
                Reference = "Observation/o-1",
                Type = "Observation",
                Codes = [new("http://loinc.org", "8302-2"), new(null, "\"x\"\\\u00e9\u4e2d"), new("", "")],
                Labels = [new("http://terminology.hl7.org/CodeSystem/v3-ActCode", "PSY")],
                Grounds = [new("PSY", LabelGround.Patient), new("R", LabelGround.Derived, "3")],
                Date = "2024-03-02T10:00:00+01:00",
                Authors = ["Practitioner/a", "Organization/b"],
                Encounter = "Encounter/e",
                RefersTo = ["Patient/p", "Encounter/e"],
            },
        ];

    [Theory]
    [MemberData(nameof(Cases))]
    public void They_are_read_as_the_serializer_wrote_them(int index)
    {
        var facts = All[index];
        var json = JsonSerializer.SerializeToUtf8Bytes(facts);
        var reader = new Utf8JsonReader(json);
        Assert.True(reader.Read());
        var read = FactsJson.Read(ref reader);
        Assert.Equal(JsonTokenType.EndObject, reader.TokenType);
        Assert.False(reader.Read());
        Assert.Equal(json, JsonSerializer.SerializeToUtf8Bytes(read));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void They_open_as_they_were_sealed(int index)
    {
        using var key = SecretKey.Generate();
        var made = SealedFacts.Create(All[index], new RecordMeta(3, 0x80000001, 738_000), Fr.One);
        var opened = SealedFacts.Open(key, new string('a', 64), 2, made.Seal(key, new string('a', 64), 2))!;
        Assert.Equal(JsonSerializer.Serialize(made.Facts), JsonSerializer.Serialize(opened.Facts));
        Assert.Equal(
            (made.Meta, made.ContentDigest, made.Salt, made.Leaf),
            (opened.Meta, opened.ContentDigest, opened.Salt, opened.Leaf)
        );
        Assert.Null(SealedFacts.Open(key, new string('a', 64), 3, made.Seal(key, new string('a', 64), 2)));
    }

    // Every member of the facts stands in the last case: a member that is added and not read fails here.
    [Fact]
    public void Every_member_is_tested()
    {
        foreach (var property in typeof(ResourceFacts).GetProperties())
        {
            var value = property.GetValue(All[^1]);
            Assert.False(Equals(value, property.GetValue(Least)), property.Name);
        }
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("\"x\"")]
    [InlineData("{}")]
    [InlineData("""{"Reference":"a/b"}""")]
    [InlineData("""{"Reference":"a/b","Type":"a","Codes":{}}""")]
    [InlineData("""{"Reference":"a/b","Type":"a","Authors":"x"}""")]
    [InlineData("""{"Reference":"a/b","Type":"a","Labels":""")]
    public void What_is_something_else_is_refused(string json) =>
        Assert.ThrowsAny<Exception>(() =>
        {
            var reader = new Utf8JsonReader(System.Text.Encoding.UTF8.GetBytes(json));
            reader.Read();
            FactsJson.Read(ref reader);
        });
}
