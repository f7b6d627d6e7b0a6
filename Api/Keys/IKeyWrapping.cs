using MedLedger.Crypto.Sealing;

namespace MedLedger.Api.Keys;

/// <summary>What every key file is wrapped under: a master key in a file, or a key that never leaves a token.</summary>
internal interface IKeyWrapping : IDisposable
{
    /// <summary>The bytes of a key file, bound to its name.</summary>
    byte[] Wrap(string name, SecretKey key);

    /// <summary>The key; null for bytes that were not wrapped here, under this name.</summary>
    SecretKey? Unwrap(string name, byte[] file);
}

/// <summary>Under a master key, or, while it is being rotated, under either of two.</summary>
internal sealed class MasterKeyWrapping(SecretKey master, PendingRotation? pending) : IKeyWrapping
{
    /// <inheritdoc/>
    public byte[] Wrap(string name, SecretKey key) => KeyFile.Wrap(pending?.Next ?? master, name, key);

    /// <inheritdoc/>
    public SecretKey? Unwrap(string name, byte[] file) =>
        KeyFile.Unwrap(master, name, file) ?? (pending is null ? null : KeyFile.Unwrap(pending.Next, name, file));

    /// <inheritdoc/>
    public void Dispose()
    {
        master.Dispose();
        pending?.Dispose();
    }
}
