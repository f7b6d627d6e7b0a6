namespace MedLedger.Consent.Log;

/// <summary>A disclosure as somebody told it: what an accounting of disclosures names (45 CFR 164.528(b)(2)).</summary>
/// <param name="Source">Who disclosed: a reference or a name.</param>
/// <param name="Recipient">Who received it: a reference or a name, with the address where it is known.</param>
/// <param name="What">What kind of data it was, in words.</param>
/// <param name="When">When it was disclosed.</param>
/// <param name="Consent"><c>Consent/id</c> that it rests on, as told; null when it rests on none.</param>
public sealed record ToldDisclosure(
    string Source,
    string Recipient,
    string What,
    DateTimeOffset When,
    string? Consent = null
);
