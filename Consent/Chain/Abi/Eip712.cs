using System.Numerics;
using System.Text;
using MedLedger.Crypto.Ethereum;

namespace MedLedger.Consent.Chain.Abi;

/// <summary>The domain that a typed signature is bound to (EIP-712); members that are null do not take part.</summary>
public sealed record Eip712Domain(
    string? Name,
    string? Version,
    BigInteger? ChainId,
    EthereumAddress? VerifyingContract,
    Bytes32? Salt = null
);

/// <summary>One member of a struct type: its name, and a type name that may be another struct or an array of it.</summary>
public sealed record Eip712Member(string Name, string Type);

/// <summary>Structured data as wallets sign it: <c>encode(domain, message) = 0x19 0x01 domainSeparator hashStruct(message)</c>.</summary>
public sealed class Eip712
{
    private readonly IReadOnlyDictionary<string, IReadOnlyList<Eip712Member>> _types;

    /// <summary>Takes the struct types by name, with all that they refer to.</summary>
    public Eip712(IReadOnlyDictionary<string, IReadOnlyList<Eip712Member>> types) => _types = types;

    /// <summary>The 32 bytes that are signed.</summary>
    /// <param name="domain">What the signature is bound to.</param>
    /// <param name="primaryType">Name of the message's struct type.</param>
    /// <param name="message">Values by member; structs are dictionaries, arrays are object[].</param>
    /// <exception cref="ArgumentException">A value is missing or does not fit its type.</exception>
    public Bytes32 Digest(Eip712Domain domain, string primaryType, IReadOnlyDictionary<string, object> message) =>
        new(Keccak256.Hash([0x19, 0x01, .. DomainSeparator(domain), .. HashStruct(primaryType, message)]));

    /// <summary><c>domainSeparator = hashStruct(eip712Domain)</c>.</summary>
    public static byte[] DomainSeparator(Eip712Domain domain)
    {
        var members = new List<Eip712Member>();
        var values = new Dictionary<string, object>(StringComparer.Ordinal);
        void Add(string name, string type, object? value)
        {
            if (value is null)
                return;
            members.Add(new(name, type));
            values.Add(name, value);
        }
        Add("name", "string", domain.Name);
        Add("version", "string", domain.Version);
        Add("chainId", "uint256", domain.ChainId);
        Add("verifyingContract", "address", domain.VerifyingContract);
        Add("salt", "bytes32", domain.Salt);
        var types = new Dictionary<string, IReadOnlyList<Eip712Member>>(StringComparer.Ordinal)
        {
            ["EIP712Domain"] = members,
        };
        return new Eip712(types).HashStruct("EIP712Domain", values);
    }

    /// <summary><c>encodeType(primaryType)</c>: the struct, then all it refers to in the order of their names.</summary>
    public string EncodeType(string primaryType)
    {
        var seen = new SortedSet<string>(StringComparer.Ordinal);
        Collect(primaryType, seen);
        seen.Remove(primaryType);
        var text = new StringBuilder();
        foreach (var type in seen.Prepend(primaryType))
            text.Append(type)
                .Append('(')
                .AppendJoin(',', _types[type].Select(member => $"{member.Type} {member.Name}"))
                .Append(')');
        return text.ToString();
    }

    /// <summary><c>hashStruct(s) = keccak256(typeHash, encodeData(s))</c>.</summary>
    public byte[] HashStruct(string type, IReadOnlyDictionary<string, object> values)
    {
        var encoded = new MemoryStream();
        encoded.Write(Keccak256.Hash(Encoding.UTF8.GetBytes(EncodeType(type))));
        foreach (var member in _types[type])
        {
            if (!values.TryGetValue(member.Name, out var value))
                throw new ArgumentException($"The member '{member.Name}' is missing.", nameof(values));
            encoded.Write(EncodeValue(member.Type, value));
        }
        return Keccak256.Hash(encoded.ToArray());
    }

    private byte[] EncodeValue(string type, object value)
    {
        if (type.EndsWith(']') && value is System.Collections.IEnumerable items)
        {
            var element = type[..type.LastIndexOf('[')];
            return Keccak256.Hash([.. items.Cast<object>().SelectMany(item => EncodeValue(element, item))]);
        }
        if (_types.ContainsKey(type) && value is IReadOnlyDictionary<string, object> inner)
            return HashStruct(type, inner);
        return (type, value) switch
        {
            ("string", string text) => Keccak256.Hash(Encoding.UTF8.GetBytes(text)),
            ("bytes", byte[] bytes) => Keccak256.Hash(bytes),
            _ => AbiEncoder.Word(AbiType.Parse(type), value),
        };
    }

    private void Collect(string type, SortedSet<string> seen)
    {
        var name = type.Split('[')[0];
        if (!_types.TryGetValue(name, out var members) || !seen.Add(name))
            return;
        foreach (var member in members)
            Collect(member.Type, seen);
    }
}
