using System.Collections.Concurrent;
using System.Text.Json;
using Hl7.Fhir.FhirPath;
using Hl7.Fhir.Model;
using Hl7.FhirPath;
using Hl7.FhirPath.Expressions;

namespace MedLedger.Api.Fhir;

/// <summary>
/// A rule of FHIR R4 that holds whatever the profile: a constraint of a StructureDefinition, or the required binding of a
/// CodeableConcept. Data: <c>invariants.json</c>, made of profiles-types.xml, profiles-resources.xml and valuesets.xml of
/// the specification (Hl7.Fhir.Specification.Data.R4 6.8.0), by element path. What the strict parser and
/// <see cref="NarrativeCheck"/> refuse already (ele-1, txt-1, txt-2) is not in it; ppc-1, which R5 dropped, is a warning: a
/// Consent here is the patient's own rule and need not name another policy.
/// </summary>
/// <param name="Key">As the specification names it (<c>obs-6</c>).</param>
/// <param name="IsWarning">It should hold, and need not.</param>
/// <param name="Human">What it says, in words.</param>
/// <param name="Expression">The FHIRPath expression.</param>
/// <param name="Holds">The same, compiled.</param>
internal sealed record Invariant(string Key, bool IsWarning, string Human, string Expression, CompiledExpression Holds)
{
    private static readonly FhirPathCompiler Compiler = new(new SymbolTable().AddStandardFP().AddFhirExtensions());
    private static readonly Dictionary<string, Source[]> Sources = Load();

    private static readonly ConcurrentDictionary<(Type Type, Type? Parent, string Name), Invariant[]> Cache = [];
    private static readonly ConcurrentDictionary<string, Invariant[]> Compiled = new(StringComparer.Ordinal);

    /// <summary>The paths that have invariants.</summary>
    public static IEnumerable<string> Paths => Sources.Keys;

    /// <summary>Those of an element: of its type, of the types that it is a kind of, and of its place in another type.</summary>
    public static IReadOnlyList<Invariant> Of(Base element, Base? parent, string name) =>
        Cache.TryGetValue((element.GetType(), parent?.GetType(), name), out var known)
            ? known
            : Cache.GetOrAdd(
                (element.GetType(), parent?.GetType(), name),
                [.. Names(element, $"{parent?.TypeName}.{name}").SelectMany(At)]
            );

    /// <summary>Those that are stated at a path of the specification.</summary>
    public static IReadOnlyList<Invariant> At(string path) =>
        Compiled.GetOrAdd(
            path,
            static one =>
                Sources.TryGetValue(one, out var sources)
                    ?
                    [
                        .. sources.Select(s => new Invariant(
                            s.Key,
                            s.Severity == "warning",
                            s.Human,
                            s.Expression,
                            Compiler.Compile(s.Expression)
                        )),
                    ]
                    : []
        );

    private static IEnumerable<string> Names(Base element, string path)
    {
        var names = new List<string> { element.TypeName, path };
        for (var type = element.GetType().BaseType; type is not null && type != typeof(Base); type = type.BaseType)
            names.Add(type.Name);
        return names.Distinct(StringComparer.Ordinal);
    }

    private static Dictionary<string, Source[]> Load()
    {
        using var data = typeof(Invariant).Assembly.GetManifestResourceStream("invariants.json")!;
        return JsonSerializer.Deserialize<Dictionary<string, Source[]>>(data, JsonSerializerOptions.Web)!;
    }

    private sealed record Source(string Key, string Severity, string Human, string Expression);
}
