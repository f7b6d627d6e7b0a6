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
/// Proves statements with the proving key and witness program of the manifest, in this process. Key and program are loaded
/// for the first proof, or when it is announced (<see cref="Prepare"/>): who never proves does not pay for them. Safe for
/// concurrent use; a proof uses all processors. Witnesses hold secrets: they live as long as one call and are zeroed.
/// </summary>
public sealed class AnalysisProver : IDisposable
{
    private readonly Lazy<Loaded> _loaded;

    private AnalysisProver(string folder, string? cacheFolder) =>
        _loaded = new Lazy<Loaded>(() => Loaded.From(folder, cacheFolder));

    /// <summary>Takes analysis_policy.zkey and .wasm of a folder, after checking that they are the pinned ones.</summary>
    /// <param name="folder">Where the files lie.</param>
    /// <param name="cacheFolder">Where compiled witness code may be kept, readable by this user alone; null keeps none.</param>
    /// <exception cref="FileNotFoundException">A file is missing.</exception>
    /// <exception cref="InvalidDataException">A file is not the one that this program was built with.</exception>
    public static AnalysisProver Load(string folder, string? cacheFolder = null)
    {
        ArgumentNullException.ThrowIfNull(folder);
        CircuitManifest.Pinned.Open(folder, CircuitManifest.WitnessFile);
        CircuitManifest.Pinned.Open(folder, CircuitManifest.ProvingKeyFile);
        return new(folder, cacheFolder);
    }

    /// <summary>Loads key and program in the background: a proof is going to be asked for.</summary>
    public void Prepare()
    {
        if (!_loaded.IsValueCreated)
            ThreadPool.UnsafeQueueUserWorkItem(static loaded => Load(loaded), _loaded, preferLocal: false);
    }

    private static void Load(Lazy<Loaded> loaded)
    {
        try
        {
            _ = loaded.Value;
        }
        catch (Exception)
        {
            // Told again to whoever asks for the proof.
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
        using var witness = _loaded.Value.Calculator.Calculate(CircuitInputs.Of(statement, part), cancel);
        var witnessTime = System.Diagnostics.Stopwatch.GetElapsedTime(started);
        var proof = Prover.Prove(_loaded.Value.Key, witness, progress, cancel: cancel);
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
        if (!_loaded.IsValueCreated)
            return;
        _loaded.Value.Calculator.Dispose();
        _loaded.Value.Key.Dispose();
    }

    private sealed record Loaded(ProvingKey Key, WitnessCalculator Calculator)
    {
        // The files are checked again: what counts is what is loaded.
        public static Loaded From(string folder, string? cacheFolder)
        {
            var manifest = CircuitManifest.Pinned;
            var key = ProvingKey.LoadForManyProofs(manifest.Open(folder, CircuitManifest.ProvingKeyFile));
            try
            {
                return new(
                    key,
                    WitnessCalculator.Load(manifest.Open(folder, CircuitManifest.WitnessFile), cacheFolder)
                );
            }
            catch
            {
                key.Dispose();
                throw;
            }
        }
    }
}
