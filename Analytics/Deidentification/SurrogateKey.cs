using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace MedLedger.Analytics.Deidentification;

/// <summary>
/// What surrogates and date offsets are drawn from: one key for all texts that shall agree with each other. Who has it can
/// find out which name became which; it is kept in memory only and is gone with the process.
/// </summary>
public sealed class SurrogateKey
{
    private readonly byte[] _key = RandomNumberGenerator.GetBytes(32);

    /// <summary>A patient's part: the same words get the same surrogates, and all dates move alike, in all the patient's texts.</summary>
    /// <param name="patient">Any name of the patient; texts with another one have nothing in common.</param>
    public PatientSurrogates Of(string patient) =>
        new(HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes("patient " + patient)));
}

/// <summary>Surrogates and the date offset of one patient.</summary>
public sealed record PatientSurrogates
{
    private readonly byte[] _key;

    internal PatientSurrogates(byte[] key)
    {
        _key = key;
        Days = -30 - (int)(Draw("days") % 335);
    }

    /// <summary>By how many days dates move; between 30 and 364 back unless it is set.</summary>
    public int Days { get; init; }

    /// <summary>A number that only the key and the words decide.</summary>
    internal uint Draw(string words) =>
        BinaryPrimitives.ReadUInt32LittleEndian(HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes(words)));
}
