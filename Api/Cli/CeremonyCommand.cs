using System.CommandLine;
using MedLedger.Consent.Statements;
using MedLedger.Crypto.Ceremony;
using MedLedger.Crypto.Groth16;
using MedLedger.Crypto.R1cs;

namespace MedLedger.Api.Cli;

/// <summary>
/// <c>ceremony verify</c>: whether the proving key belongs to the constraints and the powers of tau, and its delta to the listed
/// contributions. Without arguments on the files that this program was built with, which must also be the pinned ones, with
/// the pinned contributions; with <c>--zkey</c>, <c>--r1cs</c> and <c>--ptau</c> on any others.
/// </summary>
internal static class CeremonyCommand
{
    internal static Command Create()
    {
        var folder = File(
            "--artifacts",
            "Folder with the built-in circuit's files (default: where the program has them)."
        );
        folder.HelpName = "DIR";
        var zkey = File("--zkey", "Another proving key, with --r1cs and --ptau.");
        var r1cs = File("--r1cs", "Its constraints.");
        var ptau = File("--ptau", "Its powers of tau, prepared or not.");
        var threads = ProofCommands.CreateThreads();
        var verify = new Command("verify", "Verify the trusted setup of the proving key.")
        {
            folder,
            zkey,
            r1cs,
            ptau,
            threads,
        };
        verify.Validators.Add(result =>
        {
            var given = new[] { zkey, r1cs, ptau }.Count(option => result.GetValue(option) is not null);
            if (given is 1 or 2 || (given == 3 && result.GetValue(folder) is not null))
                result.AddError("Give --zkey, --r1cs and --ptau together and without --artifacts, or none of them.");
        });
        verify.Handle(
            async (context, cancel) =>
            {
                var count = context.Arguments.GetValue(threads) ?? 0;
                var isPinned = context.Arguments.GetValue(zkey) is null;
                var (keyFile, systemFile, powersFile) = isPinned
                    ? FindPinned(context.Arguments.GetValue(folder))
                    : (
                        context.Arguments.GetValue(zkey)!,
                        context.Arguments.GetValue(r1cs)!,
                        context.Arguments.GetValue(ptau)!
                    );
                using var key = ProofFiles.Open(keyFile, ProvingKey.Load);
                var system = ProofFiles.Open(systemFile, ConstraintSystem.Load);
                using var powers = ProofFiles.Open(powersFile, PowersOfTau.Load);
                var report = await context.Terminal.RunAsync(
                    "Verifying the setup",
                    progress => CeremonyVerifier.Verify(key, system, powers, progress, count, cancel)
                );
                var fault = report.Fault ?? (isPinned ? FindDifference(report, key) : null);
                Answer(context, report, fault, isPinned);
                return fault is null ? ExitCode.Good : throw CommandFailure.Refused(fault);
            }
        );
        return new Command("ceremony", "The trusted setup behind the proofs.") { verify };
    }

    private static Option<string?> File(string name, string description) =>
        new(name) { Description = description, HelpName = "FILE" };

    /// <summary>The built-in files, each with the SHA-256 that this program was built with.</summary>
    private static (string Key, string System, string Powers) FindPinned(string? given)
    {
        var folder =
            given
            ?? CircuitManifest.FindFolder()
            ?? throw CommandFailure.Usage(
                "The circuit's files are not beside the program: name them with --artifacts."
            );
        try
        {
            return (
                CircuitManifest.Pinned.Open(folder, CircuitManifest.ProvingKeyFile),
                CircuitManifest.Pinned.Open(folder, CircuitManifest.ConstraintsFile),
                CircuitManifest.Pinned.Open(folder, CircuitManifest.PowersOfTauFile)
            );
        }
        catch (InvalidDataException exception)
        {
            throw CommandFailure.Refused(exception.Message);
        }
    }

    /// <summary>What the manifest says otherwise; null when nothing.</summary>
    private static string? FindDifference(CeremonyReport report, ProvingKey key)
    {
        var pinned = CircuitManifest.Pinned;
        if (Convert.ToHexStringLower(report.CircuitHash.Span) != pinned.CircuitHash)
            return "The circuit's hash is not the manifest's.";
        var hashes = report.Contributions.Select(contribution => Convert.ToHexStringLower(contribution.Hash));
        if (!hashes.SequenceEqual(pinned.ContributionHashes, StringComparer.Ordinal))
            return "The contributions are not the manifest's.";
        if (Convert.ToHexStringLower(report.Contributions[^1].Beacon ?? []) != pinned.BeaconValue)
            return "The beacon is not the manifest's.";
        var exported = SnarkJsonWriter.WriteVerifyingKey(key.VerifyingKey);
        var expected = SnarkJsonWriter.WriteVerifyingKey(pinned.VerifyingKey.Key);
        return exported.AsSpan().SequenceEqual(expected) ? null : "The verifying key is not the built-in one.";
    }

    private static void Answer(CommandContext context, CeremonyReport report, string? fault, bool isPinned)
    {
        var contributions = report
            .Contributions.Select(contribution => new
            {
                name = contribution.Name,
                hash = Convert.ToHexStringLower(contribution.Hash),
                beacon = contribution.Beacon is { } beacon ? Convert.ToHexStringLower(beacon) : null,
            })
            .ToList();
        if (context.Settings.IsJson)
        {
            if (fault is not null)
                return; // the failure is the JSON object
            context.Terminal.WriteJson(
                new
                {
                    ok = true,
                    pinned = isPinned,
                    circuitHash = Convert.ToHexStringLower(report.CircuitHash.Span),
                    contributions,
                    summary = isPinned ? CircuitManifest.Pinned.Ceremony : null,
                }
            );
            return;
        }
        var output = context.Terminal.Output;
        output.WriteLine($"circuit       {Convert.ToHexStringLower(report.CircuitHash.Span)}");
        foreach (var contribution in contributions)
        {
            output.WriteLine($"contribution  {contribution.hash}  {contribution.name}");
            if (contribution.beacon is { } beacon)
                output.WriteLine($"    beacon    {beacon}");
        }
        if (fault is not null)
            return;
        output.WriteLine(
            isPinned
                ? "The key belongs to the constraints, the powers of tau and these contributions, as this program was built with them."
                : "The key belongs to the constraints, the powers of tau and these contributions."
        );
        if (isPinned)
            output.WriteLine(CircuitManifest.Pinned.Ceremony);
    }
}
