using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using MedLedger.Crypto.Fields;
using MedLedger.Crypto.R1cs;
using Wasmtime;

namespace MedLedger.Crypto.WitnessCalculation;

/// <summary>
/// One run of a circom 2 module. Its interface (circom's generated witness_calculator.js): signals are named by the FNV-1a
/// hash of their name, values go word by word through a small shared memory, failures call back with a code.
/// </summary>
internal sealed class CircuitInstance
{
    private const int Words = 8;
    private const int MaxMessage = 4096;

    private readonly Instance _instance;
    private readonly Func<int, int> _readWord;
    private readonly Action<int, int> _writeWord;
    private string _message = "";

    public CircuitInstance(Store store, Engine engine, Module module)
    {
        using var linker = new Linker(engine);
        linker.Define("runtime", "exceptionHandler", Function.FromCallback(store, (int code) => Fail(code)));
        linker.Define(
            "runtime",
            "printErrorMessage",
            Function.FromCallback(
                store,
                () =>
                {
                    var more = ReadMessage() + " ";
                    if (_message.Length + more.Length <= MaxMessage)
                        _message += more;
                }
            )
        );
        linker.Define(
            "runtime",
            "writeBufferMessage",
            Function.FromCallback(
                store,
                () =>
                {
                    ReadMessage();
                }
            )
        );
        linker.Define("runtime", "showSharedRWMemory", Function.FromCallback(store, () => { }));
        _instance = linker.Instantiate(store, module);
        _readWord = Export(_instance.GetFunction<int, int>("readSharedRWMemory"));
        _writeWord = Export(_instance.GetAction<int, int>("writeSharedRWMemory"));
        ExpectField();
        Export(_instance.GetAction<int>("init"))(0);
    }

    public void SetInputs(IReadOnlyDictionary<string, IReadOnlyList<Fr>> inputs)
    {
        var setSignal = Export(_instance.GetAction<int, int, int>("setInputSignal"));
        var sizeOf = Export(_instance.GetFunction<int, int, int>("getInputSignalSize"));
        var expected = Export(_instance.GetFunction<int>("getInputSize"))();
        var given = inputs.Sum(input => (long)input.Value.Count);
        foreach (var (name, values) in inputs)
        {
            var hash = Hash(name);
            var (high, low) = unchecked(((int)(hash >> 32), (int)hash));
            var size = sizeOf(high, low);
            if (size <= 0 && values.Count > 0)
                throw new InvalidDataException($"The circuit has no input {Quote(name)}.");
            if (size != values.Count)
                throw new InvalidDataException($"Input {Quote(name)} has {values.Count} values instead of {size}.");
        }
        if (given != expected)
            throw new InvalidDataException($"The inputs have {given} values; the circuit wants {expected}.");
        foreach (var (name, values) in inputs)
        {
            var hash = Hash(name);
            var (high, low) = unchecked(((int)(hash >> 32), (int)hash));
            for (var i = 0; i < values.Count; i++)
            {
                var limbs = values[i].ToCanonical();
                WriteLimb(0, limbs.L0);
                WriteLimb(2, limbs.L1);
                WriteLimb(4, limbs.L2);
                WriteLimb(6, limbs.L3);
                setSignal(high, low, i); // the last one runs the circuit
            }
        }
    }

    public Witness ReadWitness()
    {
        var count = Export(_instance.GetFunction<int>("getWitnessSize"))();
        var load = Export(_instance.GetAction<int>("getWitness"));
        var start = Export(_instance.GetFunction<int>("getSharedRWMemoryStart"))();
        var memory = _instance.GetMemory("memory") ?? throw new InvalidDataException("The module exports no memory.");
        // Each signal has a place of its own in the module's memory.
        if (count <= 0 || count > memory.GetLength() / Fr.SizeInBytes || start < 0)
            throw new InvalidDataException("The module claims a witness of an impossible size.");
        var values = new Limbs[count];
        try
        {
            for (var i = 0; i < count; i++)
            {
                load(i);
                values[i] = MemoryMarshal.Read<Limbs>(memory.GetSpan<byte>(start, Words * 4));
            }
            return Witness.FromCanonical(values);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(values.AsSpan()));
        }
    }

    private void ExpectField()
    {
        if (Export(_instance.GetFunction<int>("getFieldNumLen32"))() != Words)
            throw new InvalidDataException("The circuit is over another field.");
        Export(_instance.GetAction("getRawPrime"))();
        Span<uint> prime = stackalloc uint[Words];
        for (var i = 0; i < Words; i++)
            prime[i] = unchecked((uint)_readWord(i));
        var read = MemoryMarshal.Read<Limbs>(MemoryMarshal.AsBytes(prime));
        if (!Limbs.AreEqual(read, new Limbs(FrModulus.P0, FrModulus.P1, FrModulus.P2, FrModulus.P3)))
            throw new InvalidDataException("The circuit is over another field.");
    }

    private void WriteLimb(int word, ulong limb)
    {
        _writeWord(word, unchecked((int)(uint)limb));
        _writeWord(word + 1, unchecked((int)(uint)(limb >> 32)));
    }

    private void Fail(int code) =>
        throw new InvalidDataException(
            code switch
            {
                1 => "An input is unknown to the circuit.",
                2 or 3 or 6 => "The inputs do not fit the circuit.",
                4 => "The inputs do not satisfy the circuit: " + _message.Trim(),
                _ => "The circuit stopped: " + _message.Trim(),
            }
        );

    private string ReadMessage()
    {
        var next = Export(_instance.GetFunction<int>("getMessageChar"));
        var text = new StringBuilder();
        for (int character; text.Length < MaxMessage && (character = next()) != 0; )
            text.Append(character is >= ' ' and < 127 ? (char)character : ' ');
        return text.ToString();
    }

    private static T Export<T>(T? function)
        where T : class => function ?? throw new InvalidDataException("The module is not one that circom 2 makes.");

    private static string Quote(string name) =>
        "\"" + string.Concat(name.Take(64).Select(c => char.IsControl(c) ? '?' : c)) + "\"";

    /// <summary>FNV-1a, 64 bits.</summary>
    private static ulong Hash(string name)
    {
        unchecked
        {
            var hash = 0xcbf29ce484222325;
            foreach (var value in Encoding.UTF8.GetBytes(name))
                hash = (hash ^ value) * 0x100000001b3;
            return hash;
        }
    }
}
