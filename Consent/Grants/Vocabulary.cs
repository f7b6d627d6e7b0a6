using System.Collections.Frozen;
using System.Numerics;
using MedLedger.Consent.Access;
using MedLedger.Consent.Directives;

namespace MedLedger.Consent.Grants;

/// <summary>
/// The bit positions that grants, records and the circuit share (PROTOCOL, section 3). They are part of every commitment
/// ever made: positions are never moved and never used again.
/// </summary>
public static class Vocabulary
{
    /// <summary>The 148 resource types of FHIR R4 (http://hl7.org/fhir/resource-types, 4.0.1), bit i = type i.</summary>
    public static IReadOnlyList<string> ResourceTypes { get; } =
        (
            "Account ActivityDefinition AdverseEvent AllergyIntolerance Appointment AppointmentResponse"
            + " AuditEvent Basic Binary BiologicallyDerivedProduct BodyStructure Bundle CapabilityStatement CarePlan"
            + " CareTeam CatalogEntry ChargeItem ChargeItemDefinition Claim ClaimResponse ClinicalImpression"
            + " CodeSystem Communication CommunicationRequest CompartmentDefinition Composition ConceptMap Condition"
            + " Consent Contract Coverage CoverageEligibilityRequest CoverageEligibilityResponse DetectedIssue"
            + " Device DeviceDefinition DeviceMetric DeviceRequest DeviceUseStatement DiagnosticReport"
            + " DocumentManifest DocumentReference DomainResource EffectEvidenceSynthesis Encounter Endpoint"
            + " EnrollmentRequest EnrollmentResponse EpisodeOfCare EventDefinition Evidence EvidenceVariable"
            + " ExampleScenario ExplanationOfBenefit FamilyMemberHistory Flag Goal GraphDefinition Group"
            + " GuidanceResponse HealthcareService ImagingStudy Immunization ImmunizationEvaluation"
            + " ImmunizationRecommendation ImplementationGuide InsurancePlan Invoice Library Linkage List Location"
            + " Measure MeasureReport Media Medication MedicationAdministration MedicationDispense"
            + " MedicationKnowledge MedicationRequest MedicationStatement MedicinalProduct"
            + " MedicinalProductAuthorization MedicinalProductContraindication MedicinalProductIndication"
            + " MedicinalProductIngredient MedicinalProductInteraction MedicinalProductManufactured"
            + " MedicinalProductPackaged MedicinalProductPharmaceutical MedicinalProductUndesirableEffect"
            + " MessageDefinition MessageHeader MolecularSequence NamingSystem NutritionOrder Observation"
            + " ObservationDefinition OperationDefinition OperationOutcome Organization OrganizationAffiliation"
            + " Parameters Patient PaymentNotice PaymentReconciliation Person PlanDefinition Practitioner"
            + " PractitionerRole Procedure Provenance Questionnaire QuestionnaireResponse RelatedPerson RequestGroup"
            + " ResearchDefinition ResearchElementDefinition ResearchStudy ResearchSubject Resource RiskAssessment"
            + " RiskEvidenceSynthesis Schedule SearchParameter ServiceRequest Slot Specimen SpecimenDefinition"
            + " StructureDefinition StructureMap Subscription Substance SubstanceNucleicAcid SubstancePolymer"
            + " SubstanceProtein SubstanceReferenceInformation SubstanceSourceMaterial SubstanceSpecification"
            + " SupplyDelivery SupplyRequest Task TerminologyCapabilities TestReport TestScript ValueSet"
            + " VerificationResult VisionPrescription"
        ).Split(' ');

    /// <summary>
    /// Bits 0 to 23 of a record's labels: its confidentiality (exactly one of the first seven; the first when it has
    /// none), then sensitivities, where a few rare ones share a bit with a kindred one.
    /// </summary>
    public static IReadOnlyList<string> Labels { get; } =
        (
            "unlabelled U L M N R V HIV STD SEX SDV VIO GDIS SICKLE MH PSY PSYTHPN BH SUD ETH ETHUD OPIOIDUD TBOO SPI"
        ).Split(' ');

    /// <summary>The first of the eight bits that are the patient's own exception classes.</summary>
    public const int FirstExceptionBit = 24;

    /// <summary>v3-ActReason from PurposeOfUse downwards, in the order of the code system.</summary>
    public static IReadOnlyList<string> Purposes { get; } =
    [.. CodeSystems.Purposes.Codes.Where(code => CodeSystems.Purposes.Subsumes("PurposeOfUse", code))];

    /// <summary>http://terminology.hl7.org/CodeSystem/consentaction.</summary>
    public static IReadOnlyList<string> Actions { get; } = CodeSystems.Actions;

    /// <summary>What a model does with records; a class, not a model.</summary>
    public static IReadOnlyList<string> ModelClasses { get; } =
    ["text-extraction", "de-identification", "summarization", "coding", "risk-prediction", "image-analysis"];

    /// <summary>All bits that stand for a label, without exception classes.</summary>
    public const uint AllLabels = (1u << FirstExceptionBit) - 1;

    /// <summary>The bits of which a record has one (two when its confidentiality code is not known).</summary>
    internal const uint ConfidentialityMask = 0b111_1111;

    /// <summary>All resource types.</summary>
    public static BigInteger AllTypes { get; } = (BigInteger.One << ResourceTypes.Count) - 1;

    /// <summary>All purposes.</summary>
    public static ulong AllPurposes { get; } = (1UL << Purposes.Count) - 1;

    /// <summary>All actions.</summary>
    public const byte AllActions = 0b1_1111;

