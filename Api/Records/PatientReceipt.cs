using MedLedger.Api.Jobs;
using MedLedger.Api.Node;
using MedLedger.Api.Persistence;
using MedLedger.Consent.Access;
using MedLedger.Consent.Log;
using MedLedger.Consent.Receipts;
using MedLedger.Crypto.Fields;
using Microsoft.EntityFrameworkCore;

namespace MedLedger.Api.Records;

/// <summary>What a patient keeps: which consents stand, the grants that follow from them, and those that have ended.</summary>
internal sealed class PatientReceipt(Store store, LedgerChain chain, RecordGate gate, AuditTrail audit)
{
    /// <summary>The receipt as things stand, logged; null when there is no such patient.</summary>
    /// <param name="patient"><c>Patient/id</c>.</param>
    /// <param name="askedBy">Who asks: the patient, or who acts for them.</param>
    /// <param name="cancellation">Ends the reading.</param>
    public async Task<ConsentReceipt?> IssueAsync(string patient, string askedBy, CancellationToken cancellation)
    {
        var patientKey = store.Vault.PatientKey(patient);
        await using var context = store.CreateDbContext();
        var states = await new PatientStates(store.Vault, gate).LoadAsync(context, [patientKey], cancellation);
        if (states.GetValueOrDefault(patientKey) is not { Patient: not null, IsErased: false } state)
            return null;
        await chain.Follower.RefreshAsync(cancellation);
        var rows = await context
            .Set<GrantRow>()
            .AsNoTracking()
            .Where(g => g.PatientKey == patientKey)
            .OrderBy(g => g.GrantId)
            .ToListAsync(cancellation);
        PatientStates.AssertCertain(state);
        var givers = await GiversAsync(context, patientKey, cancellation);
        var terms = GrantIssuer.Compile(state.Directives, patient, store.Time.GetUtcNow());
        var receipt = new ConsentReceipt
        {
            Issued = store.Time.GetUtcNow(),
            Patient = patient,
            Consents =
            [
                .. state
                    .Directives.Where(directive => directive.IsActive)
                    .Select(directive => new ReceiptConsent(
                        directive.Reference ?? "",
                        directive.Version,
                        directive.Digest,
                        givers.GetValueOrDefault(directive.Reference ?? "")
                    )),
            ],
            TermsDigest = terms.TermsDigest,
            ChainId = chain.Deployment.ChainId,
            Registry = chain.Deployment.ConsentRegistry.ToString(),
            Granted = [.. rows.Where(row => !row.IsRevocationSigned).Select(row => Entry(row, row.GrantTransaction))],
            Revoked =
            [
                .. rows.Where(row => row.IsRevocationSigned).Select(row => Entry(row, row.RevocationTransaction)),
            ],
            NotCovered = terms.Report,
        };
        var issued = new AuditEvent
        {
            Action = AuditAction.Exported,
            Decision = AuditDecision.Permitted,
            Basis = PermitBasis.Subject,
            PatientKey = patientKey,
            Agent = askedBy,
            Patient = patient,
            Purpose = "PATRQT",
            Interaction = "consent-receipt",
            Entities = [.. receipt.Consents.Select(consent => consent.Reference)],
        };
        await audit.AppendAsync([issued], cancellation);
        return receipt;
    }

    /// <summary>The file with the operator's signature.</summary>
    public byte[] Sign(ConsentReceipt receipt) => SignedReceipt.Sign(receipt, audit.Key, audit.PrivateKey);

    // Who gave each Consent as it stands: the newest entry of the log that names it.
    private async Task<Dictionary<string, string>> GiversAsync(
        LedgerContext context,
        string patientKey,
        CancellationToken cancellation
    )
    {
        var rows = await context
            .Set<SealedAuditDetails>()
            .AsNoTracking()
            .Where(d => d.PatientKey == patientKey)
            .OrderBy(d => d.Index)
            .ToListAsync(cancellation);
        var (log, givers) = (new LogStore(context), new Dictionary<string, string>(StringComparer.Ordinal));
        foreach (var row in rows)
        {
            var bytes = await log.ReadEntryAsync(row.Index, cancellation);
            if (
                bytes is null
                || !AuditEntry.TryDecode(bytes, out var entry)
                || entry.Action != AuditAction.ConsentChanged
                || AuditDetails.Open(store.Vault, row, entry) is not { } details
            )
                continue;
            foreach (var consent in details.Entities)
                givers[consent] = details.Agent;
        }
        return givers;
    }

    private ReceiptEntry Entry(GrantRow row, string? transaction)
    {
        ulong? block = null;
        if (Fr.TryParseCanonical(row.Leaf, out var leaf) && chain.Follower.State.Grant(leaf, out _) is { } known)
            block = row.IsRevocationSigned ? Seen(known.RemovedBlock) : Seen(known.GrantedBlock);
        return new ReceiptEntry(
            row.Open(store.Vault)?.Grant,
            "0x" + Convert.ToHexStringLower(row.Leaf),
            transaction,
            block
        );
    }

    private static ulong? Seen(ulong block) => block == 0 ? null : block;
}
