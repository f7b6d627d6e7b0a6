namespace MedLedger.Api.Integrity;

/// <summary>One damaged or missing thing. It is named by kind and opaque id; nothing of a record stands here.</summary>
/// <param name="Kind">What kind of thing: <c>record</c>, <c>segment</c>, <c>log</c> ...</param>
/// <param name="Id">Its key in the database.</param>
/// <param name="Problem">What is wrong.</param>
internal sealed record Finding(string Kind, string Id, string Problem)
{
    public override string ToString() => $"{Kind} {Id}: {Problem}";
}

/// <summary>What a check of a data folder came to.</summary>
/// <param name="Patients">Patients whose rows and keys were checked.</param>
/// <param name="Records">Record versions that were opened, or tried to.</param>
/// <param name="Entries">Entries of the log that were hashed.</param>
/// <param name="Findings">All that is damaged; none when all is well.</param>
internal sealed record IntegrityReport(int Patients, long Records, long Entries, IReadOnlyList<Finding> Findings);

/// <summary>The newest anchors that a chain has, read before the data are, so that these contain them.</summary>
/// <param name="LogSize">Entries of the newest anchored head; 0 when none is.</param>
/// <param name="LogRoot">Its root, 32 bytes.</param>
/// <param name="RecordRoot">The newest anchored record root; null when none is.</param>
internal sealed record ChainAnchors(long LogSize, byte[] LogRoot, byte[]? RecordRoot);
