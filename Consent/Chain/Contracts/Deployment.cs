using System.Text.Json;
using System.Text.Json.Serialization;
using MedLedger.Consent.Chain.Rpc;
using MedLedger.Consent.Chain.Transactions;
using MedLedger.Consent.Commitments;
using MedLedger.Crypto.Ethereum;
using MedLedger.Crypto.Fields;

namespace MedLedger.Consent.Chain.Contracts;

/// <summary>Who gets which role; the roles are separate so that each key can do one thing.</summary>
public sealed record DeploymentRoles
{
    /// <summary>Inserts grants.</summary>
    public required EthereumAddress Relayer { get; init; }

    /// <summary>Posts roots of enrolments.</summary>
    public required EthereumAddress Authority { get; init; }

    /// <summary>Anchors the record tree and the audit log.</summary>
    public required EthereumAddress Operator { get; init; }

    /// <summary>Reserves and publishes analyses.</summary>
    public required EthereumAddress Publisher { get; init; }

    /// <summary>Propose and approve models.</summary>
    public required IReadOnlyList<EthereumAddress> Officers { get; init; }

    /// <summary>Vetoes and withdraws models.</summary>
    public required EthereumAddress Warden { get; init; }

    /// <summary>Closes the ledger in an emergency.</summary>
    public required EthereumAddress Guardian { get; init; }

    /// <summary>One account for all roles, as a demonstration has it.</summary>
    public static DeploymentRoles All(EthereumAddress account) =>
        new()
        {
            Relayer = account,
            Authority = account,
            Operator = account,
            Publisher = account,
            Officers = [account],
            Warden = account,
            Guardian = account,
        };
}

/// <summary>What the contracts are told once.</summary>
public sealed record DeploymentOptions
{
    /// <summary>Who gets which role.</summary>
    public required DeploymentRoles Roles { get; init; }

    /// <summary>Officers that must agree on a model.</summary>
    public byte ModelApprovals { get; init; } = 1;

    /// <summary>Seconds in which an accepted model can be vetoed.</summary>
    public ulong ModelDelay { get; init; }

    /// <summary>Seconds for which a reservation holds.</summary>
    public ulong ReservationPeriod { get; init; } = 3600;
}

