using System.Collections.Concurrent;
using MedLedger.Api.Node;
using MedLedger.Api.Persistence;
using MedLedger.Consent.Access;
using MedLedger.Consent.Chain.Contracts;
using MedLedger.Consent.Grants;
using MedLedger.Consent.Vault;
using MedLedger.Crypto.Fields;
using Microsoft.Data.Sqlite;

namespace MedLedger.Api.Records;

/// <summary>
/// The grants of patients as the gate takes them, which needs no secret of a grant: the terms of a capsule that was opened
/// and verified once hold as long as the row has the same bytes. Rows are read, and the chain is asked, each time; that the
/// patient's keys are there is the caller's to see (<see cref="PatientStates"/>).
/// </summary>
internal sealed class CommittedGrants(RecordVault vault, LedgerChain chain)
{
    private const int MostTerms = 10_000;
    private const string OfPatient = """
        SELECT g.GrantId, g.Capsule, g.IsRevocationSigned,
            (SELECT COUNT(*) FROM analyses a WHERE a.GrantId = g.GrantId AND a.Slot IS NOT NULL)
        FROM grants g WHERE g.PatientKey = $0
        """;

    private readonly ConcurrentDictionary<string, Terms> _terms = new(StringComparer.Ordinal);

    /// <summary>The grants of a patient that have not ended here, with the state that the chain gives them now.</summary>
    public IReadOnlyList<CommittedGrant> Of(LedgerContext context, string patientKey)
    {
        var rows = Query.Rows(context, OfPatient, Row, patientKey);
        var grants = new List<CommittedGrant>(rows.Count);
        foreach (var row in rows)
        {
            if (TermsOf(patientKey, row) is not { } terms)
                continue;
            var state = StateOf(row.IsRevocationSigned, terms.Leaf, chain);
            grants.Add(new CommittedGrant(terms.Grant, terms.Leaf, state, terms.Grant.MaxUses - row.Uses));
        }
        return grants;
    }

    /// <summary>Where a grant stands: its signed end counts here at once, whatever the chain says.</summary>
    public static GrantState StateOf(bool isRevocationSigned, Fr leaf, LedgerChain chain) =>
        (isRevocationSigned, chain.Follower.State.Grant(leaf, out _)?.State ?? LeafState.Unknown) switch
        {
            (_, LeafState.Pending or LeafState.Removed or LeafState.Barred) => GrantState.Revoked,
            (true, _) => GrantState.RevocationSigned,
            (_, LeafState.Live) => GrantState.Active,
            _ => GrantState.Pending,
        };

    private Terms? TermsOf(string patientKey, StoredGrant row)
    {
        if (_terms.TryGetValue(row.GrantId, out var known) && known.Capsule.AsSpan().SequenceEqual(row.Capsule))
            return known;
        if (GrantRow.Open(vault, row.GrantId, patientKey, row.Capsule) is not { } capsule)
            return null;
        if (_terms.Count >= MostTerms)
            _terms.Clear();
        return _terms[row.GrantId] = new Terms(row.Capsule, capsule.Grant, capsule.Commitment.Leaf);
    }

    private static StoredGrant Row(SqliteDataReader row) =>
        new(row.GetString(0), row.Bytes(1), row.GetBoolean(2), row.GetInt32(3));

    private sealed record StoredGrant(string GrantId, byte[] Capsule, bool IsRevocationSigned, int Uses);

    private sealed record Terms(byte[] Capsule, Grant Grant, Fr Leaf);
}
