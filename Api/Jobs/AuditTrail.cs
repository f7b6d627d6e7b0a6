using System.Collections.Concurrent;
using MedLedger.Api.Persistence;
using MedLedger.Consent.Access;
using MedLedger.Consent.Chain;
using MedLedger.Consent.Log;
using MedLedger.Crypto.Log;
using Microsoft.EntityFrameworkCore;

namespace MedLedger.Api.Jobs;

/// <summary>Something to log: the public entry, and the details that only the patient and the compliance role read.</summary>
internal sealed record AuditEvent
{
    public required AuditAction Action { get; init; }

    public AuditDecision Decision { get; init; }

    public DenyReason? Reason { get; init; }

    public PermitBasis? Basis { get; init; }

    /// <summary>U, G or M, where that is public on the chain anyway.</summary>
    public Bytes32 Subject { get; init; }

    /// <summary>A root or the hash of a transaction.</summary>
    public Bytes32 Root { get; init; }

    /// <summary>The compartment whose key seals the details; the organization's when no patient is concerned.</summary>
    public required string PatientKey { get; init; }

    /// <summary>Reference of the caller.</summary>
    public required string Agent { get; init; }

    public string? Patient { get; init; }

    public string? Purpose { get; init; }

    public string? Interaction { get; init; }

    public IReadOnlyList<string> Entities { get; init; } = [];

    public string? Note { get; init; }

    /// <summary>What somebody told of a disclosure.</summary>
    public ToldDisclosure? Disclosure { get; init; }
}

/// <summary>
/// The audit log of a data folder. What is logged and what it is about become durable in one database transaction, under
/// a signed head, before anything leaves.
/// </summary>
internal sealed class AuditTrail : IDisposable
{
    private readonly Store _store;
    private readonly Ed25519PrivateKey _privateKey;
    private readonly SemaphoreSlim _one = new(1);
    private readonly LogEdge _edge = new();
    private readonly ConcurrentQueue<Waiting> _waiting = new();
    private bool _isAppending;

    public AuditTrail(Store store)
    {
        _store = store;
        using var secret = store.Custody.OpenOperatorKey("log");
        _privateKey = Ed25519PrivateKey.FromSecret(secret);
        // What concerns no patient is sealed for the organization: its key is there before the first entry.
        store.Vault.TryCreateCompartment(store.Vault.OrganizationKey);
        Origin = OriginOf(store);
        Key = new NoteKey(Origin, _privateKey.PublicKey);
    }

    /// <summary>What verifies the checkpoints of a data folder's log.</summary>
    public static NoteKey KeyOf(Store store)
    {
        using var secret = store.Custody.OpenOperatorKey("log");
        using var privateKey = Ed25519PrivateKey.FromSecret(secret);
        return new NoteKey(OriginOf(store), privateKey.PublicKey);
    }

    private static string OriginOf(Store store) => "medledger.example/log/" + store.Folder.Id;

    /// <summary>The log's name in every checkpoint.</summary>
    public string Origin { get; }

    /// <summary>What verifies its checkpoints.</summary>
    public NoteKey Key { get; }

    /// <summary>The log's signing key, for evidence.</summary>
    public Ed25519PrivateKey PrivateKey => _privateKey;

    /// <summary>Knows the compartments that details are sealed for.</summary>
    public MedLedger.Consent.Vault.RecordVault Vault => _store.Vault;

    /// <summary>
    /// Logs events on their own; answers the index of the first. Whoever comes while another append is on its way to the
    /// disk goes with the next one together: one signed head and one commit for all that waited, and nobody's thread waits
    /// but that of who commits. What was asked for is logged also when its asker has gone meanwhile.
    /// </summary>
    public async Task<long> AppendAsync(IReadOnlyList<AuditEvent> events, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        var mine = new Waiting(Stage(events));
        _waiting.Enqueue(mine);
        if (!Interlocked.Exchange(ref _isAppending, true))
            await AppendWaitingAsync();
        return await mine.Index.Task;
    }

    /// <summary>Logs events together with what the context holds: <paramref name="commit"/> makes all of it durable, or nothing.</summary>
    public Task<long> AppendAsync(
        LedgerContext context,
        IReadOnlyList<AuditEvent> events,
        Func<Task> commit,
        CancellationToken cancellation
    ) => AppendAsync(context, events, _ => commit(), cancellation);

