namespace MedLedger.Api.Identity;

/// <summary>The users of the sample patients. They have no password: the <c>token</c> command makes their tokens.</summary>
internal static class SampleUsers
{
    private static readonly (string Name, Role Role, string Reference, string[] Affiliations)[] All =
    [
        ("ingest1", Role.Ingest, "Device/ingest1", []),
        ("clinician1", Role.Clinician, "Practitioner/clinician1", []),
        ("clinician2", Role.Clinician, "Practitioner/clinician2", []),
        ("patient1", Role.Patient, "Patient/sample-a", []),
        ("compliance1", Role.Compliance, "Practitioner/compliance1", []),
        ("operator1", Role.Operator, "Practitioner/operator1", []),
    ];

    /// <summary>Makes those that are not there yet.</summary>
    public static async Task EnsureAsync(Accounts accounts, CancellationToken cancellation)
    {
        foreach (var (name, role, reference, affiliations) in All)
        {
            if (await accounts.FindAsync(name, cancellation) is null)
                await accounts.AddAsync(name, role, reference, affiliations, external: null, cancellation);
        }
    }
}
