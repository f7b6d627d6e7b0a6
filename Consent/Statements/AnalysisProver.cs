using MedLedger.Crypto.Groth16;
using MedLedger.Crypto.WitnessCalculation;

namespace MedLedger.Consent.Statements;

/// <summary>One proof of an analysis with its public signals; it exists only when it verifies under the pinned key.</summary>
public sealed record AnalysisProof
{
    private AnalysisProof(PublicSignals signals, Proof proof) => (Signals, Proof) = (signals, proof);

    /// <summary>The public signals.</summary>
    public PublicSignals Signals { get; }

    /// <summary>The proof.</summary>
    public Proof Proof { get; }

    /// <summary>How long the witness took; zero for a proof that was not made here.</summary>
    public TimeSpan WitnessTime { get; internal init; }

    /// <summary>Verifies; null when the proof is not one of these signals under the pinned verifying key.</summary>
    public static AnalysisProof? TryCreate(PublicSignals signals, Proof proof)
    {
        ArgumentNullException.ThrowIfNull(signals);
        ArgumentNullException.ThrowIfNull(proof);
        return Verifier.Verify(CircuitManifest.Pinned.VerifyingKey, proof, signals.ToArray())
            ? new(signals, proof)
            : null;
    }
}

/// <summary>
/// Proves statements with the proving key and witness program of the manifest, in this process. Safe for concurrent use;
/// a proof uses all processors. Witnesses hold secrets: they live as long as one call and are zeroed.
/// </summary>
public sealed class AnalysisProver : IDisposable
{
    private readonly ProvingKey _key;
    private readonly WitnessCalculator _calculator;

    private AnalysisProver(ProvingKey key, WitnessCalculator calculator) => (_key, _calculator) = (key, calculator);

    /// <summary>Opens analysis_policy.zkey and .wasm in a folder, after checking that they are the pinned ones.</summary>
    /// <param name="folder">Where the files lie.</param>
    /// <param name="cacheFolder">Where compiled witness code may be kept, readable by this user alone; null keeps none.</param>
    /// <exception cref="FileNotFoundException">A file is missing.</exception>
    /// <exception cref="InvalidDataException">A file is not the one that this program was built with.</exception>
    public static AnalysisProver Load(string folder, string? cacheFolder = null)
    {
        ArgumentNullException.ThrowIfNull(folder);
        var manifest = CircuitManifest.Pinned;
        var wasm = manifest.Open(folder, CircuitManifest.WitnessFile);
        var zkey = manifest.Open(folder, CircuitManifest.ProvingKeyFile);
        var key = ProvingKey.Load(zkey);
        try
        {
            return new(key, WitnessCalculator.Load(wasm, cacheFolder));
        }
        catch
        {
            key.Dispose();
            throw;
        }
    }

    /// <summary>Proves one part of a statement and verifies the proof.</summary>
    /// <exception cref="ArgumentException">
    /// There is no such part, or the statement cannot be proven: <see cref="StatementFaults"/> names why.
    /// </exception>
    public AnalysisProof Prove(
        AnalysisStatement statement,
        int part,
        IProgress<double>? progress = null,
        CancellationToken cancel = default
    )
    {
        ArgumentNullException.ThrowIfNull(statement);
        if (StatementFaults.Of(statement) is [_, ..] faults)
            throw new ArgumentException(
                $"The statement cannot be proven: {string.Join(", ", faults)}.",
                nameof(statement)
            );

        var signals = statement.Signals(part);
        var started = System.Diagnostics.Stopwatch.GetTimestamp();
        using var witness = _calculator.Calculate(CircuitInputs.Of(statement, part), cancel);
        var witnessTime = System.Diagnostics.Stopwatch.GetElapsedTime(started);
        var proof = Prover.Prove(_key, witness, progress, cancel: cancel);
        return proof is not null && AnalysisProof.TryCreate(signals, proof) is { } verified
            ? verified with
            {
                WitnessTime = witnessTime,
            }
            : throw new InvalidOperationException("The circuit and the program disagree on a statement.");
    }

    /// <summary>Closes the key and frees the witness program.</summary>
    public void Dispose()
    {
        _calculator.Dispose();
        _key.Dispose();
    }
}
