namespace MedLedger.Consent.Evidence;

/// <summary>The checks of <see cref="EvidenceVerifier"/> in the order in which they are made. The names are shown, and never renamed.</summary>
public enum EvidenceCheck
{
    /// <summary>The file is an evidence file in its one form.</summary>
    Format,

    /// <summary>The log's key signed all of it.</summary>
    Signature,

    /// <summary>It is about the chain, contracts, log and authority that the trust file names.</summary>
    Trust,

    /// <summary>Verifying key, circuit version and ceremony are those that this program was built with.</summary>
    VerifyingKey,

    /// <summary>Parts, custody, times and hashes fit each other.</summary>
    Statement,

    /// <summary>Each part's Groth16 proof holds for its eleven signals.</summary>
    Proof,

    /// <summary>The authority signed the enrolment root.</summary>
    Enrolment,

    /// <summary>The log's key signed the checkpoint.</summary>
    Checkpoint,

    /// <summary>Each receipt's entry stands under the checkpoint.</summary>
    Inclusion,

    /// <summary>The entries say what the statement says: permitted before reserved, and published.</summary>
    Entries,

    /// <summary>The log only appended between the checkpoint and the anchored head.</summary>
    Consistency,

    /// <summary>The chain has the analysis, the windows of its roots and the anchor.</summary>
    Chain,

    /// <summary>The openings open with the compliance key, for this file.</summary>
    Openings,

    /// <summary>They open Q: a request that its grantee signed, for this purpose, action and model.</summary>
    OpenedRequest,

    /// <summary>They open P: the patient under the statement's enrolment and record roots.</summary>
    OpenedPatient,

    /// <summary>They open O of each part: records of that patient, each once.</summary>
    OpenedResult,
}

/// <summary>What was checked about the chain.</summary>
public enum ChainEvidence
{
    /// <summary>Nothing was read from the chain.</summary>
    NotChecked,

    /// <summary>It was read, and agrees.</summary>
    Checked,

    /// <summary>Nothing was read, and the chain is the operator's own node: then it is the operator's word.</summary>
    Local,
}

/// <summary>The verifier's answer.</summary>
public sealed record EvidenceReport
{
    /// <summary>The first check that failed; null when all passed.</summary>
    public EvidenceCheck? Failed { get; init; }

    /// <summary>Checks that passed, in order.</summary>
    public required IReadOnlyList<EvidenceCheck> Passed { get; init; }

    /// <summary>Whether keys and contracts were those of a trust file.</summary>
    public bool Pinned { get; init; }

    /// <summary>What is known of the chain.</summary>
    public ChainEvidence Chain { get; init; }

    /// <summary>The file, once its form is right.</summary>
    public EvidenceFile? Evidence { get; init; }

    /// <summary>Nothing failed.</summary>
    public bool IsGood => Failed is null;

    /// <summary><c>valid</c> with a trust file, <c>consistent</c> without one, else the failed check.</summary>
    public string Verdict =>
        Failed is { } failed ? Name(failed)
        : Pinned ? "valid"
        : "consistent";

    /// <summary>A check's name as it is shown.</summary>
    public static string Name(EvidenceCheck check)
    {
        var name = check.ToString();
        return char.ToLowerInvariant(name[0]) + name[1..];
    }
}
