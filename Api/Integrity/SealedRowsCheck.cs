using System.Globalization;
using MedLedger.Api.Jobs;
using MedLedger.Api.Keys;
using MedLedger.Api.Persistence;
using MedLedger.Api.Records;
using MedLedger.Consent.Delegations;
using MedLedger.Consent.Grants;
using Microsoft.EntityFrameworkCore;

namespace MedLedger.Api.Integrity;

/// <summary>Opens everything else that is sealed: grants, delegations, classes, jobs, transactions, grantees.</summary>
internal sealed class SealedRowsCheck(
    Store store,
    LedgerContext context,
    IReadOnlySet<string> erased,
    Action<Finding> found
)
{
    private const string Closed = "does not open";

    public async Task RunAsync(CancellationToken cancellation)
    {
        foreach (var grant in await context.Set<GrantRow>().AsNoTracking().ToListAsync(cancellation))
        {
            if (grant.Capsule.Length == 0 || erased.Contains(grant.PatientKey))
                continue;
            if (grant.Open(store.Vault) is not { } capsule)
                found(new("grant", grant.GrantId, Closed));
            else if (!capsule.Commitment.Leaf.ToBytes().AsSpan().SequenceEqual(grant.Leaf))
                found(new("grant", grant.GrantId, "is not the one of its leaf"));
        }
        foreach (var one in await context.Set<DelegationRow>().AsNoTracking().ToListAsync(cancellation))
        {
            if (
                !erased.Contains(one.PatientKey)
                && SealedDelegation.Open(store.Vault, one.PatientKey, one.Id, one.Content) is null
            )
                found(new("delegation", one.Id, Closed));
        }
        foreach (var one in await context.Set<ConsentStateRow>().AsNoTracking().ToListAsync(cancellation))
        {
            if (
                !erased.Contains(one.PatientKey)
                && ExceptionClasses.Open(store.Vault, one.PatientKey, one.Classes) is null
            )
                found(new("consentState", one.PatientKey, Closed));
        }
        foreach (var job in await context.Set<AnalysisRow>().AsNoTracking().ToListAsync(cancellation))
        {
            if (job.Content.Length > 0 && AnalysisContent.Open(store.Custody, job.Id, job.Content) is null)
                found(new("analysis", job.Id, Closed));
        }
        foreach (var one in await context.Set<GranteeRow>().AsNoTracking().ToListAsync(cancellation))
        {
            if (!GranteeDirectory.Opens(store.Custody, one))
                found(new("grantee", one.GranteeKey, Closed));
        }
        await TransactionsAsync(cancellation);
    }

    private async Task TransactionsAsync(CancellationToken cancellation)
    {
        var rows = context.Transactions.AsNoTracking().OrderBy(t => t.Number).AsAsyncEnumerable();
        await foreach (var row in rows.WithCancellation(cancellation))
        {
            if (!store.Journal.Opens(row))
                found(
                    new(
                        "transaction",
                        row.Number.ToString(CultureInfo.InvariantCulture),
                        "does not open, or to another one"
                    )
                );
        }
    }
}
