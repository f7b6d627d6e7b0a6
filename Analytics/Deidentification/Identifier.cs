using System.Text.Json.Serialization;
using MedLedger.Analytics.Text;

namespace MedLedger.Analytics.Deidentification;

/// <summary>The kinds of identifiers of HIPAA's Safe Harbor, 45 CFR 164.514(b)(2)(i).</summary>
[JsonConverter(typeof(JsonStringEnumConverter<IdentifierKind>))]
public enum IdentifierKind
{
    /// <summary>(A) Names.</summary>
    Name,

    /// <summary>(B) Geographic subdivisions smaller than a state, and facilities.</summary>
    Place,

    /// <summary>(C) Elements of dates, except the year alone.</summary>
    Date,

    /// <summary>(C) Ages over 89.</summary>
    Age,

    /// <summary>(D) Telephone numbers.</summary>
    Phone,

    /// <summary>(E) Fax numbers.</summary>
    Fax,

    /// <summary>(F) Electronic mail addresses.</summary>
    Email,

    /// <summary>(G) Social security numbers.</summary>
    Ssn,

    /// <summary>(H) Medical record numbers.</summary>
    Mrn,

    /// <summary>(I) Health plan beneficiary numbers.</summary>
    Plan,

    /// <summary>(J) Account numbers.</summary>
    Account,

    /// <summary>(K) Certificate and license numbers.</summary>
    Licence,

    /// <summary>(L) Vehicle identifiers and plates.</summary>
    Vehicle,

    /// <summary>(M) Device identifiers and serial numbers.</summary>
    Device,

    /// <summary>(N) URLs.</summary>
    Url,

    /// <summary>(O) IP addresses.</summary>
    Ip,

    /// <summary>(P) Biometric identifiers.</summary>
    Biometric,

    /// <summary>(Q) Photographs.</summary>
    Photo,

    /// <summary>(R) Any other identifying number, characteristic or code.</summary>
    Other,
}

/// <summary>One identifier in a text.</summary>
/// <param name="Kind">Its kind.</param>
/// <param name="Text">The words.</param>
/// <param name="Span">Where they stand, in UTF-16 code units.</param>
public sealed record Identifier(IdentifierKind Kind, string Text, TextSpan Span)
{
    /// <summary>The kind as the command line writes it.</summary>
    public string KindName => Kind.ToString().ToLowerInvariant();
}
