using MedLedger.Consent.Directives;

namespace MedLedger.Api.Records;

/// <summary>An accounting of disclosures as JSON: the same over HTTP, in a file, and inside an article 15 file.</summary>
internal static class DisclosureJson
{
    /// <summary>The accounting as a whole.</summary>
    public static object Of(
        string patient,
        DateTimeOffset from,
        DateTimeOffset until,
        DateTimeOffset made,
        IReadOnlyList<AccountedDisclosure> all
    ) =>
        new
        {
            patient,
            from,
            until,
            made,
            disclosures = all.Select(Of),
        };

    /// <summary>One of them.</summary>
    public static object Of(AccountedDisclosure one) =>
        new
        {
            date = one.When,
            recipient = one.Recipient,
            source = one.Source,
            what = one.What,
            records = one.Records,
            purpose = one.Purpose,
            purposeInWords = one.Purpose is null ? null : PlainWords.Purpose(one.Purpose),
            emergency = one.IsEmergency,
            told = one.IsTold,
            exempt = one.IsExempt,
            log = one.LogIndex,
        };
}
