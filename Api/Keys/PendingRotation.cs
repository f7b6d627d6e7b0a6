using System.Text;
using MedLedger.Crypto.Sealing;

namespace MedLedger.Api.Keys;

/// <summary>
/// A rotation of the master key that has begun: in <c>FILE.next</c> stand the text of the new master key file, and the new
/// key wrapped under the old one, so that it goes on with the old passphrase alone.
/// </summary>
/// <param name="Next">The new master key.</param>
/// <param name="Text">The new master key file.</param>
internal sealed record PendingRotation(SecretKey Next, string Text) : IDisposable
{
    private const string WrapName = "next-master";

    /// <summary>Where it stands.</summary>
    public static string PathOf(string keyFile) => keyFile + ".next";

    /// <summary>Writes it, durably: the rotation has begun.</summary>
    public static PendingRotation Begin(string keyFile, SecretKey master, ReadOnlySpan<byte> newPassphrase)
    {
        var next = SecretKey.Generate();
        var text = newPassphrase.IsEmpty ? MasterKeyFile.Write(next) : MasterKeyFile.Write(next, newPassphrase);
        var wrapped = Convert.ToHexStringLower(KeyFile.Wrap(master, WrapName, next));
        DurableFile.Write(PathOf(keyFile), Encoding.ASCII.GetBytes(text + wrapped + "\n"));
        return new PendingRotation(next, text);
    }

    /// <summary>
    /// Reads it; null when there is none, or when it is over but for its file.
    /// </summary>
    /// <exception cref="InvalidDataException">It is damaged, or of another master key.</exception>
    public static PendingRotation? Find(string keyFile, SecretKey master)
    {
        if (!File.Exists(PathOf(keyFile)))
            return null;
        var lines = File.ReadAllText(PathOf(keyFile), Encoding.ASCII).Split('\n');
        if (lines.Length == 3)
        {
            var text = lines[0] + "\n";
            if (string.Equals(text, File.ReadAllText(keyFile, Encoding.ASCII), StringComparison.Ordinal))
                return null;
            try
            {
                if (KeyFile.Unwrap(master, WrapName, Convert.FromHexString(lines[1])) is { } next)
                    return new PendingRotation(next, text);
            }
            catch (FormatException)
            {
                // damaged, as said below
            }
        }
        throw new InvalidDataException(
            $"The rotation of the master key in {PathOf(keyFile)} is damaged; put the newest backup of the keys back."
        );
    }

    /// <inheritdoc/>
    public void Dispose() => Next.Dispose();
}
