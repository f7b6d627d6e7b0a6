using System.Text.Json;
using MedLedger.Consent.Vault;
using MedLedger.Crypto.Fields;

namespace MedLedger.Consent.Access;

/// <summary>What a stored record turned out to be, without anything of its content.</summary>
/// <param name="HasOwnKey">Its reference hashes to the key that it is stored under.</param>
/// <param name="HasOwnTags">The content tags of all compartments are those of its content.</param>
/// <param name="IsDeletion">It has nothing but type and id.</param>
/// <param name="TypeTokens">The token of its type, by patient key (<see cref="PatientIndex.Token"/>).</param>
/// <param name="Tokens">The tokens that it is found by, by patient key, the one of its type first.</param>
public sealed record CheckedRecord(
    bool HasOwnKey,
    bool HasOwnTags,
    bool IsDeletion,
    IReadOnlyDictionary<string, string> TypeTokens,
    IReadOnlyDictionary<string, IReadOnlyList<string>> Tokens
);

/// <summary>
/// Opens stored records only to see whether they open and agree with what stands beside them; no content leaves. The
/// permits for that are made and used up here. For one thread.
/// </summary>
public sealed class RecordCheck(RecordVault vault) : IDisposable
{
    private readonly OpeningSession _session = vault.BeginOpening();

    /// <summary>Checks one version of a record.</summary>
    /// <param name="record">The row.</param>
    /// <param name="keys">What opens it.</param>
    /// <param name="leaves">Its current leaves by patient key; null for a superseded version, which has none.</param>
    /// <param name="terms">
    /// What a resource of a type is found by: parameters and normalized values. It is given the content and must keep nothing.
    /// </param>
    /// <returns>Null when it does not open, or does not hash to its leaves.</returns>
    public CheckedRecord? Check(
        SealedRecord record,
        IReadOnlyList<CompartmentKeys> keys,
        IReadOnlyDictionary<string, Fr>? leaves,
        Func<JsonElement, string, IReadOnlyList<(string Parameter, string Value)>> terms
    )
    {
        ArgumentNullException.ThrowIfNull(record);
        ArgumentNullException.ThrowIfNull(terms);
        var permits = record.Compartments.Select(c => vault.OwnPermit(record, c.PatientKey)).ToList();
        using var opened = leaves is null
            ? _session.OpenSuperseded(permits, record, keys)
            : _session.Open(permits, record, keys, leaves);
        if (opened is null)
            return null;

        using var json = JsonDocument.Parse(opened.Content(), new JsonDocumentOptions { MaxDepth = 512 });
        var type = opened.Facts.Type;
        var found = terms(json.RootElement, type);
        var hasOwnTags = true;
        var typeTokens = new Dictionary<string, string>(StringComparer.Ordinal);
        var tokens = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        foreach (var compartment in record.Compartments)
        {
            using var index = vault.OpenIndex(compartment.PatientKey);
            if (index is null)
                return null;
            var tag = index.ContentTag(record.RecordKey, opened.Content().Span);
            hasOwnTags &= tag.AsSpan().SequenceEqual(compartment.ContentTag);
            var ofType = index.Token("", "_type", type);
            typeTokens.Add(compartment.PatientKey, ofType);
            tokens.Add(
                compartment.PatientKey,
                [ofType, .. found.Select(term => index.Token(type, term.Parameter, term.Value))]
            );
        }
        return new CheckedRecord(
            vault.RecordKey(opened.Reference) == record.RecordKey,
            hasOwnTags,
            json.RootElement.EnumerateObject().All(member => member.Name is "resourceType" or "id"),
            typeTokens,
            tokens
        );
    }

    /// <inheritdoc/>
    public void Dispose() => _session.Dispose();
}
