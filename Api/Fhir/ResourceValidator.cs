using System.Buffers;
using System.Globalization;
using Hl7.Fhir.FhirPath;
using Hl7.Fhir.Model;
using Hl7.FhirPath;

namespace MedLedger.Api.Fhir;

/// <summary>Something that a resource breaks: the rule in words, never a value, and where, as a FHIRPath expression.</summary>
/// <param name="IsWarning">It is taken all the same.</param>
/// <param name="Code">From FHIR's value set issue-type.</param>
/// <param name="Text">What.</param>
/// <param name="Expression">Where; empty when that is not known.</param>
internal sealed record ValidationIssue(bool IsWarning, string Code, string Text, string Expression)
{
    /// <summary>In one line.</summary>
    public string Describe() => Expression.Length == 0 ? Text : $"{Text} at {Expression}";
}

/// <summary>
/// Profile-independent validation of a resource that the strict parser accepted: invariants and required bindings of the
/// specification, narrative that fetches and runs nothing, references that are URLs.
/// </summary>
internal static class ResourceValidator
{
    private const int MostIssues = 50;
    private const string Contained = "dom-3";

    /// <summary>What is wrong; warnings too when they are wanted.</summary>
    public static IReadOnlyList<ValidationIssue> Validate(Resource resource, bool withWarnings = false)
    {
        var walk = new Walk(resource, withWarnings);
        walk.Visit(resource, null, resource.TypeName, null);
        return walk.Issues;
    }

    /// <summary>Whether a text can be a string of FHIR: control characters are tabs and line ends alone (R4, datatypes.html#string).</summary>
    public static bool IsText(string text) => !text.AsSpan().ContainsAny(NotInText);

    private sealed class Walk
    {
        private readonly Resource _root;
        private readonly bool _withWarnings;
        private readonly List<(string Name, int? Index)> _path = [];
        private readonly HashSet<string> _fragments = new(StringComparer.Ordinal);
        private Resource _resource;
        private FhirEvaluationContext? _context;

        public Walk(Resource root, bool withWarnings) => (_root, _resource, _withWarnings) = (root, root, withWarnings);

        public List<ValidationIssue> Issues { get; } = [];

        public void Visit(Base element, Base? parent, string name, int? index)
        {
            if (Issues.Count >= MostIssues)
                return;
            _path.Add((name, index));
            var (outer, context) = (_resource, _context);
            // %resource is the contained one inside of it, %rootResource always the outer one.
            if (element is Resource resource && !ReferenceEquals(resource, _root))
                (_resource, _context) = (resource, null);
            if (element is ResourceReference { Reference: ['#', ..] fragment })
                _fragments.Add(fragment);
            if (Problem(element) is var (code, problem))
                Add(false, code, problem);
            var invariants = Invariant.Of(element, parent, name);
            foreach (var invariant in invariants)
                Check(element, invariant);
            if (element is not PrimitiveType primitive || primitive.HasExtensions())
                VisitChildren(element);
            // Its expression walks through the whole resource; where each contained one was named on the way, it holds.
            if (element is DomainResource { Contained: [_, ..] contained } && !contained.TrueForAll(IsNamed))
                Check(element, invariants.First(i => i.Key == Contained), isPlain: false);
            (_resource, _context) = (outer, context);
            _path.RemoveAt(_path.Count - 1);
        }

        private void VisitChildren(Base element)
        {
            foreach (var (name, value) in element.EnumerateElements())
            {
                if (value is Base child)
                {
                    Visit(child, element, name, null);
                }
                else if (value is IEnumerable<Base> children)
                {
                    var index = 0;
                    foreach (var one in children)
                        Visit(one, element, name, index++);
                }
            }
        }

        private bool IsNamed(Resource contained) => _fragments.Contains("#" + contained.Id);

        private void Check(Base element, Invariant invariant, bool isPlain = true)
        {
            if ((invariant.IsWarning && !_withWarnings) || (isPlain && HoldsPlainly(element, invariant.Key)))
                return;
            _context ??= new FhirEvaluationContext { Resource = Node(_resource), RootResource = Node(_root) };
            bool holds;
            try
            {
                holds = invariant.Holds.Predicate(Node(element), _context);
            }
            catch (Exception failure)
                when (failure is InvalidOperationException or FormatException or ArgumentException)
            {
                holds = false;
            }
            if (!holds)
                Add(invariant.IsWarning, "invariant", $"{invariant.Key}: {invariant.Human}");
        }

        private static PocoNode Node(Base element) => element.ToPocoNode(ModelInfo.ModelInspector, null);

        private void Add(bool isWarning, string code, string text)
        {
            var location = string.Join(
                '.',
                _path.Select(p =>
                    p.Index is { } at ? string.Create(CultureInfo.InvariantCulture, $"{p.Name}[{at}]") : p.Name
                )
            );
            Issues.Add(new ValidationIssue(isWarning, code, text, location));
        }

        // The rules of the commonest elements, where it is plain without FHIRPath that they hold.
        private static bool HoldsPlainly(Base element, string key) =>
            (element, key) switch
            {
                (ResourceReference reference, "ref-1") => reference.Reference?.StartsWith('#') != true,
                (Quantity quantity, "qty-3") => quantity.Code is null || quantity.System is not null,
                (Extension extension, "ext-1") => extension.Extension.Count > 0 != extension.Value is not null,
                (Period period, "per-1") => period.Start is null || period.End is null,
                (Observation observation, "obs-6") => observation.DataAbsentReason is null || observation.Value is null,
                (Observation observation, "obs-7") => observation.Component.Count == 0 || observation.Value is null,
                (Condition condition, "con-4") => condition.Abatement is null,
                (DomainResource resource, "dom-2" or "dom-4" or "dom-5") => resource.Contained.Count == 0,
                (DomainResource, Contained) => true, // checked afterwards
                _ => false,
            };

        private static (string Code, string Text)? Problem(Base element) =>
            element switch
            {
                Narrative { Div: { } div } when NarrativeCheck.Problem(div) is { } problem => ("invalid", problem),
                ResourceReference { Reference: { } reference } when !IsUrl(reference) => (
                    "value",
                    "a reference is no URL"
                ),
                PrimitiveType { JsonValue: string text } when !IsText(text) => (
                    "value",
                    "text has a control character that is no tab and no line end"
                ),
                _ => null,
            };

        private static bool IsUrl(string reference) =>
            reference.Length is > 0 and <= 2048 && !reference.AsSpan().ContainsAny(NotInUrls);
    }

    private static readonly SearchValues<char> NotInText = SearchValues.Create([
        .. Enumerable.Range(0, ' ').Select(c => (char)c).Except("\t\r\n"),
    ]);

    private static readonly SearchValues<char> NotInUrls = SearchValues.Create(" \t\r\n<>\"^`{}");
}
