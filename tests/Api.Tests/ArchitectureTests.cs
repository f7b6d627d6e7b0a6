using System.Reflection;
using MedLedger.Api.Cli;
using MedLedger.Consent.Access;
using MedLedger.Consent.Vault;
using Mono.Cecil;

namespace MedLedger.Api.Tests;

/// <summary>
/// The one way from a sealed row to a response body, read from the compiled code: who calls what opens, who reads the
/// tables of records, and where FHIR types stand. A new place fails here until it is looked at and named.
/// </summary>
[Trait("threat", "clinician with a valid account")]
public sealed class ArchitectureTests
{
    private const string Vault = "MedLedger.Consent.Vault";

    // Tables of sealed rows and of what they are found by.
    private static readonly string[] RecordTables =
    [
        "Records",
        "Compartments",
        "Encapsulations",
        "Segments",
        "Stanzas",
        "Leaves",
        "Search",
        "Tokens",
    ];

    private static readonly string[] RecordRows =
    [
        "RecordRow",
        "CompartmentRow",
        "KeyEncapsulation",
        "Segment",
        "KeyStanza",
        "LeafRow",
        "SearchRow",
        "TokenRow",
    ];

    private static readonly Lazy<IReadOnlyList<Call>> ApiCalls = new(() => CallsOf(typeof(CommandLine).Assembly));
    private static readonly Lazy<IReadOnlyList<Call>> ConsentCalls = new(() => CallsOf(typeof(RecordVault).Assembly));

    [Fact]
    public void Sealed_records_are_opened_in_the_named_places_only()
    {
        var openers = ApiCalls
            .Value.Concat(ConsentCalls.Value)
            .Where(call =>
                (call.Type == Vault + ".RecordVault" && call.Method is "BeginOpening" or "Open")
                || (call.Type == Vault + ".OpeningSession" && call.Method is "Open" or "OpenSuperseded")
            );
        Assert.Equal(
            [
                "MedLedger.Api.Jobs.AnalysisJobs",
                "MedLedger.Api.Records.RecordOpener",
                "MedLedger.Api.Records.Resealing", // hands the session to the sealing, which seals again what it opened
                "MedLedger.Consent.Access.RecordCheck", // fsck: tells whether it opens, and nothing of it
                "MedLedger.Consent.Access.RecordGate", // Consents, as the rules that they are
                "MedLedger.Consent.Access.RecordLabelling", // for the labels alone; no content leaves
                "MedLedger.Consent.Vault.OpeningSession",
                "MedLedger.Consent.Vault.RecordVault",
                "MedLedger.Consent.Vault.SealingTransaction",
            ],
            Callers(openers),
            StringComparer.Ordinal
        );
    }

    [Fact]
    public void Opening_takes_a_permit_and_permits_are_made_by_the_gate_alone()
    {
        var opening = new[] { typeof(RecordVault), typeof(OpeningSession) }
            .SelectMany(type => type.GetMethods(BindingFlags.Public | BindingFlags.Instance))
            .Where(method => method.ReturnType == typeof(OpenedRecord))
            .ToList();
        Assert.NotEmpty(opening);
        Assert.All(
            opening,
            method =>
                Assert.Contains(
                    method.GetParameters(),
                    p =>
                        p.ParameterType == typeof(AccessDecision.Permit)
                        || p.ParameterType == typeof(IReadOnlyList<AccessDecision.Permit>)
                )
        );
        Assert.Empty(typeof(AccessDecision.Permit).GetConstructors());
        Assert.Empty(typeof(OpenedRecord).GetConstructors());
        Assert.DoesNotContain(
            ApiCalls.Value,
            call => call is { Type: "MedLedger.Consent.Access.AccessDecision/Permit", Method: ".ctor" }
        );
    }

    [Fact]
    public void Bodies_of_records_are_made_where_the_gate_is_asked()
    {
        var makers = ApiCalls.Value.Where(call =>
            call is { Type: "MedLedger.Api.Records.ReadableRecord", Method: ".ctor" }
        );
        Assert.All(
            Callers(makers),
            type => Assert.StartsWith("MedLedger.Api.Records.", type, StringComparison.Ordinal)
        );
    }

