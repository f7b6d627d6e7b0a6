using MedLedger.Tests.Groth16;

namespace MedLedger.Benchmarks;

/// <summary><c>known-tau R1CS ZKEY</c>: a proving key for measurements, made from secrets that everybody knows.</summary>
internal static class KnownTauCommand
{
    public static bool TryRun(string[] arguments)
    {
        if (arguments is not ["known-tau", var r1cs, var zkey])
            return false;
        KnownTauSetup.Write(r1cs, zkey);
        return true;
    }
}
