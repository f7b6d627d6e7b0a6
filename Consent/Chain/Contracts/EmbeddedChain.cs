namespace MedLedger.Consent.Chain.Contracts;

/// <summary>The chain that the program runs for itself. Its evidence says <c>chain: local</c>: nobody else keeps it.</summary>
public static class EmbeddedChain
{
    /// <summary>"MEDL" in ASCII: the chain id of every embedded chain.</summary>
    public const ulong Id = 0x4d45444c;
}