/// <summary>Where the contracts are. Written as JSON into data folder and trust file; holds no secret.</summary>
public sealed record Deployment
{
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        WriteIndented = true,
        Converters = { new AddressConverter() },
    };

    /// <summary>The chain (EIP-155).</summary>
    public required ulong ChainId { get; init; }

    /// <summary>A block before the first contract: logs are read from here.</summary>
    public required ulong FirstBlock { get; init; }

    /// <summary>Tree of grants.</summary>
    public required EthereumAddress ConsentRegistry { get; init; }

    /// <summary>Roots of enrolments.</summary>
    public required EthereumAddress EnrolmentRegistry { get; init; }

    /// <summary>Roots of records.</summary>
    public required EthereumAddress RecordAnchor { get; init; }

    /// <summary>Tree of models.</summary>
    public required EthereumAddress ModelRegistry { get; init; }

    /// <summary>Heads of the audit log.</summary>
    public required EthereumAddress AuditAnchor { get; init; }

    /// <summary>Words of nullifiers, of all versions of the ledger: the first version, which keeps them.</summary>
    public required EthereumAddress NullifierSet { get; init; }

    /// <summary>Groth16 under the circuit's key.</summary>
    public required EthereumAddress AnalysisVerifier { get; init; }

    /// <summary>Analyses.</summary>
    public required EthereumAddress AnalysisLedger { get; init; }

    /// <summary>The signal <c>registryId</c>.</summary>
    [JsonIgnore]
    public Fr RegistrySignal => RegistryId.Compute(ChainId, ConsentRegistry);

    /// <summary>The signal <c>context</c>.</summary>
    [JsonIgnore]
    public Fr ContextSignal => Context.Compute(ChainId, AnalysisLedger);

    /// <summary>Names and addresses, in the order of deployment.</summary>
    [JsonIgnore]
    public IReadOnlyList<(string Name, EthereumAddress Address)> Contracts =>
        [
            (nameof(ConsentRegistry), ConsentRegistry),
            (nameof(EnrolmentRegistry), EnrolmentRegistry),
            (nameof(RecordAnchor), RecordAnchor),
            (nameof(ModelRegistry), ModelRegistry),
            (nameof(AuditAnchor), AuditAnchor),
            (nameof(NullifierSet), NullifierSet),
            (nameof(AnalysisVerifier), AnalysisVerifier),
            (nameof(AnalysisLedger), AnalysisLedger),
        ];

    /// <summary>Deploys all contracts and gives out the roles; the sender's account becomes administrator.</summary>
    /// <param name="client">The chain.</param>
    /// <param name="sender">Pays and administers.</param>
    /// <param name="options">Roles and constants.</param>
    /// <param name="progress">Told the name of each step before it is sent.</param>
    /// <param name="cancellation">Ends the wait; what was deployed stays.</param>
    public static async Task<Deployment> DeployAsync(
        EthereumClient client,
        TransactionSender sender,
        DeploymentOptions options,
        Action<string>? progress,
        CancellationToken cancellation
    )
    {
        var admin = sender.Address;
        var head = await client.HeadAsync(cancellation).ConfigureAwait(false);

        async Task<EthereumAddress> Create(string name, params object[] arguments)
        {
            progress?.Invoke(name);
            var code = ContractArtifact.Load(name).CreationCode(arguments);
            var request = new TransactionRequest
            {
                To = null,
                Data = code,
                Purpose = $"deploy {name}",
            };
            var mined = await sender.SendAsync(request, cancellation).ConfigureAwait(false);
            return mined.Receipt.Contract
                ?? throw new JsonException($"The node names no address for the deployed {name}.");
        }

        var t3 = await Create("PoseidonT3").ConfigureAwait(false);
        var t5 = await Create("PoseidonT5").ConfigureAwait(false);
        var consents = await Create("ConsentRegistry", admin, t3, t5).ConfigureAwait(false);
        var enrolments = await Create("EnrolmentRegistry", admin).ConfigureAwait(false);
        var records = await Create("RecordAnchor", admin).ConfigureAwait(false);
        var models = await Create("ModelRegistry", admin, t3, options.ModelApprovals, options.ModelDelay)
            .ConfigureAwait(false);
        var audit = await Create("AuditAnchor", admin).ConfigureAwait(false);
        var verifier = await Create("AnalysisVerifier").ConfigureAwait(false);
        var ledger = await Create(
                "AnalysisLedger",
                admin,
                EthereumAddress.Zero, // the first version keeps the set of nullifiers
                verifier,
                Context.CircuitVersion,
                options.ReservationPeriod,
                new object[] { records, models, enrolments, consents }
            )
            .ConfigureAwait(false);

        var chainId = await client.ChainIdAsync(cancellation).ConfigureAwait(false);
        var deployment = new Deployment
        {
            ChainId = chainId,
            // an embedded chain has other block numbers after it was rebuilt
            FirstBlock = chainId == EmbeddedChain.Id ? 0 : head.Number,
            ConsentRegistry = consents,
            EnrolmentRegistry = enrolments,
            RecordAnchor = records,
            ModelRegistry = models,
            AuditAnchor = audit,
            NullifierSet = ledger,
            AnalysisVerifier = verifier,
            AnalysisLedger = ledger,
        };
        foreach (var step in deployment.Assignments(client, options.Roles))
        {
            progress?.Invoke(step.Purpose);
            await sender.SendAsync(step, cancellation).ConfigureAwait(false);
        }
        return deployment;
    }

    /// <summary>The first contract whose code is missing on the chain, or null when all are there.</summary>
    public async Task<string?> FindMissingAsync(EthereumClient client, CancellationToken cancellation)
    {
        foreach (var (name, address) in Contracts)
            if ((await client.CodeAsync(address, cancellation).ConfigureAwait(false)).Length == 0)
                return name;
        return null;
    }

    /// <summary>The JSON form.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, Json);

    /// <summary>Reads the JSON form; null when it is anything else.</summary>
    public static Deployment? TryParse(string json)
    {
        try
        {
            return JsonSerializer.Deserialize<Deployment>(json, Json);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private IEnumerable<TransactionRequest> Assignments(EthereumClient client, DeploymentRoles roles)
    {
        var ledger = new AnalysisLedger(client, AnalysisLedger);
        var models = new ModelRegistry(client, ModelRegistry);
        yield return new ConsentRegistry(client, ConsentRegistry).GrantRole("RELAYER", roles.Relayer);
        yield return new EnrolmentRegistry(client, EnrolmentRegistry).GrantRole("AUTHORITY", roles.Authority);
        yield return new RecordAnchor(client, RecordAnchor).GrantRole("OPERATOR", roles.Operator);
        yield return new AuditAnchor(client, AuditAnchor).GrantRole("OPERATOR", roles.Operator);
        foreach (var officer in roles.Officers)
            yield return models.GrantRole("OFFICER", officer);
        yield return models.GrantRole("WARDEN", roles.Warden);
        yield return ledger.GrantRole("PUBLISHER", roles.Publisher);
        yield return ledger.GrantRole("GUARDIAN", roles.Guardian);
    }

    private sealed class AddressConverter : JsonConverter<EthereumAddress>
    {
        public override EthereumAddress Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options) =>
            EthereumAddress.TryParse(reader.GetString(), out var address)
                ? address
                : throw new JsonException("Not an address.");

        public override void Write(Utf8JsonWriter writer, EthereumAddress value, JsonSerializerOptions options) =>
            writer.WriteStringValue(value.ToString());
    }
}
