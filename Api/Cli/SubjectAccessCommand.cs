using System.CommandLine;
using MedLedger.Api.Records;

namespace MedLedger.Api.Cli;

/// <summary><c>subject-access --patient ID --out FILE</c>: all that article 15 of the GDPR gives a patient, in one file.</summary>
internal static class SubjectAccessCommand
{
    internal static Command Create() =>
        ExportCommand.Create(
            "subject-access",
            "Write what GDPR article 15 gives a patient, in one file.",
            "The JSON file to write.",
            (store, gate, audit) =>
                (patient, output, cancellation) =>
                    new SubjectAccess(store, gate, audit).WriteAsync(
                        patient,
                        "operator",
                        Requests.BySubject(patient, store.Time.GetUtcNow()),
                        output,
                        cancellation
                    )
        );
}
