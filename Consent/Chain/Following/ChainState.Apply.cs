using MedLedger.Consent.Chain.Abi;
using MedLedger.Consent.Chain.Contracts;
using MedLedger.Consent.Chain.Rpc;
using MedLedger.Crypto.Ethereum;
using MedLedger.Crypto.Fields;

namespace MedLedger.Consent.Chain.Following;

/// <content>How events change the state, and how a block is taken back.</content>
public sealed partial class ChainState
{
    private readonly Stack<Action> _undo = new();
    private readonly LinkedList<(ChainHead Head, int Undo)> _recent = [];
    private bool _remember;

    /// <summary>Blocks that can be taken back, newest first: number and hash.</summary>
    internal IEnumerable<ChainHead> Recent
    {
        get
        {
            lock (_lock)
                return [.. _recent.Select(block => block.Head)];
        }
    }

    /// <summary>Applies the logs of many blocks at once that lie too deep to be reorganised.</summary>
    internal void ApplyDeep(IEnumerable<ChainEvent> events)
    {
        lock (_lock)
        {
            _remember = false;
            foreach (var happened in events)
                Apply(happened);
        }
    }

    /// <summary>Applies one block, and remembers how to take it back.</summary>
    internal void ApplyBlock(ChainHead head, IEnumerable<ChainEvent> events, int window)
    {
        lock (_lock)
        {
            _remember = true;
            var before = _undo.Count;
            foreach (var happened in events)
                Apply(happened);
            _recent.AddFirst((head, _undo.Count - before));
            _head = head;
            if (_recent.Count > 2 * window)
                Forget(window);
        }
    }

    /// <summary>Says that the head was seen again just now.</summary>
    internal void Confirm(DateTimeOffset now)
    {
        lock (_lock)
            _head = _head is null ? null : _head with { ReadAt = now };
    }

    /// <summary>Takes back the newest block. Its parent must be among the recent ones.</summary>
    internal void TakeBack()
    {
        lock (_lock)
        {
            for (var i = _recent.First!.Value.Undo; i > 0; i--)
                _undo.Pop()();
            _recent.RemoveFirst();
            _head = _recent.First?.Value.Head;
        }
    }

    private void Forget(int window)
    {
        while (_recent.Count > window)
            _recent.RemoveLast();
        var keep = _recent.Sum(block => block.Undo);
        var kept = _undo.Take(keep).Reverse().ToArray();
        _undo.Clear();
        foreach (var action in kept)
            _undo.Push(action);
    }

    private void Changed(Action undo)
    {
        if (_remember)
            _undo.Push(undo);
    }

    private void Apply(ChainEvent happened)
    {
        var values = happened.Values;
        switch (happened.Name)
        {
            case "WindowOpened":
                Changed(
                    _roots[(int)happened.Roots!.Value]
                        .Open(
                            Element(values, "root"),
                            (uint)values.Integer("n"),
                            values.UInt64("epoch"),
                            values.UInt64("time")
                        )
                );
                break;
            case "WindowsClosed":
                Changed(_roots[(int)happened.Roots!.Value].Close(values.UInt64("epoch"), values.UInt64("time")));
                break;
            case "Granted":
                Granted(happened);
                break;
            case "Revoked":
                Revoked(happened);
                break;
            case "RevocationApplied":
                Removed(happened);
                break;
            case "Enacted":
                var enacted = Element(values, "model");
                Replace(_models, enacted, new ModelOnChain((int)values.UInt64("index"), happened.Log.Block, 0));
                break;
            case "ModelWithdrawn":
                var withdrawn = Element(values, "model");
                Replace(_models, withdrawn, Known(_models, withdrawn) with { WithdrawnBlock = happened.Log.Block });
                break;
            case "HeadAnchored":
                _heads.Add(
                    new AnchoredHead(new Bytes32((byte[])values["root"]), values.UInt64("size"), values.UInt64("time"))
                );
                Changed(() => _heads.RemoveAt(_heads.Count - 1));
                break;
            default:
                Ledger(happened);
                break;
        }
    }

