using MedLedger.Api.Cli;

namespace MedLedger.Api.Records;

/// <summary>The words of an article 15 file; the letters are those of article 15(1).</summary>
internal static class SubjectAccessText
{
    /// <summary>Setting <c>controller</c>: name and contact of who is responsible.</summary>
    public static string Controller(Settings settings) =>
        settings.Value("controller") ?? "the operator of this server, who has not entered a name";

    /// <summary>(d): setting <c>retention</c>, else what the program does by itself.</summary>
    public static string StoragePeriod(Settings settings) =>
        settings.Value("retention")
        ?? "Records and their log are kept until they are erased. After an erasure, backups of the keys that can open them "
            + "are replaced within 30 days; entries of the log stay, as commitments that nobody can open any more.";

    /// <summary>(h): what is computed, how, and what follows from it.</summary>
    public static string Logic =>
        "A language model on this machine marks diseases, symptoms, tests and drugs in the texts of your records, says of "
        + "each whether it is affirmed, denied, possible, past or another person's, and suggests codes. It reads only "
        + "records for which you gave a consent, for each analysis anew, and a proof of that is published without saying "
        + "who or what. On write it may mark a text as sensitive, which only protects it more. The result is a draft for "
        + "the clinician who asked: nothing is decided about you by the program alone.";

    /// <summary>(e) and (f).</summary>
    public static IReadOnlyList<string> Rights { get; } =
    [
        "You may have wrong data corrected (article 16), and data erased (article 17) or restricted (article 18).",
        "You may end each consent at any time; what it permitted is refused from then on (article 7(3)).",
        "You may object (article 21) and take your data elsewhere: the member data is a FHIR R4 Bundle (article 20).",
        "You may complain to a supervisory authority, for instance where you live or work (article 77).",
    ];

    /// <summary>The file in a few sentences.</summary>
    public static IReadOnlyList<string> InPlainWords(int disclosures, int sources, int grants) =>
        [
            "This file has everything that this server knows about you.",
            $"Others were given something of it {disclosures} times; disclosures and recipients say whom, what and why.",
            $"It was written by {sources} people or programs, which source names; what no entry names came in by an import.",
            $"{grants} permissions of yours are in force; consents says in words what each allows.",
            "Records that are about other people too, and that they keep closed, are counted and not shown.",
            "The server sends nothing of it to another country, and to nobody whom disclosures does not name.",
        ];
}
