using System.Diagnostics;
using MedLedger.Api.Cli;
using MedLedger.Api.Tests.Cli;

namespace MedLedger.Api.Tests.Keys;

/// <summary>The master key in a token: SoftHSM2, in processes of its own, since it reads its configuration once.</summary>
public sealed class TokenKeyTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [SoftHsmFact]
    public async Task Keys_lie_under_a_key_in_the_token_and_nothing_opens_without_it()
    {
        Directory.CreateDirectory(_folder.File("tokens"));
        File.WriteAllText(
            _folder.File("softhsm2.conf"),
            $"directories.tokendir = {_folder.File("tokens")}\nobjectstore.backend = file\n"
        );
        File.WriteAllText(_folder.File("pin"), "12345678\n");
        File.WriteAllText(_folder.File("wrong"), "87654321\n");
        using (
            var init = Process.Start(
                new ProcessStartInfo(
                    "env",
                    [
                        Configuration,
                        "softhsm2-util",
                        "--init-token",
                        "--free",
                        "--label",
                        "medledger",
                        "--so-pin",
                        "12345678",
                        "--pin",
                        "12345678",
                    ]
                )
                {
                    RedirectStandardOutput = true,
                    UseShellExecute = false,
                }
            )!
        )
        {
            await init.WaitForExitAsync();
            Assert.Equal(0, init.ExitCode);
        }
        File.WriteAllText(_folder.File("in.ndjson"), """{"resourceType":"Patient","id":"pat-1"}""");

        Assert.Equal(ExitCode.Good, await Run("pin", "import", _folder.File("in.ndjson")));
        Assert.Contains("pkcs11", File.ReadAllText(_folder.File("master.key")), StringComparison.Ordinal);
        Assert.Equal(ExitCode.Good, await Run("pin", "fsck"));
        Assert.Equal(ExitCode.Machine, await Run("wrong", "fsck"));
        Assert.Equal(ExitCode.Refused, await Run("pin", "keys", "rotate"));

        // A key file that was exchanged opens nothing.
        var patient = Directory.GetDirectories(_folder.File("master.key.d", "patients"))[0];
        var key = Path.Combine(patient, "encryption.key");
        var kept = File.ReadAllBytes(key);
        File.Copy(Path.Combine(patient, "signing.key"), key, overwrite: true);
        Assert.Equal(ExitCode.Refused, await Run("pin", "fsck"));
        File.WriteAllBytes(key, kept);
        Assert.Equal(ExitCode.Good, await Run("pin", "fsck"));

        // All files without the token are nothing.
        Directory.Delete(_folder.File("tokens"), recursive: true);
        Directory.CreateDirectory(_folder.File("tokens"));
        Assert.Equal(ExitCode.Machine, await Run("pin", "fsck"));
    }

    public void Dispose() => _folder.Dispose();

    private string Configuration => "SOFTHSM2_CONF=" + _folder.File("softhsm2.conf");

    private async Task<int> Run(string pin, params string[] command)
    {
        var ran = await ChildProgram.RunUnderAsync(
            [
                "env",
                Configuration,
                "MEDLEDGER_PKCS11_MODULE=" + SoftHsmFactAttribute.Module,
                "MEDLEDGER_PKCS11_TOKEN=medledger",
            ],
            [
                .. command,
                "--data",
                _folder.File("data"),
                "--key-file",
                _folder.File("master.key"),
                "--passphrase-file",
                _folder.File(pin),
            ]
        );
        Assert.DoesNotContain("   at ", ran.Error, StringComparison.Ordinal);
        return ran.ExitCode;
    }
}

/// <summary>Skips, saying why, where SoftHSM2 is not installed.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class SoftHsmFactAttribute : FactAttribute
{
    private static readonly string[] Places =
    [
        "/usr/lib/softhsm/libsofthsm2.so",
        "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
        "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
    ];

    public static string? Module => Places.FirstOrDefault(File.Exists);

    public SoftHsmFactAttribute()
    {
        if (Module is null)
            Skip = "SoftHSM2 is not installed (apt-get install softhsm2).";
    }
}
