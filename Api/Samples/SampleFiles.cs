namespace MedLedger.Api.Samples;

/// <summary>
/// The synthetic patients that the program carries with it: one collection Bundle each, the organizations and clinicians
/// they name, and a Consent for all but the last.
/// </summary>
internal static class SampleFiles
{
    /// <summary>The clinician whom the sample consents name.</summary>
    public const string PermittedClinician = "Practitioner/clinician1";

    /// <summary>A clinician whom no sample consent names.</summary>
    public const string OutsideClinician = "Practitioner/clinician2";

    /// <summary>File names of the patients' Bundles, in order; the last patient has given no consent.</summary>
    public static IReadOnlyList<string> Patients { get; } =
    ["patient-a.json", "patient-b.json", "patient-c.json", "patient-d.json"];

    /// <summary>File name of the Bundle of organizations and clinicians.</summary>
    public const string Organizations = "organizations.json";

    /// <summary><c>Patient/id</c> of a patient's Bundle.</summary>
    public static string PatientOf(string bundle) => $"Patient/sample-{bundle["patient-".Length..^".json".Length]}";

    /// <summary>The bytes of a sample Bundle.</summary>
    /// <exception cref="ArgumentException">There is no sample of that name.</exception>
    public static byte[] Read(string name) =>
        Open(name) ?? throw new ArgumentException("No such sample.", nameof(name));

    /// <summary>The Consent of the patient of a Bundle; null when there is none.</summary>
    public static byte[]? ReadConsentFor(string bundle) =>
        Open("Consents/" + bundle.Replace("patient-", "consent-", StringComparison.Ordinal));

    /// <summary>The Consent of a sample patient (<c>Patient/id</c>); null when there is none.</summary>
    public static byte[]? ReadConsentOf(string patient) =>
        Patients.FirstOrDefault(bundle => PatientOf(bundle) == patient) is { } bundle ? ReadConsentFor(bundle) : null;

    private static byte[]? Open(string name)
    {
        using var stream = typeof(SampleFiles).Assembly.GetManifestResourceStream("samples/" + name);
        if (stream is null)
            return null;
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}
