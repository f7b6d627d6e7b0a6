using System.Text;
using System.Text.Json;
using MedLedger.Consent.Access;
using MedLedger.Consent.Commitments;
using MedLedger.Crypto.Fields;
using MedLedger.Crypto.Sealing;

namespace MedLedger.Consent.Vault;

/// <summary>
/// What stands in <see cref="SealedCompartment.Facts"/>: the facts for the gate and the opening of the record leaf
/// (meta, content digest, salt). Apart from the content, so that the gate decides and labels change without opening it.
/// </summary>
internal sealed record SealedFacts(ResourceFacts Facts, RecordMeta Meta, Fr ContentDigest, Fr Salt)
{
    private const string Label = "facts";
    private Fr? _leaf;

    /// <summary><c>R = H(tagRecord, meta, contentDigest, recordSalt, 0)</c>.</summary>
    public Fr Leaf => _leaf ??= RecordLeaf.Compute(Meta, ContentDigest, Salt);

    /// <summary>Computes the leaves of all of them at once.</summary>
    public static void HashLeaves(IReadOnlyList<SealedFacts> facts)
    {
        var leaves = RecordLeaf.ComputeMany([.. facts.Select(one => (one.Meta, one.ContentDigest, one.Salt))]);
        for (var i = 0; i < leaves.Length; i++)
            facts[i]._leaf = leaves[i];
    }

    public static SealedFacts Create(ResourceFacts facts, RecordMeta meta, Fr contentDigest) =>
        new(facts, meta, contentDigest, Digest248.Random());

    public byte[] Seal(SecretKey kek, string recordKey, int version)
    {
        var stored = new Stored(
            Facts,
            Meta.Type,
            Meta.Labels,
            Meta.Day,
            Convert.ToHexStringLower(ContentDigest.ToBytes()),
            Convert.ToHexStringLower(Salt.ToBytes())
        );
        return SealedBytes.Seal(kek, Label, Context(recordKey, version), JsonSerializer.SerializeToUtf8Bytes(stored));
    }

    public static SealedFacts? Open(SecretKey kek, string recordKey, int version, byte[] sealedFacts)
    {
        var json = SealedBytes.Open(kek, Label, Context(recordKey, version), sealedFacts);
        return json is null ? null : Read(json);
    }

    // What Stored is written as.
    private static SealedFacts? Read(ReadOnlySpan<byte> json)
    {
        ResourceFacts? facts = null;
        var (type, labels, day) = ((byte)0, 0u, 0);
        string? digestText = null,
            saltText = null;
        var reader = new Utf8JsonReader(json);
        reader.Read();
        FactsJson.Expect(ref reader, JsonTokenType.StartObject);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (FactsJson.Is(ref reader, "Facts"u8))
                facts = FactsJson.Read(ref reader);
            else if (FactsJson.Is(ref reader, "Type"u8))
                type = reader.GetByte();
            else if (FactsJson.Is(ref reader, "Labels"u8))
                labels = reader.GetUInt32();
            else if (FactsJson.Is(ref reader, "Day"u8))
                day = reader.GetInt32();
            else if (FactsJson.Is(ref reader, "Digest"u8))
                digestText = reader.GetString();
            else if (FactsJson.Is(ref reader, "Salt"u8))
                saltText = reader.GetString();
            else
                reader.Skip();
        }
        return
            facts is not null
            && Fr.TryParseCanonical(Convert.FromHexString(digestText ?? ""), out var digest)
            && Fr.TryParseCanonical(Convert.FromHexString(saltText ?? ""), out var salt)
            ? new SealedFacts(facts, new(type, labels, day), digest, salt)
            : null;
    }

    private static byte[] Context(string recordKey, int version) => Encoding.ASCII.GetBytes($"{recordKey}/{version}");

    private sealed record Stored(ResourceFacts Facts, byte Type, uint Labels, int Day, string Digest, string Salt);
}
