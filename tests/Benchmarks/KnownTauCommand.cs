using System.Globalization;
using MedLedger.Tests.Groth16;

namespace MedLedger.Benchmarks;

/// <summary>
/// <c>known-tau R1CS ZKEY</c>: a proving key for measurements, made from secrets that everybody knows. <c>known-powers POWER
/// FOLDER</c>: a circuit of 2^POWER constraints with a witness, and powers of tau for it, of the same kind.
/// </summary>
internal static class KnownTauCommand
{
    public static bool TryRun(string[] arguments)
    {
        switch (arguments)
        {
            case ["known-tau", var r1cs, var zkey]:
                KnownTauSetup.Write(r1cs, zkey);
                return true;
            case ["known-powers", var text, var folder]:
                var power = int.Parse(text, CultureInfo.InvariantCulture);
                var circuit = new SmallCircuit(1 << power, publicInputs: 3);
                File.WriteAllBytes(Path.Combine(folder, "circuit.r1cs"), circuit.ToR1cs());
                using (var witness = circuit.Witness)
                using (var file = File.Create(Path.Combine(folder, "witness.wtns")))
                    witness.Write(file);
                // The constant and the public signals have rows of their own: the domain is the next power of two.
                KnownTauPowers.Write(power + 1, Path.Combine(folder, "powers.ptau"));
                return true;
            default:
                return false;
        }
    }
}
