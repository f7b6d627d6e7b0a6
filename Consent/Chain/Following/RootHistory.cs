using MedLedger.Crypto.Fields;

namespace MedLedger.Consent.Chain.Following;

/// <summary>The windows in which the roots of one contract are valid, as its events tell (contracts: RootWindows).</summary>
internal sealed class RootHistory
{
    private readonly Dictionary<Fr, List<Window>> _windows = [];
    private readonly Dictionary<ulong, ulong> _closedAt = [];

    private readonly record struct Window(ulong OpenedAt, ulong Epoch);

    /// <summary>The root that was opened last; valid or not.</summary>
    public Fr? Newest { get; private set; }

    /// <summary>Notes an opened window; the result takes it back.</summary>
    public Action Open(Fr root, uint appearance, ulong epoch, ulong time)
    {
        if (!_windows.TryGetValue(root, out var windows))
            _windows[root] = windows = [];
        if (windows.Count != appearance)
            throw new ChainHistoryException("A root's windows do not follow each other.");
        windows.Add(new Window(time, epoch));
        var before = Newest;
        Newest = root;
        return () =>
        {
            windows.RemoveAt(windows.Count - 1);
            Newest = before;
        };
    }

    /// <summary>Notes the end of an epoch; the result takes it back.</summary>
    public Action Close(ulong epoch, ulong time)
    {
        if (!_closedAt.TryAdd(epoch, time))
            throw new ChainHistoryException("An epoch ends twice.");
        return () => _closedAt.Remove(epoch);
    }

    /// <summary>The newest appearance of a root that was valid at a moment; null when it was not.</summary>
    public uint? ValidAt(Fr root, ulong time)
    {
        if (_windows.TryGetValue(root, out var windows))
            for (var n = windows.Count - 1; n >= 0; n--)
            {
                var window = windows[n];
                if (time >= window.OpenedAt && !(_closedAt.TryGetValue(window.Epoch, out var end) && time >= end))
                    return (uint)n;
            }
        return null;
    }
}

/// <summary>The logs contradict each other: the endpoint lacks some, or another program wrote them. Nothing may rest on them.</summary>
public sealed class ChainHistoryException(string message) : Exception(message);
