using System.CommandLine;
using MedLedger.Api.Fhir;

namespace MedLedger.Api.Cli;

/// <summary>A patient as typed: <c>id</c> or <c>Patient/id</c>.</summary>
internal static class PatientOption
{
    /// <summary>The option <c>--patient</c>, which is required.</summary>
    public static Option<string> Create() =>
        new("--patient")
        {
            Description = "The patient's FHIR id, or Patient/id.",
            HelpName = "ID",
            Required = true,
        };

    /// <summary><c>Patient/id</c>; anything that is no FHIR id is a usage error.</summary>
    public static string ToReference(string typed)
    {
        var id = typed.StartsWith("Patient/", StringComparison.Ordinal) ? typed["Patient/".Length..] : typed;
        return LiteralReference.IsId(id)
            ? $"Patient/{id}"
            : throw CommandFailure.Usage("A patient is given by the FHIR id of the Patient resource.");
    }
}
