using MedLedger.Consent.Chain.Contracts;
using MedLedger.Crypto.Fields;

namespace MedLedger.Consent.Chain.Following;

/// <summary>
/// Everything that our contracts have said up to one block, in memory. Blocks are applied whole and can be taken back,
/// newest first, as far as the reorganisation window reaches. Safe for concurrent reading while it is being followed.
/// </summary>
public sealed partial class ChainState
{
    /// <summary>Seconds after its publication in which an analysis must be verified (contracts: PROVEN_WITHIN).</summary>
    private const ulong ProvenWithin = 86_400;

    private readonly Lock _lock = new();
    private readonly Dictionary<Fr, GrantOnChain> _grants = [];
    private readonly Dictionary<Fr, ModelOnChain> _models = [];
    private readonly Dictionary<Fr, AnalysisOnChain> _analyses = [];
    private readonly List<Fr> _positions = [];
    private readonly HashSet<Fr> _pending = [];
    private readonly List<AnchoredHead> _heads = [];
    private readonly LazyTree _consentTree = new(ConsentRegistry.Depth);
    private readonly RootHistory[] _roots = [new(), new(), new(), new()];
    private ChainHead? _head;

    /// <summary>The block of this state; null before the first.</summary>
    public ChainHead? Head
    {
        get
        {
            lock (_lock)
                return _head;
        }
    }

    /// <summary>Seconds for which a reservation holds, as the ledger was told.</summary>
    public ulong ReservationPeriod { get; internal set; }

    /// <summary>Positions used in the consent tree.</summary>
    public int GrantCount
    {
        get
        {
            lock (_lock)
                return _positions.Count;
        }
    }

    /// <summary>Revocations that are not applied to the tree yet; while there are any, nothing can be granted or reserved.</summary>
    public int PendingRevocations
    {
        get
        {
            lock (_lock)
                return _pending.Count;
        }
    }

    /// <summary>What the chain says of a grant, and at which block; null when it was never seen.</summary>
    public GrantOnChain? Grant(Fr leaf, out ChainHead? head)
    {
        lock (_lock)
        {
            head = _head;
            return _grants.GetValueOrDefault(leaf);
        }
    }

    /// <summary>What the chain says of an analysis; null when its nullifier is free.</summary>
    public AnalysisOnChain? Analysis(Fr nullifier)
    {
        lock (_lock)
            return _analyses.GetValueOrDefault(nullifier);
    }

    /// <summary>All analyses, in no order.</summary>
    public IReadOnlyList<AnalysisOnChain> Analyses()
    {
        lock (_lock)
            return [.. _analyses.Values];
    }

    /// <summary>The status with what follows from the time: expired reservations, publications that nobody verified.</summary>
    public LedgerStatus StatusOf(AnalysisOnChain analysis)
    {
        var now = (ulong)(Head?.Time.ToUnixTimeSeconds() ?? 0);
        return analysis.Status switch
        {
            LedgerStatus.Reserved when now > analysis.ReservedAt + ReservationPeriod => LedgerStatus.Expired,
            LedgerStatus.Published when now > analysis.PublishedAt + ProvenWithin => LedgerStatus.Unproven,
            _ => analysis.Status,
        };
    }

    /// <summary>Anchored heads of the audit log, oldest first.</summary>
    public IReadOnlyList<AnchoredHead> AuditHeads()
    {
        lock (_lock)
            return [.. _heads];
    }

    /// <summary>The newest root of a contract, valid or not; null before the first.</summary>
    public Fr? NewestRoot(RootKind kind)
    {
        lock (_lock)
            return _roots[(int)kind].Newest;
    }

    /// <summary>The appearance of a root that was valid at a moment (Unix seconds); null when it was not.</summary>
    public uint? ValidAt(RootKind kind, Fr root, ulong time)
    {
        lock (_lock)
            return _roots[(int)kind].ValidAt(root, time);
    }

    /// <summary>
    /// The way from a grant to the consent root as it stood at the end of a block; null when the grant was not in the
    /// tree there, or the root was not valid (a revocation was pending). The newest block is cheap, an earlier one
    /// costs a hash for every grant.
    /// </summary>
    public RootedPath? ConsentPath(Fr leaf, ulong block, ulong time)
    {
        lock (_lock)
        {
            if (_head is null || block > _head.Number)
                return null;
            if (!_grants.TryGetValue(leaf, out var grant) || !WasInTree(grant, block))
                return null;
            var tree = TreeAt(block);
            return Rooted(RootKind.Consent, tree.Root(), time, grant.Index, () => tree.Path(grant.Index));
        }
    }

    /// <summary>The way from a model to the model root as it stood at the end of a block; null when it was not approved there.</summary>
    public RootedPath? ModelPath(Fr model, ulong block, ulong time)
    {
        lock (_lock)
        {
            if (!_models.TryGetValue(model, out var entry) || !WasApproved(entry, block))
                return null;
            var tree = new LazyTree(ModelRegistry.Depth);
            foreach (var (leaf, other) in _models)
                if (WasApproved(other, block))
                    tree.Set(other.Index, leaf);
            return Rooted(RootKind.Model, tree.Root(), time, entry.Index, () => tree.Path(entry.Index));
        }
    }

    /// <summary>Revoked grants that still stand in the tree with the paths that take them out one after the other.</summary>
    public IReadOnlyList<(Fr Leaf, IReadOnlyList<Fr> Path)> PendingRemovals(int most = 16)
    {
        lock (_lock)
        {
            var waiting = _pending.OrderBy(leaf => _grants[leaf].Index).Take(most).ToList();
            var removals = new List<(Fr, IReadOnlyList<Fr>)>();
            foreach (var leaf in waiting)
            {
                removals.Add((leaf, _consentTree.Path(_grants[leaf].Index)));
                _consentTree.Set(_grants[leaf].Index, Fr.Zero);
            }
            foreach (var leaf in waiting)
                _consentTree.Set(_grants[leaf].Index, leaf);
            return removals;
        }
    }

    /// <summary>The siblings of a grant in the tree as it is now, for <c>revokeAndApply</c>; null when it is not in it.</summary>
    public IReadOnlyList<Fr>? CurrentPath(Fr leaf)
    {
        lock (_lock)
            return _grants.TryGetValue(leaf, out var grant) && grant.State is LeafState.Live or LeafState.Pending
                ? _consentTree.Path(grant!.Index)
                : null;
    }

    private RootedPath? Rooted(RootKind kind, Fr root, ulong time, int index, Func<IReadOnlyList<Fr>> path) =>
        _roots[(int)kind].ValidAt(root, time) is { } appearance
            ? new RootedPath(root, appearance, index, path())
            : null;

    private LazyTree TreeAt(ulong block)
    {
        var changed = _grants.Values.Any(grant =>
            grant.GrantedBlock > block || (grant.RemovedBlock > block && grant.State == LeafState.Removed)
        );
        if (!changed)
            return _consentTree;
        var tree = new LazyTree(ConsentRegistry.Depth);
        for (var i = 0; i < _positions.Count; i++)
            if (WasInTree(_grants[_positions[i]], block))
                tree.Set(i, _positions[i]);
        return tree;
    }

    private static bool WasInTree(GrantOnChain grant, ulong block) =>
        grant.State is not (LeafState.Unknown or LeafState.Barred)
        && grant.GrantedBlock <= block
        && (grant.State != LeafState.Removed || grant.RemovedBlock > block);

    private static bool WasApproved(ModelOnChain model, ulong block) =>
        model.EnactedBlock <= block && (model.WithdrawnBlock == 0 || model.WithdrawnBlock > block);
}