    [Fact]
    public void No_handler_reads_the_tables_of_records()
    {
        var reading = ApiCalls.Value.Where(call =>
            call.Caller.StartsWith("MedLedger.Api.Http.", StringComparison.Ordinal)
            && (
                (
                    call.Type == "MedLedger.Api.Persistence.LedgerContext"
                    && RecordTables.Any(table => call.Method == "get_" + table)
                )
                || (
                    call.Method is "Set"
                    && RecordRows.Any(row => call.Arguments.Contains(row, StringComparison.Ordinal))
                )
                || call.Type is "MedLedger.Api.Records.RecordReader" or "MedLedger.Api.Records.SealedRows"
                || call.Type == "MedLedger.Api.Persistence.Query"
                || call.Type.StartsWith("Microsoft.Data.Sqlite.", StringComparison.Ordinal)
                || call.Method is "FromSql" or "FromSqlRaw" or "SqlQuery" or "SqlQueryRaw" or "ExecuteSqlRawAsync"
            )
        );
        Assert.Equal(
            [
                "MedLedger.Api.Http.AnalysisApi", // a report's row, for RecordOpener
                "MedLedger.Api.Http.Rest.ConsentApi", // whether an id is taken
            ],
            Callers(reading),
            StringComparer.Ordinal
        );
    }

    [Fact]
    public void FHIR_types_stand_where_resources_are_read_and_written()
    {
        var users = ApiCalls
            .Value.Where(call => call.Type.StartsWith("Hl7.Fhir.", StringComparison.Ordinal))
            .Select(call => call.Caller[..call.Caller.LastIndexOf('.')])
            .Distinct(StringComparer.Ordinal)
            .Except(["MedLedger.Api.Fhir", "MedLedger.Api.Http.Rest"], StringComparer.Ordinal);
        Assert.Empty(users);
        foreach (var assembly in new[] { typeof(RecordVault).Assembly, typeof(Crypto.Sealing.SecretKey).Assembly })
        {
            Assert.DoesNotContain(
                assembly.GetReferencedAssemblies(),
                name => name.Name!.StartsWith("Hl7.", StringComparison.Ordinal)
            );
        }
    }

    // The rules above would hold of nothing, too.
    [Fact]
    public void Calls_are_seen_inside_async_methods_and_lambdas()
    {
        Assert.True(ApiCalls.Value.Count > 10_000, $"{ApiCalls.Value.Count} calls");
        Assert.Contains(
            ApiCalls.Value,
            call =>
                call
                    is { Caller: "MedLedger.Api.Records.RecordReader", Type: "MedLedger.Api.Persistence.LedgerContext" }
                && call.Method == "get_Compartments"
        );
        Assert.Contains(
            ApiCalls.Value,
            call => call is { Caller: "MedLedger.Api.Http.Rest.SearchApi", Method: "CreateDbContext" }
        );
    }

    private static IEnumerable<string> Callers(IEnumerable<Call> calls) =>
        calls.Select(call => call.Caller).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);

    private static List<Call> CallsOf(Assembly assembly)
    {
        using var module = ModuleDefinition.ReadModule(assembly.Location);
        return
        [
            .. module
                .GetTypes()
                .SelectMany(type => type.Methods.Where(m => m.HasBody), (type, method) => (Outermost(type), method))
                .SelectMany(
                    pair => pair.method.Body.Instructions.Select(i => i.Operand).OfType<MethodReference>(),
                    (pair, called) =>
                        new Call(
                            pair.Item1,
                            called.DeclaringType.GetElementType().FullName,
                            called.Name,
                            called is GenericInstanceMethod generic ? string.Join(',', generic.GenericArguments) : ""
                        )
                ),
        ];
    }

    // Lambdas and async methods are compiled into types inside the one that they were written in.
    private static string Outermost(TypeDefinition type)
    {
        while (type.DeclaringType is { } outer)
            type = outer;
        return type.FullName;
    }

    private sealed record Call(string Caller, string Type, string Method, string Arguments);
}