    private void Granted(ChainEvent happened)
    {
        var first = (int)happened.Values.UInt64("firstIndex");
        if (first != _positions.Count)
            throw new ChainHistoryException("Grants are missing from the chain's logs.");
        foreach (var value in (object[])happened.Values["leaves"])
        {
            var leaf = Fr.FromBigInteger((System.Numerics.BigInteger)value);
            var index = _positions.Count;
            Replace(_grants, leaf, new GrantOnChain(LeafState.Live, index, happened.Log.Block, happened.Time, 0, 0));
            _positions.Add(leaf);
            _consentTree.Set(index, leaf);
            Changed(() =>
            {
                _positions.RemoveAt(index);
                _consentTree.Set(index, Fr.Zero);
            });
        }
    }

    private void Revoked(ChainEvent happened)
    {
        var leaf = Element(happened.Values, "leaf");
        var time = happened.Values.UInt64("time");
        if (!(bool)happened.Values["inTree"])
        {
            Replace(_grants, leaf, new GrantOnChain(LeafState.Barred, -1, 0, 0, time, 0));
            return;
        }
        Replace(_grants, leaf, Known(_grants, leaf) with { State = LeafState.Pending, RevokedAt = time });
        _pending.Add(leaf);
        Changed(() => _pending.Remove(leaf));
    }

    private void Removed(ChainEvent happened)
    {
        var leaf = Element(happened.Values, "leaf");
        var grant = Known(_grants, leaf);
        Replace(_grants, leaf, grant with { State = LeafState.Removed, RemovedBlock = happened.Log.Block });
        _pending.Remove(leaf);
        _consentTree.Set(grant.Index, Fr.Zero);
        Changed(() =>
        {
            _pending.Add(leaf);
            _consentTree.Set(grant.Index, leaf);
        });
    }

    private void Ledger(ChainEvent happened)
    {
        var values = happened.Values;
        var log = happened.Log;
        if (happened.Name == "Reserved")
        {
            var fresh = new AnalysisOnChain
            {
                Nullifier = Element(values, "nullifier"),
                Status = LedgerStatus.Reserved,
                RequestCommitment = Element(values, "requestCommitment"),
                Publisher = values.Address("publisher"),
                ReservedAt = values.UInt64("time"),
                Transaction = log.Transaction,
                Block = log.Block,
            };
            Replace(_analyses, fresh.Nullifier, fresh);
            return;
        }
        if (happened.Name is not ("Published" or "Verified" or "Refuted"))
            return;
        var nullifier = Element(values, "nullifier");
        var known = Known(_analyses, nullifier) with { Transaction = log.Transaction, Block = log.Block };
        Replace(
            _analyses,
            nullifier,
            happened.Name switch
            {
                "Published" => known with
                {
                    Status = LedgerStatus.Published,
                    Statement = LedgerStatement.FromAbi(values.Tuple("statement")),
                    Parts = [.. values.Tuples("parts").Select(LedgerPart.FromAbi)],
                    Body = new Bytes32((byte[])values["body"]),
                    PublishedAt = values.UInt64("time"),
                },
                "Verified" => known with { Status = LedgerStatus.Verified },
                _ => known with { Status = LedgerStatus.Refuted },
            }
        );
    }

    private void Replace<T>(Dictionary<Fr, T> entries, Fr key, T value)
        where T : class
    {
        var before = entries.GetValueOrDefault(key);
        entries[key] = value;
        Changed(() =>
        {
            if (before is null)
                entries.Remove(key);
            else
                entries[key] = before;
        });
    }

    private static T Known<T>(Dictionary<Fr, T> entries, Fr key) =>
        entries.TryGetValue(key, out var value)
            ? value
            : throw new ChainHistoryException("The chain's logs speak of something that they never introduced.");

    private static Fr Element(AbiValues values, string name)
    {
        try
        {
            return Fr.FromBigInteger(values.Integer(name));
        }
        catch (ArgumentException)
        {
            throw new ChainHistoryException("The chain's logs hold a number that is no field element.");
        }
    }
}
