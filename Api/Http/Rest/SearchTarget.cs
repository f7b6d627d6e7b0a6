using MedLedger.Api.Fhir;
using MedLedger.Api.Identity;
using MedLedger.Api.Records;

namespace MedLedger.Api.Http.Rest;

/// <summary>What a search is over: a type, or a type (<c>*</c> for all) in a compartment (FHIR R4, compartmentdefinition.html).</summary>
/// <param name="Type">The resource type.</param>
/// <param name="Path">Below the base.</param>
/// <param name="Compartment"><c>Type/id</c>; null for none.</param>
internal sealed record SearchTarget(string Type, string Path, string? Compartment)
{
    /// <summary>What the URL names.</summary>
    public static SearchTarget Of(FhirExchange exchange) =>
        exchange.Inner.Length == 0
            ? new SearchTarget(exchange.Type, exchange.Type, null)
            : new SearchTarget(exchange.Inner, $"{exchange.Reference}/{exchange.Inner}", exchange.Reference);

    /// <summary>The answer when there can be no such search.</summary>
    public IResult? Refuse(FhirExchange exchange)
    {
        var isAll = Type == RecordQuery.AnyType && Compartment is not null;
        if (Compartment is not null && !SearchCompartment.Types.Contains(exchange.Type, StringComparer.Ordinal))
            return Outcomes.NotSupported;
        if (!isAll && !ResourceParser.ResourceTypes.Contains(Type))
            return Outcomes.Table.NoSuchType.ToResult();
        if (Compartment is null)
            return null;
        // The scopes have to cover what is found; of all types, those that they cover are found.
        var scopes = exchange.Caller.Scopes;
        var isCovered = isAll ? scopes.HasPermissions : scopes.Allow(Type, ScopePermissions.Search);
        return isCovered ? null : Outcomes.Table.OutsideScope.ToResult();
    }
}
