using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using MedLedger.Consent.Directives;
using MedLedger.Crypto.Log;

namespace MedLedger.Consent.Receipts;

/// <summary>
/// A consent receipt with the operator's signature: <c>{"receipt":{..},"key":"..","signature":".."}</c>, signed by the log's
/// key over a name of its own and the bytes of the receipt as they stand in the file.
/// </summary>
public static class SignedReceipt
{
    // The log key signs checkpoints and evidence too: neither begins with this name.
    private static readonly byte[] Domain = "medledger-consent-receipt/1\n"u8.ToArray();

    /// <summary>The file that the patient keeps.</summary>
    public static byte[] Sign(ConsentReceipt receipt, NoteKey key, Ed25519PrivateKey privateKey)
    {
        ArgumentNullException.ThrowIfNull(receipt);
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(privateKey);
        var json = receipt.ToJson();
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Encoder = JavaScriptEncoder.Default }))
        {
            writer.WriteStartObject();
            writer.WritePropertyName("receipt");
            writer.WriteRawValue(json);
            writer.WriteString("key", key.ToString());
            writer.WriteBase64String("signature", privateKey.Sign([.. Domain, .. json]));
            writer.WriteEndObject();
        }
        return stream.ToArray();
    }

    /// <summary>
    /// Whether the file was signed by its key, and by <paramref name="pinned"/> when that is given. Anything that is no
    /// receipt, has other members, or one twice, was not.
    /// </summary>
    public static bool Verify(ReadOnlyMemory<byte> file, NoteKey? pinned)
    {
        if (!StrictJson.TryParse(file, out var document))
            return false;
        using (document)
        {
            var root = document.RootElement;
            if (
                root.ValueKind != JsonValueKind.Object
                || root.EnumerateObject().Count() != 3
                || !root.TryGetProperty("receipt", out var receipt)
                || !root.TryGetProperty("key", out var named)
                || !root.TryGetProperty("signature", out var signature)
                || named.ValueKind != JsonValueKind.String
                || signature.ValueKind != JsonValueKind.String
                || !signature.TryGetBytesFromBase64(out var bytes)
                || !NoteKey.TryParse(named.GetString(), out var key)
            )
                return false;
            return (pinned is null || pinned.Equals(key))
                && Ed25519Signature.Verify(
                    key.PublicKey,
                    [.. Domain, .. Encoding.UTF8.GetBytes(receipt.GetRawText())],
                    bytes
                );
        }
    }
}
