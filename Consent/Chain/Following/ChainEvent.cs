using MedLedger.Consent.Chain.Abi;
using MedLedger.Consent.Chain.Contracts;
using MedLedger.Consent.Chain.Rpc;
using MedLedger.Crypto.Ethereum;

namespace MedLedger.Consent.Chain.Following;

/// <summary>A decoded event of one of our contracts.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Roots">Which contract's roots it is about, when it is about roots.</param>
/// <param name="Values">Its parameters.</param>
/// <param name="Log">Where it stands.</param>
/// <param name="Time">Block time; 0 when no event of the block tells it.</param>
internal sealed record ChainEvent(string Name, RootKind? Roots, AbiValues Values, ChainLog Log, ulong Time);

/// <summary>Decodes the logs of a deployment's contracts.</summary>
internal sealed class ChainEventReader
{
    private readonly Dictionary<EthereumAddress, (RootKind? Roots, Dictionary<Bytes32, AbiEvent> Events)> _contracts =
    [];

    public ChainEventReader(Deployment deployment)
    {
        Add(deployment.ConsentRegistry, "ConsentRegistry", RootKind.Consent);
        Add(deployment.RecordAnchor, "RecordAnchor", RootKind.Record);
        Add(deployment.ModelRegistry, "ModelRegistry", RootKind.Model);
        Add(deployment.EnrolmentRegistry, "EnrolmentRegistry", RootKind.Enrolment);
        Add(deployment.AuditAnchor, "AuditAnchor", null);
        Add(deployment.AnalysisLedger, "AnalysisLedger", null);
    }

    /// <summary>The contracts whose logs are read.</summary>
    public IReadOnlyList<EthereumAddress> Addresses => [.. _contracts.Keys];

    /// <summary>Decodes the logs of whole blocks, in their order.</summary>
    /// <exception cref="ChainHistoryException">A log of ours is not readable.</exception>
    public IReadOnlyList<ChainEvent> Read(IReadOnlyList<ChainLog> logs)
    {
        var events = new List<ChainEvent>(logs.Count);
        var times = new Dictionary<ulong, ulong>();
        foreach (var log in logs)
        {
            if (!_contracts.TryGetValue(log.Address, out var contract) || log.Topics.Count == 0)
                continue;
            if (!contract.Events.TryGetValue(log.Topics[0], out var known))
                continue;
            if (!known.TryDecode(log.Topics, log.Data, out var values))
                throw new ChainHistoryException($"A log {known.Name} in block {log.Block} is not readable.");
            events.Add(new ChainEvent(known.Name, contract.Roots, values, log, 0));
            // not every event carries the block's time, but each that opens or ends something has one that does beside it
            if (known.Inputs.Any(input => input.Name == "time"))
                times[log.Block] = values.UInt64("time");
        }
        return [.. events.Select(happened => happened with { Time = times.GetValueOrDefault(happened.Log.Block) })];
    }

    private void Add(EthereumAddress address, string name, RootKind? roots) =>
        _contracts[address] = (
            roots,
            ContractArtifact.Load(name).Abi.Events.ToDictionary(known => known.Topic, known => known)
        );
}
