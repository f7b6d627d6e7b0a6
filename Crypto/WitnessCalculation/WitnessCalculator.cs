using MedLedger.Crypto.Fields;
using MedLedger.Crypto.R1cs;
using Wasmtime;

namespace MedLedger.Crypto.WitnessCalculation;

/// <summary>
/// Computes witnesses with the WebAssembly that circom 2 makes of a circuit, in this process (Wasmtime), without access to
/// files, network or clock. Each calculation has a memory of its own, dropped afterwards. Safe for concurrent use.
/// </summary>
public sealed class WitnessCalculator : IDisposable
{
    private const long MaxMemory = 1L << 31;
    private const long MaxModule = 1L << 28;

    private readonly Engine _engine;
    private readonly Module _module;
    private readonly Lazy<byte[]> _serialized; // native code

    private WitnessCalculator(Engine engine, Module module)
    {
        _engine = engine;
        _module = module;
        _serialized = new(module.Serialize);
    }

    /// <summary>Compiles a circuit's .wasm file, which takes about a second for a large one.</summary>
    /// <param name="wasmPath">The file that circom wrote.</param>
    /// <param name="cacheFolder">
    /// Where compiled code is kept for the next start, readable by this user alone, since it is native code and trusted as
    /// this program is; null keeps none.
    /// </param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">The file is no WebAssembly of a circom 2 circuit.</exception>
    public static WitnessCalculator Load(string wasmPath, string? cacheFolder = null)
    {
        ArgumentNullException.ThrowIfNull(wasmPath);
        if (!File.Exists(wasmPath))
            throw new FileNotFoundException($"There is no file {wasmPath}.", wasmPath);
        if (new FileInfo(wasmPath).Length > MaxModule)
            throw new InvalidDataException("The circuit's WebAssembly is too large.");
        var wasm = File.ReadAllBytes(wasmPath);
        var engine = MakeEngine();
        try
        {
            var module = cacheFolder is null
                ? Module.FromBytes(engine, "circuit", wasm)
                : CompiledModules.Load(engine, wasm, cacheFolder);
            return new WitnessCalculator(engine, module);
        }
        catch (WasmtimeException exception)
        {
            engine.Dispose();
            throw new InvalidDataException("The file is no WebAssembly module.", exception);
        }
        catch
        {
            engine.Dispose();
            throw;
        }
    }

    /// <summary>Computes the witness for inputs; arrays are flattened, the last index moving fastest.</summary>
    /// <param name="inputs">Every input signal of the main component, by name.</param>
    /// <param name="cancel">Ends the calculation.</param>
    /// <exception cref="InvalidDataException">
    /// An input is missing, unknown or has another size, an assertion of the circuit fails, or the module is not circom's.
    /// </exception>
    public Witness Calculate(IReadOnlyDictionary<string, IReadOnlyList<Fr>> inputs, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        cancel.ThrowIfCancellationRequested();
        if (TryCalculate(_engine, _module, inputs, cancel) is { } witness)
            return witness;
        using var engine = MakeEngine();
        using var module = Module.Deserialize(engine, "circuit", _serialized.Value);
        return TryCalculate(engine, module, inputs, cancel)
            ?? throw new InvalidDataException("The circuit's WebAssembly was interrupted.");
    }

    /// <summary>
    /// Null when the calculation was interrupted though nobody cancelled it: an engine has one epoch for all that run on it, so
    /// a cancellation stops the others too. They start again, alone on an engine.
    /// </summary>
    private static Witness? TryCalculate(
        Engine engine,
        Module module,
        IReadOnlyDictionary<string, IReadOnlyList<Fr>> inputs,
        CancellationToken cancel
    )
    {
        using var store = new Store(engine);
        store.SetLimits(memorySize: MaxMemory);
        store.SetEpochDeadline(1);
        using var registration = cancel.Register(engine.IncrementEpoch);
        try
        {
            var circuit = new CircuitInstance(store, engine, module);
            circuit.SetInputs(inputs);
            return circuit.ReadWitness();
        }
        catch (WasmtimeException exception)
        {
            cancel.ThrowIfCancellationRequested();
            if (exception is TrapException { Type: TrapCode.Interrupt })
                return null;
            if (exception.InnerException is InvalidDataException known)
                throw new InvalidDataException(known.Message, exception);
            throw new InvalidDataException("The circuit's WebAssembly failed.", exception);
        }
    }

    private static Engine MakeEngine() => new(new Config().WithEpochInterruption(true));

    /// <summary>Frees the compiled code.</summary>
    public void Dispose()
    {
        _module.Dispose();
        _engine.Dispose();
    }
}
