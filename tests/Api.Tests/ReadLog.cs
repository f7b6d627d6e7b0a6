using MedLedger.Api.Persistence;
using MedLedger.Consent.Log;
using Microsoft.EntityFrameworkCore;

namespace MedLedger.Api.Tests;

/// <summary>The entries of a log whose details can be opened, oldest first.</summary>
internal static class ReadLog
{
    public static async Task<IReadOnlyList<(AuditEntry Entry, AuditDetails Details)>> OfAsync(Store store)
    {
        await using var context = store.CreateDbContext();
        var read = new List<(AuditEntry, AuditDetails)>();
        var details = await context.Set<SealedAuditDetails>().ToDictionaryAsync(d => d.Index);
        foreach (var row in await context.Set<LogEntryRow>().OrderBy(e => e.Index).ToListAsync())
        {
            Assert.True(AuditEntry.TryDecode(row.Entry, out var entry));
            if (details.TryGetValue(row.Index, out var own))
                read.Add((entry, Assert.IsType<AuditDetails>(AuditDetails.Open(store.Vault, own, entry))));
        }
        return read;
    }
}
