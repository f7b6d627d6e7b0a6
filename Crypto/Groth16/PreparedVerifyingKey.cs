using MedLedger.Crypto.Arithmetic;
using MedLedger.Crypto.Curves;
using MedLedger.Crypto.Fields;

namespace MedLedger.Crypto.Groth16;

/// <summary>
/// A verifying key with everything computed that does not depend on the proof: e(alpha, beta), the lines of beta, gamma and
/// delta, and multiples of the points of the public inputs (32 KB an input).
/// </summary>
public sealed class PreparedVerifyingKey
{
    /// <summary>Prepares a key. Takes a few milliseconds; keep the result.</summary>
    public PreparedVerifyingKey(VerifyingKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        Key = key;
        AlphaBeta = Pairing.Pair(key.Alpha, key.Beta);
        Beta = new G2Prepared(key.Beta);
        Gamma = new G2Prepared(key.Gamma);
        Delta = new G2Prepared(key.Delta);
        InputTable = new FixedBaseTable(key.InputPoints);
    }

    /// <summary>The key.</summary>
    public VerifyingKey Key { get; }

    /// <summary>e(alpha, beta).</summary>
    internal Fq12 AlphaBeta { get; }

    internal G2Prepared Beta { get; }

    internal G2Prepared Gamma { get; }

    internal G2Prepared Delta { get; }

    /// <summary>Multiples of the points of the public inputs, the constant's first.</summary>
    internal FixedBaseTable InputTable { get; }
}
