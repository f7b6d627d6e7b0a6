namespace MedLedger.Analytics;

/// <summary>Which of the model's heads answer.</summary>
public enum FindingHead
{
    /// <summary>All heads, merged into what a clinician should see.</summary>
    All,

    /// <summary>Chemical and Disease, as in the BC5CDR corpus.</summary>
    Bc5cdr,

    /// <summary>Problem, Test, Treatment, Drug, Dosage, LabValue, Anatomy, as grouped from MACCROBAT.</summary>
    CaseReport,
}
