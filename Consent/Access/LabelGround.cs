namespace MedLedger.Consent.Access;

/// <summary>Why a resource has a label: provenance that is sealed with it.</summary>
/// <param name="Code">The label's code.</param>
/// <param name="Source"><see cref="Given"/>, <see cref="Patient"/>, <see cref="Derived"/>, or the id of a rule.</param>
/// <param name="Version">The version of the rules; null where none decided.</param>
public sealed record LabelGround(string Code, string Source, string? Version = null)
{
    /// <summary>It came with the resource (<c>meta.security</c>).</summary>
    public const string Given = "given";

    /// <summary>The patient, or who acts for them, raised it.</summary>
    public const string Patient = "patient";

    /// <summary>The confidentiality that follows from a sensitivity.</summary>
    public const string Derived = "derived";
}
