using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using MedLedger.Consent.Directives;
using MedLedger.Consent.Grants;

namespace MedLedger.Consent.Receipts;

/// <summary>One grant or revocation of a receipt, with where it stands on the chain.</summary>
/// <param name="Grant">What it allows; null for one that has ended and whose content was deleted with it.</param>
/// <param name="Commitment">The leaf G, 0x and 64 hexadecimal digits.</param>
/// <param name="Transaction">The transaction's hash; null while it waits.</param>
/// <param name="Block">The block's number; null while it waits.</param>
public sealed record ReceiptEntry(Grant? Grant, string Commitment, string? Transaction, ulong? Block);

/// <summary>One consent of a receipt.</summary>
/// <param name="Reference"><c>Consent/id</c>.</param>
/// <param name="Version">As the Consent states it; null when it states none.</param>
/// <param name="Digest">SHA-256 of the Consent as it was read.</param>
/// <param name="GivenBy">Reference of who gave it, from the log; null when the log does not tell (it came by import).</param>
public sealed record ReceiptConsent(string Reference, string? Version, ReadOnlyMemory<byte> Digest, string? GivenBy);

/// <summary>
/// What a patient keeps of one change of consent (after Kantara's Consent Receipt 1.1): the consents by their digests, the
/// grants in words with their commitments and transactions, what was ended, and what was permitted but is not covered.
/// The bytes of <see cref="ToJson"/> are what is signed.
/// </summary>
public sealed record ConsentReceipt
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.Default };

    /// <summary>When it was issued.</summary>
    public required DateTimeOffset Issued { get; init; }

    /// <summary><c>Patient/id</c>.</summary>
    public required string Patient { get; init; }

    /// <summary>The consents that were compiled.</summary>
    public required IReadOnlyList<ReceiptConsent> Consents { get; init; }

    /// <summary>SHA-256 of the terms, as in the grants.</summary>
    public required ReadOnlyMemory<byte> TermsDigest { get; init; }

    /// <summary>The chain's id.</summary>
    public required ulong ChainId { get; init; }

    /// <summary>The address of the consent registry.</summary>
    public required string Registry { get; init; }

    /// <summary>Grants made.</summary>
    public IReadOnlyList<ReceiptEntry> Granted { get; init; } = [];

    /// <summary>Grants ended.</summary>
    public IReadOnlyList<ReceiptEntry> Revoked { get; init; } = [];

    /// <summary>What the consents permit and no grant covers.</summary>
    public IReadOnlyList<GrantGap> NotCovered { get; init; } = [];

    /// <summary>The receipt as JSON: always the same bytes for the same receipt.</summary>
    public byte[] ToJson()
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, Options))
        {
            writer.WriteStartObject();
            writer.WriteString("type", "medledger-consent-receipt/1");
            writer.WriteString(
                "issued",
                Issued.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture)
            );
            writer.WriteString("patient", Patient);
            writer.WriteStartArray("consents");
            foreach (var consent in Consents)
            {
                writer.WriteStartObject();
                writer.WriteString("reference", consent.Reference);
                writer.WriteString("version", consent.Version);
                writer.WriteString("sha256", Convert.ToHexStringLower(consent.Digest.Span));
                writer.WriteString("givenBy", consent.GivenBy);
                writer.WriteEndObject();
            }
            writer.WriteEndArray();
            writer.WriteString("terms", Convert.ToHexStringLower(TermsDigest.Span));
            writer.WriteNumber("chainId", ChainId);
            writer.WriteString("registry", Registry);
            Entries(writer, "granted", Granted);
            Entries(writer, "revoked", Revoked);
            writer.WriteStartArray("notCovered");
            foreach (var gap in NotCovered)
                writer.WriteStringValue(Gap(gap));
            writer.WriteEndArray();
            writer.WriteEndObject();
        }
        return stream.ToArray();
    }

    /// <summary>The receipt to print: the same, in lines.</summary>
    public string ToText()
    {
        var text = new StringBuilder();
        text.Append("Consent receipt for ")
            .Append(Patient)
            .Append(", ")
            .Append(Issued.ToUniversalTime().ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture))
            .Append('\n');
        foreach (var consent in Consents)
            text.Append("From ")
                .Append(consent.Reference)
                .Append(consent.Version is null ? "" : ", version " + consent.Version)
                .Append(consent.GivenBy is null ? "" : ", given by " + consent.GivenBy)
                .Append(".\n");
        Section(text, "You agreed to:", Granted);
        Section(text, "You ended:", Revoked);
        if (NotCovered.Count > 0)
            text.Append("\nPermitted by your consent, but not part of what others can prove:\n");
        foreach (var gap in NotCovered)
            text.Append("  - ").Append(Gap(gap)).Append('\n');
        text.Append("\nYou can end every one of these at any time. Chain ")
            .Append(ChainId)
            .Append(", registry ")
            .Append(Registry)
            .Append(".\n");
        return text.ToString();
    }

    /// <summary>The receipt to print from a browser: the same lines, without scripts or anything from elsewhere.</summary>
    public string ToHtml() =>
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Consent receipt</title>"
        + "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        + "<style>body{font:12pt/1.5 serif;max-width:45em;margin:2em auto}pre{white-space:pre-wrap;font:inherit}</style>"
        + "</head><body><pre>"
        + WebUtility.HtmlEncode(ToText())
        + "</pre></body></html>\n";

    private static void Entries(Utf8JsonWriter writer, string name, IReadOnlyList<ReceiptEntry> entries)
    {
        writer.WriteStartArray(name);
        foreach (var entry in entries)
        {
            writer.WriteStartObject();
            writer.WriteString("grantee", entry.Grant?.Grantee);
            writer.WriteStartArray("words");
            foreach (var line in Words(entry))
                writer.WriteStringValue(line);
            writer.WriteEndArray();
            writer.WriteString("commitment", entry.Commitment);
            writer.WriteString("transaction", entry.Transaction);
            if (entry.Block is { } block)
                writer.WriteNumber("block", block);
            else
                writer.WriteNull("block");
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
    }

    private static void Section(StringBuilder text, string title, IReadOnlyList<ReceiptEntry> entries)
    {
        if (entries.Count == 0)
            return;
        text.Append('\n').Append(title).Append('\n');
        var number = 0;
        foreach (var entry in entries)
        {
            text.Append(++number).Append(". ").AppendJoin("\n   ", Words(entry)).Append('\n');
            text.Append("   On the chain as ").Append(entry.Commitment);
            text.Append(
                entry.Transaction is null
                    ? ", waiting.\n"
                    : $", transaction {entry.Transaction}, block {entry.Block}.\n"
            );
        }
    }

    private static IReadOnlyList<string> Words(ReceiptEntry entry) =>
        entry.Grant is { } grant ? GrantInWords.Describe(grant) : ["A grant that has ended; its content was deleted."];

    private static string Gap(GrantGap gap) =>
        string.Join(", ", new[] { gap.Consent, gap.Provision, gap.Grantee }.OfType<string>()) is { Length: > 0 } where
            ? $"{where}: {gap.Words}"
            : gap.Words;
}
