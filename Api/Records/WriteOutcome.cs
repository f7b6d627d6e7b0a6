namespace MedLedger.Api.Records;

/// <summary>What became of a resource that was written.</summary>
internal enum WriteOutcome
{
    Created,
    Updated,

    /// <summary>Some version of the record has this content already.</summary>
    Unchanged,

    /// <summary>Refused; the reason stands beside it.</summary>
    Rejected,
}

/// <summary>Why something is written.</summary>
internal enum WriteReason
{
    /// <summary>An import: content that any version has had is nothing new.</summary>
    Import,

    /// <summary>A change: a new version, unless the newest one has this content.</summary>
    Change,

    /// <summary>The version that says that the record was deleted.</summary>
    Deletion,
}
