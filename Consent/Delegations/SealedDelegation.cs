using System.Text;
using System.Text.Json;
using MedLedger.Consent.Directives;
using MedLedger.Consent.Grants;
using MedLedger.Consent.Vault;
using MedLedger.Crypto.Sealing;

namespace MedLedger.Consent.Delegations;

/// <summary>A delegation as it is stored: sealed under the compartment's key, since it says who is whose parent or guardian.</summary>
public static class SealedDelegation
{
    private const string Label = "delegation";

    /// <summary>Seals it for the store; null when the compartment's keys cannot be had.</summary>
    /// <param name="vault">The vault of the deployment.</param>
    /// <param name="patientKey">The compartment.</param>
    /// <param name="id">The row's name; the content opens under it alone.</param>
    /// <param name="delegation">What was recorded.</param>
    public static byte[]? Seal(RecordVault vault, string patientKey, string id, Delegation delegation)
    {
        ArgumentNullException.ThrowIfNull(vault);
        using var kek = vault.OpenEncryptionKey(patientKey);
        return kek is null
            ? null
            : SealedBytes.Seal(
                kek,
                Label,
                Encoding.ASCII.GetBytes($"{patientKey}/{id}"),
                JsonSerializer.SerializeToUtf8Bytes(delegation)
            );
    }

    /// <summary>Opens it; null when the keys cannot be had or the row is not what was sealed.</summary>
    public static Delegation? Open(RecordVault vault, string patientKey, string id, byte[] content)
    {
        ArgumentNullException.ThrowIfNull(vault);
        using var kek = vault.OpenEncryptionKey(patientKey);
        var json = kek is null
            ? null
            : SealedBytes.Open(kek, Label, Encoding.ASCII.GetBytes($"{patientKey}/{id}"), content);
        return json is null ? null : JsonSerializer.Deserialize<Delegation>(json);
    }

    /// <summary>
    /// Whether a consent ends when the power to give it does: with the delegation, and a parent's when the child comes of
    /// age. Its root period must say so, so that it holds wherever the consent is read.
    /// </summary>
    public static bool Bounds(
        this Delegation delegation,
        ConsentDirective consent,
        DateOnly? birth,
        Jurisdiction jurisdiction
    )
    {
        ArgumentNullException.ThrowIfNull(delegation);
        ArgumentNullException.ThrowIfNull(consent);
        var end = delegation.EndOfConsents(birth, jurisdiction, DateTimeOffset.MaxValue);
        if (end == DateTimeOffset.MaxValue)
            return true;
        return consent.Root.Period is { IsReadable: true } period
            && DayRange.OuterSeconds(period).Until <= end.ToUnixTimeSeconds();
    }
}
