using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Text;
using System.Text.Json;
using MedLedger.Crypto.Ethereum;

namespace MedLedger.Consent.Chain.Abi;

/// <summary>Decoded values with the names of their parameters.</summary>
public sealed class AbiValues
{
    private readonly IReadOnlyList<AbiParameter> _parameters;
    private readonly object[] _values;

    internal AbiValues(IReadOnlyList<AbiParameter> parameters, object[] values) =>
        (_parameters, _values) = (parameters, values);

    /// <summary>How many values there are.</summary>
    public int Count => _values.Length;

    /// <summary>The value at a position.</summary>
    public object this[int index] => _values[index];

    /// <summary>The value of a parameter.</summary>
    /// <exception cref="KeyNotFoundException">There is no parameter of this name.</exception>
    public object this[string name]
    {
        get
        {
            for (var i = 0; i < _values.Length; i++)
                if (string.Equals(_parameters[i].Name, name, StringComparison.Ordinal))
                    return _values[i];
            throw new KeyNotFoundException($"There is no parameter '{name}'.");
        }
    }

    /// <summary>An integer parameter.</summary>
    public BigInteger Integer(string name) => (BigInteger)this[name];

    /// <summary>An integer parameter that is below 2^64.</summary>
    public ulong UInt64(string name) => (ulong)Integer(name);

    /// <summary>An address parameter.</summary>
    public EthereumAddress Address(string name) => (EthereumAddress)this[name];

    /// <summary>A tuple parameter, with the names of its fields.</summary>
    public AbiValues Tuple(string name)
    {
        for (var i = 0; i < _values.Length; i++)
            if (string.Equals(_parameters[i].Name, name, StringComparison.Ordinal))
                return new AbiValues(((AbiType.Tuple)_parameters[i].Type).Fields, (object[])_values[i]);
        throw new KeyNotFoundException($"There is no parameter '{name}'.");
    }

    /// <summary>The elements of an array of tuples, with the names of their fields.</summary>
    public IReadOnlyList<AbiValues> Tuples(string name)
    {
        for (var i = 0; i < _values.Length; i++)
            if (string.Equals(_parameters[i].Name, name, StringComparison.Ordinal))
            {
                var fields = ((AbiType.Tuple)((AbiType.Array)_parameters[i].Type).Element).Fields;
                return [.. ((object[])_values[i]).Select(item => new AbiValues(fields, (object[])item))];
            }
        throw new KeyNotFoundException($"There is no parameter '{name}'.");
    }

    /// <summary><c>name: value</c> of every parameter, for messages.</summary>
    public override string ToString() =>
        string.Join(", ", _parameters.Select((parameter, i) => $"{parameter.Name}: {Show(_values[i])}"));

    private static string Show(object value) =>
        value switch
        {
            byte[] bytes => $"0x{Convert.ToHexStringLower(bytes)}",
            object[] items => $"[{string.Join(", ", items.Select(Show))}]",
            _ => value.ToString() ?? "",
        };
}

/// <summary>A function of a contract.</summary>
public sealed record AbiFunction(string Name, IReadOnlyList<AbiParameter> Inputs, IReadOnlyList<AbiParameter> Outputs)
{
    /// <summary>Name and types of the inputs, whose hash begins with the selector.</summary>
    public string Signature => AbiParameter.Signature(Name, Inputs);

    /// <summary>Call data: four bytes of selector and the arguments.</summary>
    /// <exception cref="ArgumentException">The arguments do not fit.</exception>
    public byte[] Encode(params object[] arguments) =>
        [
            .. Keccak256.Hash(Encoding.ASCII.GetBytes(Signature)).AsSpan(0, 4),
            .. AbiEncoder.Encode([.. Inputs.Select(input => input.Type)], arguments),
        ];

    /// <summary>Decodes what a call returned. False when it is not an encoding of the outputs.</summary>
    public bool TryDecodeOutput(ReadOnlyMemory<byte> data, [NotNullWhen(true)] out AbiValues? values)
    {
        values = AbiDecoder.TryDecode([.. Outputs.Select(output => output.Type)], data, out var decoded)
            ? new AbiValues(Outputs, decoded)
            : null;
        return values is not null;
    }
}

