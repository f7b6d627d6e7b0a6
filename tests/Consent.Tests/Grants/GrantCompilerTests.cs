using System.Globalization;
using System.Text.Json.Nodes;
using MedLedger.Consent.Access;
using MedLedger.Consent.Commitments;
using MedLedger.Consent.Directives;
using MedLedger.Consent.Grants;
using MedLedger.Consent.Tests.Directives;

namespace MedLedger.Consent.Tests.Grants;

public sealed class GrantCompilerTests
{
    private static readonly string[] Callers = ["Practitioner/p1", "Practitioner/p2", "Organization/o1"];

    [Fact]
    [Trait("threat", "wider grant")]
    public void No_grant_permits_what_the_evaluator_denies()
    {
        var (covered, permitted, unexplained) = (0, 0, 0);
        for (var seed = 0; seed < AgreementTests.Cases; seed++)
        {
            var pool = new RandomConsents(seed);
            List<ConsentDirective> directives =
            [
                .. Enumerable.Range(0, 1 + (seed % 3)).Select(pool.Consent).Select(AgreementTests.Parse),
            ];
            var caller = Callers[seed % Callers.Length];
            var compiled = GrantCompiler.Compile(directives, Options(caller));
            foreach (var grant in compiled.Grants)
                GrantWords.Pack(grant);
            for (var i = 0; i < 24; i++)
            {
                var json = pool.CompleteRequest(caller);
                var request = AgreementTests.Parse2(json);
                var byEvaluator = ConsentEvaluator.Evaluate(directives, request).Permitted;
                var byGrants = compiled.Grants.Any(grant => Covers(grant, compiled, request));
                Assert.True(
                    byEvaluator || !byGrants,
                    $"seed {seed}, request {i}: a grant covers what the consents deny\n{json}"
                );
                covered += byGrants ? 1 : 0;
                permitted += byEvaluator ? 1 : 0;
                unexplained += byEvaluator && !byGrants && compiled.Report.Count == 0 ? 1 : 0;
            }
        }
        Assert.Equal(0, unexplained);
        Assert.True(covered > permitted * 0.4, $"grants cover {covered} of {permitted} permitted requests");
    }

    internal static CompilerOptions Options(params string[] grantees) =>
        new()
        {
            Patient = "Patient/a",
            ValidFrom = new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero),
            ValidUntil = new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero),
            Grantees = [.. grantees.Select(one => new GranteeIdentity(one))],
        };

    internal static bool Covers(Grant grant, CompiledGrants compiled, AccessRequest request) =>
        request.Actors.Contains(grant.Grantee, StringComparer.Ordinal)
        && Vocabulary.PurposeBit(request.Purpose) is { } purpose
        && grant.Allows(purpose, Vocabulary.ActionBit(request.Action)!.Value)
        && grant.HoldsAt(DateTimeOffset.Parse(request.Time!, CultureInfo.InvariantCulture).ToUnixTimeSeconds())
        && grant.Covers(
            new RecordMeta(
                (byte)Vocabulary.TypeBit(request.Resource!.Type)!.Value,
                compiled.LabelsOf(request.Resource),
                Vocabulary.RecordDay(request.Resource.Date)
            )
        );
}
