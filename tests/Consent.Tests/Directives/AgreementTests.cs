using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using MedLedger.Consent.Access;
using MedLedger.Consent.Directives;

namespace MedLedger.Consent.Tests.Directives;

/// <summary>The evaluator and its second version agree on random consents. MEDLEDGER_RANDOM_CASES sets how many (10,000).</summary>
public sealed class AgreementTests
{
    internal static int Cases =>
        int.TryParse(
            Environment.GetEnvironmentVariable("MEDLEDGER_RANDOM_CASES"),
            CultureInfo.InvariantCulture,
            out var cases
        )
            ? cases
            : 10_000;

    [Fact]
    public void Evaluator_and_set_evaluator_agree_on_random_consents_and_requests()
    {
        var permits = 0;
        var decisions = 0;
        for (var seed = 0; seed < Cases; seed++)
        {
            var pool = new RandomConsents(seed);
            List<JsonObject> consents = [.. Enumerable.Range(0, 1 + (seed % 3)).Select(pool.Consent)];
            List<JsonObject> requests = [.. Enumerable.Range(0, 8).Select(_ => pool.Request())];
            var expected = new SetEvaluator(requests).Permitted(consents);
            List<ConsentDirective> directives = [.. consents.Select(Parse)];
            for (var i = 0; i < requests.Count; i++)
            {
                var evaluation = ConsentEvaluator.Evaluate(directives, Parse2(requests[i]));
                var permitted = ((expected >> i) & 1) == 1;
                Assert.True(
                    permitted == evaluation.Permitted,
                    $"seed {seed}: expected {permitted}\n{string.Join('\n', consents)}\n{requests[i]}"
                );
                permits += permitted ? 1 : 0;
                decisions++;
            }
        }
        // the cases must be interesting: neither side of the answer rare
        Assert.InRange(permits / (double)decisions, 0.03, 0.5);
    }

    [Fact]
    public void A_trace_tells_the_same_decision_and_what_would_change_it_does()
    {
        for (var seed = 0; seed < 500; seed++)
        {
            var pool = new RandomConsents(seed);
            List<ConsentDirective> directives = [.. Enumerable.Range(0, 3).Select(pool.Consent).Select(Parse)];
            var evaluation = ConsentEvaluator.Evaluate(directives, Parse2(pool.Request()));
            Assert.StartsWith(
                evaluation.Permitted ? "Permitted" : "Denied",
                evaluation.Trace.Summary,
                StringComparison.Ordinal
            );
            Assert.Equal(evaluation.Permitted, evaluation.Reason is null);
            if (evaluation.Provision is { } path && evaluation.Directive!.Defect is null)
                Assert.Contains(
                    evaluation.Trace.Steps,
                    step => step.Consent == evaluation.Consent && step.Provision == path && step.Outcome == "applies"
                );
        }
    }

    internal static ConsentDirective Parse(JsonObject consent)
    {
        Assert.True(ConsentDirective.TryParse(Encoding.UTF8.GetBytes(consent.ToJsonString()), out var directive));
        return directive;
    }

    internal static AccessRequest Parse2(JsonObject request)
    {
        Assert.True(AccessRequestReader.TryParse(Encoding.UTF8.GetBytes(request.ToJsonString()), out var read));
        return read;
    }
}
