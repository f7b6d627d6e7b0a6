using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Text;
using Hl7.Fhir.Introspection;
using Hl7.Fhir.Model;
using Hl7.Fhir.Validation;

namespace MedLedger.Api.Fhir;

/// <summary>What a member is for besides its value.</summary>
internal enum PlainRole
{
    None,
    Id,
    Meta,
    Contained,
    Reference,
    Start,
    End,
}

/// <summary>A member of an element, as JSON names it.</summary>
/// <param name="Bit">Of the element that it is a form of: those of a choice share one.</param>
/// <param name="IsList">Whether it stands in an array.</param>
/// <param name="Value">Checks a primitive; null for what has members.</param>
/// <param name="Role">What it is for.</param>
/// <param name="Binding">The codes of which a concept has to have one; null for all others.</param>
/// <param name="Inner">The shape of what has members; null when nothing of it is plain.</param>
internal sealed record PlainMember(
    ulong Bit,
    bool IsList,
    PlainValue? Value,
    PlainRole Role,
    PlainBinding? Binding,
    Lazy<PlainShape?> Inner
)
{
    public PlainShape? Shape => Inner.Value;
}

/// <summary>
/// The members of a type at its place, which of them are mandatory, and which of them together keep its invariants: made
/// of the definitions that the strict parser and <see cref="Invariant"/> use.
/// </summary>
internal sealed class PlainShape
{
    /// <summary>Set for an element with a negative number.</summary>
    public const ulong Negative = 1UL << 63;

    /// <summary>Set for a Period that ends when it starts or later.</summary>
    public const ulong Ordered = 1UL << 62;

    /// <summary>Set for a status that says that a condition is over (con-4).</summary>
    public const ulong Ended = 1UL << 61;

    /// <summary>Set for a status that says that something was entered in error.</summary>
    public const ulong Mistaken = 1UL << 60;

    private const int MostMembers = 60;

    // What the rules name besides members.
    private static readonly Dictionary<string, ulong> Marks = new(StringComparer.Ordinal)
    {
        ["negative"] = Negative,
        ["ordered"] = Ordered,
        ["ended"] = Ended,
        ["mistaken"] = Mistaken,
    };

    private static readonly ConcurrentDictionary<(Type Type, Type? Parent, string Name), PlainShape?> Known = [];
    private static readonly ModelInspector Model = ModelInfo.ModelInspector;

    private readonly FrozenDictionary<string, PlainMember> _members;
    private readonly FrozenDictionary<string, PlainMember>.AlternateLookup<ReadOnlySpan<char>> _lookup;
    private readonly List<(ulong Present, ulong Absent)> _clauses;
    private readonly Type _type;

    private PlainShape(Type type, Dictionary<string, PlainMember> members, List<(ulong, ulong)> clauses)
    {
        _type = type;
        _members = members.ToFrozenDictionary(StringComparer.Ordinal);
        _lookup = _members.GetAlternateLookup<ReadOnlySpan<char>>();
        _clauses = clauses;
    }

    /// <summary>The shape of a resource, alone or contained in one; null when none of its kind is plain.</summary>
    public static PlainShape? OfResource(string type, PlainShape? outer) =>
        ResourceParser.ResourceTypes.Contains(type) && Model.FindClassMapping(type) is { } mapping
            ? Of(mapping.NativeType, outer?._type, outer is null ? type : "contained")
            : null;

    /// <summary>The member of a name; null when there is none that is plain.</summary>
    public PlainMember? Find(ReadOnlySpan<byte> name)
    {
        Span<char> text = stackalloc char[64];
        return
            name.Length <= text.Length
            && Ascii.ToUtf16(name, text, out var length) == System.Buffers.OperationStatus.Done
            && _lookup.TryGetValue(text[..length], out var member)
            ? member
            : null;
    }

    /// <summary>Whether an element with these members, and no others, has what is mandatory and keeps its invariants.</summary>
    public bool Holds(ulong seen)
    {
        foreach (var (present, absent) in _clauses)
        {
            if ((seen & present) == 0 && (~seen & absent) == 0)
                return false;
        }
        return true;
    }

    private static PlainShape? Of(Type type, Type? parent, string name) =>
        Known.TryGetValue((type, parent, name), out var known)
            ? known
            : Known.GetOrAdd((type, parent, name), static key => Make(key.Type, key.Parent, key.Name));