/// <summary>An event of a contract.</summary>
public sealed record AbiEvent(string Name, IReadOnlyList<AbiParameter> Inputs)
{
    /// <summary>The first topic of each of its logs.</summary>
    public Bytes32 Topic { get; } = new(Keccak256.Hash(Encoding.ASCII.GetBytes(AbiParameter.Signature(Name, Inputs))));

    /// <summary>Decodes a log. False when topics or data are not those of this event. Indexed parameters must be elementary.</summary>
    public bool TryDecode(
        IReadOnlyList<Bytes32> topics,
        ReadOnlyMemory<byte> data,
        [NotNullWhen(true)] out AbiValues? values
    )
    {
        values = null;
        if (topics.Count != 1 + Inputs.Count(input => input.Indexed) || topics[0] != Topic)
            return false;
        var plain = Inputs.Where(input => !input.Indexed).Select(input => input.Type).ToList();
        if (!AbiDecoder.TryDecode(plain, data, out var decoded))
            return false;

        var all = new object[Inputs.Count];
        var (nextTopic, nextPlain) = (1, 0);
        for (var i = 0; i < all.Length; i++)
            if (!Inputs[i].Indexed)
                all[i] = decoded[nextPlain++];
            else if (AbiDecoder.TryDecodeWord(Inputs[i].Type, topics[nextTopic++].ToBytes(), out var value))
                all[i] = value;
            else
                return false;
        values = new AbiValues(Inputs, all);
        return true;
    }
}

/// <summary>A custom error of a contract.</summary>
public sealed record AbiError(string Name, IReadOnlyList<AbiParameter> Inputs)
{
    internal ReadOnlyMemory<byte> Selector { get; } =
        Keccak256.Hash(Encoding.ASCII.GetBytes(AbiParameter.Signature(Name, Inputs))).AsMemory(0, 4);
}

/// <summary>The interface of a contract, read from the JSON that the compiler writes.</summary>
public sealed class ContractAbi
{
    private readonly Dictionary<string, AbiFunction> _functions = new(StringComparer.Ordinal);
    private readonly Dictionary<string, AbiEvent> _events = new(StringComparer.Ordinal);
    private readonly List<AbiError> _errors = [];

    private ContractAbi() { }

    /// <summary>Types of the constructor's arguments.</summary>
    public IReadOnlyList<AbiType> ConstructorInputs { get; private set; } = [];

    /// <summary>All custom errors.</summary>
    public IReadOnlyList<AbiError> Errors => _errors;

    /// <summary>All events.</summary>
    public IReadOnlyCollection<AbiEvent> Events => _events.Values;

    /// <summary>Reads the JSON array of an ABI. Of overloaded functions the first is kept.</summary>
    public static ContractAbi Parse(JsonElement json)
    {
        var abi = new ContractAbi();
        foreach (var item in json.EnumerateArray())
        {
            var name = item.TryGetProperty("name", out var named) ? named.GetString() ?? "" : "";
            var inputs = item.TryGetProperty("inputs", out var given) ? AbiParameter.ParseAll(given) : [];
            switch (item.GetProperty("type").GetString())
            {
                case "function":
                    abi._functions.TryAdd(
                        name,
                        new AbiFunction(name, inputs, AbiParameter.ParseAll(item.GetProperty("outputs")))
                    );
                    break;
                case "event":
                    abi._events.TryAdd(name, new AbiEvent(name, inputs));
                    break;
                case "error":
                    abi._errors.Add(new AbiError(name, inputs));
                    break;
                case "constructor":
                    abi.ConstructorInputs = [.. inputs.Select(input => input.Type)];
                    break;
            }
        }
        return abi;
    }

    /// <summary>The function of a name.</summary>
    /// <exception cref="KeyNotFoundException">There is none.</exception>
    public AbiFunction Function(string name) => _functions[name];

    /// <summary>The event of a name.</summary>
    /// <exception cref="KeyNotFoundException">There is none.</exception>
    public AbiEvent Event(string name) => _events[name];
}
