using System.Security.Cryptography;

namespace MedLedger.Api.Tests;

/// <summary>A folder of a test, gone at its end.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public TemporaryFolder()
    {
        Path = System.IO.Path.Combine(
            System.IO.Path.GetTempPath(),
            "medledger-test-" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))
        );
        Directory.CreateDirectory(Path);
    }

    public string Path { get; }

    public string File(params string[] parts) => System.IO.Path.Combine([Path, .. parts]);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
