namespace MedLedger.Crypto.Arithmetic;

/// <summary>
/// Mappings that the parts of a proof, and then the next proof, use one after another: to let the system make and fill pages
/// anew for each part takes a fifth of a proof's time. It holds what was in use at once at most. Safe for concurrent use.
/// </summary>
internal sealed class BlockPool : IDisposable
{
    private readonly List<(nint Address, nuint Size)> _free = [];
    private bool _disposed;

    /// <summary>The smallest free mapping of at least a size; false where there is none.</summary>
    public bool TryTake(nuint size, out (nint Address, nuint Size) mapping)
    {
        lock (_free)
        {
            var best = -1;
            for (var i = 0; i < _free.Count; i++)
            {
                if (_free[i].Size >= size && (best < 0 || _free[i].Size < _free[best].Size))
                    best = i;
            }
            mapping = best < 0 ? default : _free[best];
            if (best >= 0)
                _free.RemoveAt(best);
            return best >= 0;
        }
    }

    /// <summary>Keeps a mapping whose secrets are zeroed; false once disposed: then it stays the caller's.</summary>
    public bool TryKeep(nint address, nuint size)
    {
        lock (_free)
        {
            if (!_disposed)
                _free.Add((address, size));
            return !_disposed;
        }
    }

    /// <summary>Gives the free mappings back to the system; those in use follow when they are freed.</summary>
    public void Dispose()
    {
        lock (_free)
        {
            _disposed = true;
            foreach (var (address, size) in _free)
                NativeBlock.Unmap(address, size);
            _free.Clear();
        }
    }
}