    /// <summary>
    /// The same; <paramref name="commit"/> is told the index of the first entry, to store it with the rest.
    /// </summary>
    public async Task<long> AppendAsync(
        LedgerContext context,
        IReadOnlyList<AuditEvent> events,
        Func<long, Task> commit,
        CancellationToken cancellation
    )
    {
        var staged = Stage(events);
        await _one.WaitAsync(cancellation);
        try
        {
            // From the look at the head to the commit no other process writes: commands append beside a server.
            await using var transaction = context.Database.CurrentTransaction is null
                ? await context.Database.BeginTransactionAsync(cancellation)
                : null;
            var index = await PutAsync(context, [staged], cancellation);
            await commit(index);
            if (transaction is not null)
                await transaction.CommitAsync(cancellation);
            return index;
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>The receipt of an entry against the newest head.</summary>
    public async Task<LogReceipt?> ReceiptAsync(long index, CancellationToken cancellation)
    {
        await using var context = _store.CreateDbContext();
        return await Log(context).ReceiptAsync(index, cancellation);
    }

    /// <summary>The log, for reading, through a context.</summary>
    public AuditLog Log(LedgerContext context) => new(new LogStore(context), Key, _privateKey);

    /// <summary>The newest checkpoint; null when nothing was logged yet.</summary>
    public async Task<(LogHead Head, Checkpoint Checkpoint)?> HeadAsync(CancellationToken cancellation)
    {
        await using var context = _store.CreateDbContext();
        var head = await new LogStore(context).ReadHeadAsync(cancellation);
        if (head is null)
            return null;
        return Checkpoint.TryVerify(head.Note, Key, out var checkpoint)
            ? (head, checkpoint)
            : throw new InvalidDataException("The stored head of the log was not signed by its key.");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _privateKey.Dispose();
        _one.Dispose();
    }

    private StagedEvents Stage(IReadOnlyList<AuditEvent> events) => new(_store.Vault, events, _store.Time.GetUtcNow());

    // One batch, then the next to who waits: nobody's answer is held up by those who came later.
    private async Task AppendWaitingAsync()
    {
        // Nobody's cancellation ends the append of the others.
        await _one.WaitAsync(CancellationToken.None);
        var batch = new List<Waiting>();
        try
        {
            while (_waiting.TryDequeue(out var one))
                batch.Add(one);
            await using var context = _store.CreateDbContext();
            // From the look at the head to the commit no other process writes: commands append beside a server.
            using var transaction = context.BeginPlain();
            var index = await PutAsync(context, batch.ConvertAll(one => one.Events), CancellationToken.None);
            transaction.Commit();
            foreach (var one in batch)
            {
                one.Index.SetResult(index);
                index += one.Events.Entries.Count;
            }
        }
        catch (Exception failure)
        {
            foreach (var one in batch)
                one.Index.TrySetException(failure);
        }
        finally
        {
            _one.Release();
            Interlocked.Exchange(ref _isAppending, false);
            if (!_waiting.IsEmpty && !Interlocked.Exchange(ref _isAppending, true))
                ThreadPool.UnsafeQueueUserWorkItem(static trail => _ = trail.AppendWaitingAsync(), this, false);
        }
    }

    // In the transaction that is open.
    private async Task<long> PutAsync(
        LedgerContext context,
        IReadOnlyList<StagedEvents> staged,
        CancellationToken cancellation
    )
    {
        foreach (var one in staged)
            one.Refresh();
        var store = new LogStore(context);
        var entries = staged.SelectMany(one => one.Entries).ToList();
        var append = await new AuditLog(store, Key, _privateKey, _edge).AppendAsync(entries, cancellation);
        var index = append.FirstIndex;
        foreach (var one in staged)
        {
            store.Append(one.Details(index));
            index += one.Entries.Count;
        }
        return append.FirstIndex;
    }

    /// <summary>Events that wait for their append.</summary>
    private sealed record Waiting(StagedEvents Events)
    {
        public TaskCompletionSource<long> Index { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
