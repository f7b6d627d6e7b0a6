using System.Collections.Concurrent;
using System.Text.Json;
using MedLedger.Consent.Chain.Abi;

namespace MedLedger.Consent.Chain.Contracts;

/// <summary>Interface and creation code of one of our contracts, as compiled and committed under <c>contracts/artifacts</c>.</summary>
public sealed class ContractArtifact
{
    private static readonly string[] Names =
    [
        "ConsentRegistry",
        "EnrolmentRegistry",
        "RecordAnchor",
        "ModelRegistry",
        "AuditAnchor",
        "AnalysisVerifier",
        "AnalysisLedger",
    ];

    private static readonly ConcurrentDictionary<string, ContractArtifact> Loaded = new(StringComparer.Ordinal);

    private static readonly Lazy<IReadOnlyList<AbiError>> Errors = new(() =>
        [.. Names.SelectMany(name => Load(name).Abi.Errors)]
    );

    private ContractArtifact(string name, ContractAbi abi, ReadOnlyMemory<byte> bytecode) =>
        (Name, Abi, Bytecode) = (name, abi, bytecode);

    /// <summary>The contract's name.</summary>
    public string Name { get; }

    /// <summary>Its functions, events and errors.</summary>
    public ContractAbi Abi { get; }

    /// <summary>Its creation code, before constructor arguments.</summary>
    public ReadOnlyMemory<byte> Bytecode { get; }

    /// <summary>The custom errors of all contracts: one may pass on another's.</summary>
    public static IReadOnlyList<AbiError> AllErrors => Errors.Value;

    /// <summary>Loads a contract by its name.</summary>
    /// <exception cref="ArgumentException">There is none of this name.</exception>
    public static ContractArtifact Load(string name) =>
        Loaded.GetOrAdd(
            name,
            static name =>
            {
                using var stream =
                    typeof(ContractArtifact).Assembly.GetManifestResourceStream($"contracts/{name}.json")
                    ?? throw new ArgumentException($"There is no contract '{name}'.", nameof(name));
                using var json = JsonDocument.Parse(stream);
                return new ContractArtifact(
                    name,
                    ContractAbi.Parse(json.RootElement.GetProperty("abi")),
                    Convert.FromHexString(json.RootElement.GetProperty("bytecode").GetString().AsSpan(2))
                );
            }
        );

    /// <summary>Creation code with constructor arguments.</summary>
    /// <exception cref="ArgumentException">The arguments do not fit.</exception>
    public ReadOnlyMemory<byte> CreationCode(params object[] arguments) =>
        (byte[])[.. Bytecode.Span, .. AbiEncoder.Encode(Abi.ConstructorInputs, arguments)];
}