    private static PlainShape? Make(Type type, Type? parent, string name)
    {
        if (
            type.IsAbstract
            || Model.FindClassMapping(type) is not { } mapping
            || mapping.ValidationAttributes.Length > 0
            || mapping.PropertyMappings.Count > MostMembers
        )
            return null;
        if (Rules(type, parent, name) is not var (rules, bindings))
            return null;
        var bits = new Dictionary<string, ulong>(Marks, StringComparer.Ordinal);
        var members = new Dictionary<string, PlainMember>(StringComparer.Ordinal);
        var clauses = new List<(ulong Present, ulong Absent)>();
        // Something besides an id (ele-1).
        var content = 0UL;
        foreach (var property in mapping.PropertyMappings)
        {
            var bit = 1UL << (bits.Count - Marks.Count);
            bits.Add(property.Name, bit);
            content |= property.Name == "id" ? 0 : bit;
            if (property.IsMandatoryElement)
                clauses.Add((bit, 0));
            var binding = bindings.Find(b => b.Member == property.Name);
            // A choice has no binding that could be told here.
            if (HasPlainCardinality(property) && (binding is null || property.Choice != ChoiceType.DatatypeChoice))
                AddMembers(members, property, bit, type, binding);
        }
        if (!bindings.TrueForAll(binding => bits.ContainsKey(binding.Member)))
            return null;
        clauses.Add((content, 0));
        clauses.AddRange(rules.Select(clause => Compile(clause, bits)));
        return new PlainShape(type, members, clauses);
    }

    // Null when one of its invariants is never plain.
    private static (List<string> Clauses, List<PlainBinding> Bindings)? Rules(Type type, Type? parent, string name)
    {
        var (clauses, bindings) = (new List<string>(), new List<PlainBinding>());
        foreach (var invariant in Invariant.Of(Instance(type), parent is null ? null : Instance(parent), name))
        {
            if (invariant.IsWarning)
                continue;
            if (PlainBinding.TryParse(invariant.Expression) is { } binding)
                bindings.Add(binding);
            else if (PlainRules.Find(invariant.Key) is { } rule)
                clauses.AddRange(rule);
            else
                return null;
        }
        return (clauses, bindings);
    }

    private static (ulong Present, ulong Absent) Compile(string clause, Dictionary<string, ulong> bits)
    {
        var (present, absent) = (0UL, 0UL);
        foreach (var literal in clause.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (literal.StartsWith('!'))
                absent |= bits[literal[1..]];
            else
                present |= bits[literal];
        }
        return (present, absent);
    }

    private static Base Instance(Type type) => (Base)Activator.CreateInstance(type)!;

    private static bool HasPlainCardinality(PropertyMapping property) =>
        property.ValidationAttributes.All(attribute =>
            attribute is AllowedTypesAttribute || attribute is CardinalityAttribute { Min: 0 or 1, Max: 1 or -1 }
        );

    private static void AddMembers(
        Dictionary<string, PlainMember> members,
        PropertyMapping property,
        ulong bit,
        Type type,
        PlainBinding? binding
    )
    {
        if (property.Choice != ChoiceType.DatatypeChoice)
        {
            if (Member(property, property.ImplementingType, bit, type, binding) is { } member)
                members.Add(property.Name, member);
            return;
        }
        foreach (var choice in property.FhirType)
        {
            if (
                Model.FindClassMapping(choice) is { } mapping
                && Member(property, choice, bit, type, null) is { } member
            )
                members.Add(property.Name + char.ToUpperInvariant(mapping.Name[0]) + mapping.Name[1..], member);
        }
    }

    private static PlainMember? Member(
        PropertyMapping property,
        Type type,
        ulong bit,
        Type owner,
        PlainBinding? binding
    )
    {
        var role = (property.Name, owner) switch
        {
            ("id", _) => PlainRole.Id,
            ("meta", _) when typeof(Resource).IsAssignableFrom(owner) => PlainRole.Meta,
            ("contained", _) when typeof(Resource).IsAssignableFrom(owner) => PlainRole.Contained,
            ("reference", _) when owner == typeof(ResourceReference) => PlainRole.Reference,
            ("start", _) when owner == typeof(Period) => PlainRole.Start,
            ("end", _) when owner == typeof(Period) => PlainRole.End,
            _ => PlainRole.None,
        };
        var isPrimitive = typeof(PrimitiveType).IsAssignableFrom(type);
        var value =
            role == PlainRole.Reference ? PlainValues.Reference
            : isPrimitive ? PlainValues.Of(type)
            : null;
        return isPrimitive && value is null
            ? null
            : new PlainMember(
                bit,
                property.IsCollection,
                value,
                role,
                binding,
                new Lazy<PlainShape?>(() => Of(type, owner, property.Name))
            );
    }
}
