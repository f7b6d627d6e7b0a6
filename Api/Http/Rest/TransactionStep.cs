using MedLedger.Api.Fhir;
using MedLedger.Api.Identity;
using MedLedger.Api.Records;

namespace MedLedger.Api.Http.Rest;

/// <summary>One entry of a transaction that writes, on its way from what was asked to what is done.</summary>
internal sealed class TransactionStep(BundleEntry entry, int index) : IDisposable
{
    /// <summary>What was asked.</summary>
    public BundleEntry Entry { get; } = entry;

    /// <summary>The entry's place in the Bundle.</summary>
    public int Index { get; } = index;

    public string Type { get; set; } = "";

    /// <summary>The id that is written; empty until the condition is resolved.</summary>
    public string Id { get; set; } = "";

    /// <summary>The criteria of a conditional create, update or delete; null for none.</summary>
    public string? Criteria { get; set; }

    /// <summary>A conditional update that nothing matches: it creates.</summary>
    public bool IsNew { get; set; }

    /// <summary>What a conditional create found in its place.</summary>
    public ReadableRecord? Existing { get; set; }

    /// <summary>The entry with the same condition that makes what this conditional create finds.</summary>
    public TransactionStep? Maker { get; set; }

    public PreparedRecord? Record { get; set; }

    /// <summary>How to change what is there.</summary>
    public ResourcePatch? Patch { get; set; }

    /// <summary>What is changed or deleted.</summary>
    public ReadableRecord? Current { get; set; }

    public RecordChange? Change { get; set; }

    /// <summary>What became of the change.</summary>
    public ChangeResult? Result { get; set; }

    public string Reference => $"{Type}/{Id}";

    /// <summary>What the scopes have to allow.</summary>
    public ScopePermissions Permission =>
        Entry.Method switch
        {
            "POST" => ScopePermissions.Create,
            "DELETE" => ScopePermissions.Delete,
            "PATCH" => PatchApi.Needs,
            _ => IsNew ? ScopePermissions.Create : ScopePermissions.Update,
        };

    /// <summary>A problem with the entry's place in front.</summary>
    public Outcome At(Outcome problem) => problem.At($"entry[{Index}]");

    /// <inheritdoc/>
    public void Dispose()
    {
        Current?.Dispose();
        Existing?.Dispose();
    }
}
