using System.Globalization;
using System.Text;
using System.Text.Json;
using Hl7.Fhir.FhirPath;
using Hl7.Fhir.Model;
using MedLedger.Api.Fhir;

namespace MedLedger.Api.Tests.Http.Fhir;

/// <summary>
/// Numbers, quantities and composites against FHIRPath of Hl7.Fhir.R4, on the Observations of the shared Synthea bundles:
/// the same resources match, for thousands of values at and beside what stands there.
/// </summary>
public sealed class SearchFhirPathTests
{
    private const int Files = 6;
    private static readonly DateTimeOffset Now = new(2026, 11, 30, 0, 0, 0, TimeSpan.Zero);

    private static readonly (string Prefix, string Operator)[] Orders =
    [
        ("gt", ">"),
        ("lt", "<"),
        ("ge", ">="),
        ("le", "<="),
        ("sa", ">"),
        ("eb", "<"),
    ];

    [SharedDataFact("synthea-r4")]
    public void Quantities_and_composites_match_what_fhirpath_says()
    {
        FhirPathExtensions.Use();
        var observations = Observations();
        var random = new Random(11);
        var (compared, matched) = (0, 0);
        foreach (var (json, _) in observations.OrderBy(_ => random.Next()).Take(60).ToList())
        {
            foreach (var (parameter, expression) in Queries(json, random))
            {
                var (name, value) = parameter.Split('=', 2) is [var n, var v] ? (n, v) : ("", "");
                var definition = SearchDefinition.Of("Observation")[name];
                var criterion = SearchCriterion.TryRead(definition, "", value, Now, out var problem);
                Assert.True(criterion is not null, problem);
                foreach (var (candidate, poco) in observations.Take(120))
                {
                    var expected = poco.IsTrue(expression);
                    Assert.Equal((parameter, expected), (parameter, criterion.Matches(candidate)));
                    compared++;
                    matched += expected ? 1 : 0;
                }
            }
        }
        Assert.True(compared > 10_000 && matched > 500, $"{matched} of {compared} matched");
    }

    private static IEnumerable<(string Parameter, string Expression)> Queries(JsonElement observation, Random random)
    {
        var code = Code(observation);
        if (Quantity(observation) is var (number, unit))
        {
            var (prefix, order) = Orders[random.Next(Orders.Length)];
            var near = number + random.Next(-1, 2);
            var at = near.ToString(CultureInfo.InvariantCulture);
            yield return ($"value-quantity={prefix}{at}", $"value.ofType(Quantity).where(value {order} {at}).exists()");
            yield return (
                $"value-quantity={prefix}{at}|http://unitsofmeasure.org|{unit}",
                $"value.ofType(Quantity).where(value {order} {at} and code = '{unit}' and system = 'http://unitsofmeasure.org').exists()"
            );
            yield return (
                $"code-value-quantity=http://loinc.org|{code}${prefix}{at}",
                $"code.coding.where(code = '{code}' and system = 'http://loinc.org').exists() and value.ofType(Quantity).where(value {order} {at}).exists()"
            );
        }
        if (!observation.TryGetProperty("component", out var components))
            yield break;
        foreach (var component in components.EnumerateArray())
        {
            if (Quantity(component) is not var (part, _))
                continue;
            var (prefix, order) = Orders[random.Next(Orders.Length)];
            var at = (part + random.Next(-1, 2)).ToString(CultureInfo.InvariantCulture);
            var inner =
                $"code.coding.where(code = '{Code(component)}').exists() and value.ofType(Quantity).where(value {order} {at}).exists()";
            yield return (
                $"component-code-value-quantity={Code(component)}${prefix}{at}",
                $"component.where({inner}).exists()"
            );
            yield return (
                $"combo-code-value-quantity={Code(component)}${prefix}{at}",
                $"component.where({inner}).exists() or ({inner})"
            );
        }
    }

    private static string Code(JsonElement element) =>
        element.GetProperty("code").GetProperty("coding")[0].GetProperty("code").GetString()!;

    private static (decimal Number, string Unit)? Quantity(JsonElement element) =>
        element.TryGetProperty("valueQuantity", out var quantity)
            ? (quantity.GetProperty("value").GetDecimal(), quantity.GetProperty("code").GetString()!)
            : null;

    private static List<(JsonElement Json, Observation Poco)> Observations() =>
        [
            .. Directory
                .GetFiles(SharedData.Folder("synthea-r4")!, "*.json")
                .OrderBy(f => new FileInfo(f).Length)
                .Take(Files)
                .SelectMany(f =>
                    JsonDocument.Parse(File.ReadAllBytes(f)).RootElement.GetProperty("entry").EnumerateArray()
                )
                .Select(e => e.GetProperty("resource"))
                .Where(r => r.GetProperty("resourceType").GetString() == "Observation")
                .Select(r => (r, (Observation)ResourceParser.TryParse(Encoding.UTF8.GetBytes(r.GetRawText()), out _)!)),
        ];
}
