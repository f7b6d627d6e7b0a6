namespace MedLedger.Consent.Access;

/// <summary>A coded value: <c>Coding.system</c> and <c>Coding.code</c> (FHIR R4 datatypes).</summary>
public readonly record struct Coding(string? System, string Code);

/// <summary>
/// What the gate knows of one resource without opening it: the facts that consent rules speak of.
/// Absent facts stay absent; a rule that needs one cannot be evaluated then, and never becomes a permit.
/// </summary>
public sealed record ResourceFacts
{
    /// <summary><c>Type/id</c>.</summary>
    public required string Reference { get; init; }

    /// <summary>The FHIR resource type.</summary>
    public required string Type { get; init; }

    /// <summary>All codings found in the instance.</summary>
    public IReadOnlyList<Coding> Codes { get; init; } = [];

    /// <summary><c>meta.security</c>, with the labels derived on write.</summary>
    public IReadOnlyList<Coding> Labels { get; init; } = [];

    /// <summary>Why it has which label; empty for what was stored before that was kept.</summary>
    public IReadOnlyList<LabelGround> Grounds { get; init; } = [];

    /// <summary>The clinical date, a FHIR date or dateTime of any precision; null when unknown.</summary>
    public string? Date { get; init; }

    /// <summary>References to the authors; empty when unknown.</summary>
    public IReadOnlyList<string> Authors { get; init; } = [];

    /// <summary><c>Encounter/id</c>; null when the resource belongs to no encounter.</summary>
    public string? Encounter { get; init; }

    /// <summary>Every reference inside the resource; null when they were not collected.</summary>
    public IReadOnlyList<string>? RefersTo { get; init; }
}

/// <summary>What the software that asks was allowed to ask for (SMART App Launch 2.2: a scope with its launch context).</summary>
/// <param name="Type">A resource type; <c>*</c> for every type.</param>
/// <param name="Patient">
/// <c>Patient/id</c>: records of this patient's compartment alone, and what belongs to no patient; null for every patient.
/// </param>
public sealed record RequestScope(string Type, string? Patient)
{
    /// <summary>Whether it covers a record of this type in the compartment of this patient (null: the organization's).</summary>
    public bool Covers(string type, string? patient) =>
        (Type == "*" || string.Equals(Type, type, StringComparison.Ordinal))
        && (Patient is null || patient is null || string.Equals(Patient, patient, StringComparison.Ordinal));
}

/// <summary>One question to the gate: may this caller do this, for this purpose, with this resource, at this time?</summary>
public sealed record AccessRequest
{
    /// <summary><c>Patient/id</c>, the patient whose record it is (by storage ownership).</summary>
    public required string Patient { get; init; }

    /// <summary>The requester and everything they act as (Organization, Group, CareTeam, PractitionerRole, Device): a complete list of references.</summary>
    public required IReadOnlyList<string> Actors { get; init; }

    /// <summary>Bare role codes that the requester holds.</summary>
    public IReadOnlyList<string> Roles { get; init; } = [];

    /// <summary>Purpose of use: a bare v3-ActReason code, or <c>system|code</c>. Null when not stated: then nothing is permitted.</summary>
    public string? Purpose { get; init; }

    /// <summary>One of access, collect, use, disclose, correct (http://terminology.hl7.org/CodeSystem/consentaction).</summary>
    public string? Action { get; init; }

    /// <summary>The time of the request, with its zone, as a FHIR dateTime; never defaulted.</summary>
    public string? Time { get; init; }

    /// <summary>
    /// What the caller's software may ask for, beside what consents permit to the person; null when the person asks
    /// without such software. They narrow only; an empty list permits nothing.
    /// </summary>
    public IReadOnlyList<RequestScope>? Scopes { get; init; }

    /// <summary>The resource that is asked for; null makes every resource criterion unevaluable.</summary>
    public ResourceFacts? Resource { get; init; }
}