    private static readonly FrozenDictionary<string, int> TypeBits = Index(ResourceTypes);
    private static readonly FrozenDictionary<string, int> PurposeBits = Index(Purposes);
    private static readonly FrozenDictionary<string, int> LabelBits = Index(Labels);

    /// <summary>Sensitivities that share the bit of another.</summary>
    private static readonly FrozenDictionary<string, string> Shared = new Dictionary<string, string>(
        StringComparer.Ordinal
    )
    {
        ["MST"] = "SDV",
        ["SCA"] = "SICKLE",
        ["COGN"] = "BH",
        ["DVD"] = "BH",
        ["EMOTDIS"] = "BH",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    private const int FirstConfidentiality = 1;
    private const int HighestConfidentiality = 6;

    /// <summary>The position of a resource type; null when R4 has no such type.</summary>
    public static int? TypeBit(string type) => TypeBits.TryGetValue(type, out var bit) ? bit : null;

    /// <summary>The position of a purpose given as a bare code or with the v3-ActReason system; null for any other.</summary>
    public static int? PurposeBit(string? purpose)
    {
        const string prefix = CodeSystems.ActReason + "|";
        if (purpose is null)
            return null;
        var code = purpose.StartsWith(prefix, StringComparison.Ordinal) ? purpose[prefix.Length..] : purpose;
        return PurposeBits.TryGetValue(code, out var bit) ? bit : null;
    }

    /// <summary>Whether a purpose (v3-ActReason) is this one or below it; false when either is not known.</summary>
    public static bool IsPurposeWithin(string ancestor, string? purpose) =>
        purpose is not null && CodeSystems.Purposes.Subsumes(ancestor, purpose);

    /// <summary>The position of an action; null when it is none of the five.</summary>
    public static int? ActionBit(string? action)
    {
        var bit = Array.IndexOf(CodeSystems.Actions, action);
        return bit < 0 ? null : bit;
    }

    /// <summary>
    /// The 24 label bits of a record. A confidentiality code that is not known sets the lowest and the highest bit, so
    /// that no grant which looks at confidentiality covers the record.
    /// </summary>
    public static uint RecordLabels(IReadOnlyList<Coding> labels)
    {
        ArgumentNullException.ThrowIfNull(labels);
        var bits = 0u;
        var highest = -1;
        var unknown = false;
        foreach (var label in labels)
        {
            var rank = CodeSystems.ConfidentialityRank(label.Code);
            if (label.System == CodeSystems.Confidentiality && rank >= 0)
                highest = Math.Max(highest, rank);
            else if (label.System == CodeSystems.Confidentiality || (label.System is null && rank >= 0))
                unknown = true;
            else if (
                (label.System is null || label.System == CodeSystems.ActCode) && SensitivityBit(label.Code) is { } bit
            )
                bits |= 1u << bit;
        }
        if (unknown)
            return bits | 1u | (1u << HighestConfidentiality);
        return bits | (1u << (highest + FirstConfidentiality));
    }

    /// <summary>
    /// The day of a record as its leaf has it: days from 0001-01-01, which is day 1; 0 when the date is unknown, partial, or
    /// a moment that lies on another day in UTC than in its own zone.
    /// </summary>
    public static int RecordDay(string? date)
    {
        if (FhirInterval.Parse(date) is not { } value || value.End - value.Start > TimeSpan.TicksPerDay)
            return 0;
        var own = value.Start / TimeSpan.TicksPerDay;
        var utc = value.InUtc(0);
        var first = Math.DivRem(utc.Start, TimeSpan.TicksPerDay, out _);
        var last = Math.DivRem(utc.End - 1, TimeSpan.TicksPerDay, out _);
        return utc.Start < 0 || first != own || last != own ? 0 : (int)own + 1;
    }

    /// <summary>The bit of a sensitivity label of v3-ActCode; null when it has none.</summary>
    internal static int? SensitivityBit(string code)
    {
        if (Shared.TryGetValue(code, out var other))
            code = other;
        return LabelBits.TryGetValue(code, out var bit) && bit > HighestConfidentiality ? bit : null;
    }

    /// <summary>Whether a sensitivity label, or one below it, has no bit for itself alone.</summary>
    internal static bool SharesBit(string code) =>
        Shared.Any(pair => code == pair.Key || code == pair.Value || CodeSystems.LabelSubsumes(code, pair.Key));

    /// <summary>The bits of all sensitivities at or below a label, shared bits included; null when it has no bit.</summary>
    internal static uint? SensitivityBits(string code)
    {
        if (SensitivityBit(code) is null)
            return null;
        var bits = 0u;
        foreach (var label in Labels.Skip(HighestConfidentiality + 1).Concat(Shared.Keys))
        {
            if (CodeSystems.LabelSubsumes(code, label))
                bits |= 1u << SensitivityBit(label)!.Value;
        }
        return bits;
    }

    /// <summary>The confidentiality bits at or below a rank, or from it upwards.</summary>
    internal static uint ConfidentialityBits(int rank, bool upwards)
    {
        var upToRank = ((1u << (rank + 1)) - 1) << FirstConfidentiality;
        var all = ((1u << HighestConfidentiality) - 1) << FirstConfidentiality;
        return upwards ? all & ~(upToRank >> 1 & all) : upToRank;
    }

    private static FrozenDictionary<string, int> Index(IReadOnlyList<string> codes) =>
        codes
            .Select((code, bit) => (code, bit))
            .ToFrozenDictionary(pair => pair.code, pair => pair.bit, StringComparer.Ordinal);
}
