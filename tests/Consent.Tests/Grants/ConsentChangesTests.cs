using System.Globalization;
using MedLedger.Consent.Access;
using MedLedger.Consent.Commitments;
using MedLedger.Consent.Directives;
using MedLedger.Consent.Grants;
using MedLedger.Consent.Tests.Directives;
using MedLedger.Consent.Tests.Vault;
using MedLedger.Crypto.Fields;

namespace MedLedger.Consent.Tests.Grants;

/// <summary>
/// A patient's consents change again and again: whatever was granted before, no grant that stands on the chain covers a
/// record, with the labels that the record carries then, which the consents now deny. A tenth of the random cases.
/// </summary>
public sealed class ConsentChangesTests : IDisposable
{
    private const int Steps = 4;
    private static readonly DateTimeOffset Now = new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly string[] Callers = ["Practitioner/p1", "Practitioner/p2", "Organization/o1"];
    private readonly VaultFixture _fixture = new();

    [Fact]
    [Trait("threat", "wider grant")]
    public void No_change_of_consents_leaves_a_grant_that_permits_what_they_deny()
    {
        var (covered, kept, reused) = (0, 0, 0);
        for (var seed = 0; seed < Math.Max(200, AgreementTests.Cases / 10); seed++)
        {
            var pool = new RandomConsents(seed);
            List<CommittedGrant> chain = [];
            var labels = ExceptionClasses.None;
            Dictionary<int, HashSet<string>> meanings = [];
            for (var step = 0; step < Steps; step++)
            {
                List<ConsentDirective> directives =
                [
                    .. Enumerable.Range(0, 1 + ((seed + step) % 3)).Select(pool.Consent).Select(AgreementTests.Parse),
                ];
                var plan = Make(directives, chain, labels);
                while (plan.Revocations.Count > 0)
                {
                    chain.RemoveAll(plan.Revocations.Contains);
                    plan = Make(directives, chain, labels);
                }
                // revoked; then labelled, as after a restart, while the grants that stay are in use
                labels = Restored(plan.Labels);
                foreach (var one in labels.All)
                    reused += !(meanings.TryAdd(one.Bit, [one.Key]) || !meanings[one.Bit].Add(one.Key)) ? 1 : 0;
                kept += chain.Count;
                for (var granted = 0; granted < 2; granted++)
                {
                    for (var i = 0; i < 12; i++)
                    {
                        var json = pool.CompleteRequest(Callers[i % Callers.Length]);
                        var request = AgreementTests.Parse2(json);
                        var byGrants = chain.Exists(one => Covers(one.Grant, labels, request));
                        Assert.True(
                            !byGrants || ConsentEvaluator.Evaluate(directives, request).Permitted,
                            $"seed {seed}, step {step}, request {i}: a grant covers what the consents deny\n{json}"
                        );
                        covered += byGrants ? 1 : 0;
                    }
                    if (granted == 0)
                        chain.AddRange(
                            plan.Grants.Select((grant, i) => Active(grant, Fr.From((ulong)((step * 1000) + i))))
                        );
                }
            }
        }
        // the cases must be interesting
        Assert.True(covered > 1000 && kept > 20 && reused > 20, $"covered {covered}, kept {kept}, reused {reused}");
    }

    [Fact]
    [Trait("threat", "reused exception bit")]
    public void A_bit_stays_taken_while_a_grant_that_mentions_it_has_not_ended_on_the_chain()
    {
        var pool = new RandomConsents(0);
        GrantPlan? plan = null;
        List<ConsentDirective> directives = [];
        while (plan is null || plan.Labels.All.Count == 0)
        {
            directives = [AgreementTests.Parse(pool.Consent(0))];
            plan = Make(directives, [], ExceptionClasses.None);
        }
        var signed = plan.Grants.Select(
            (grant, i) => Active(grant, Fr.From((ulong)i)) with { State = GrantState.RevocationSigned }
        );
        var mentioned = plan.Labels.All.Where(one => plan.Grants.Any(g => ((g.Labels >> one.Bit) & 1) == 0)).ToList();
        var after = Make([], [.. signed], plan.Labels);
        Assert.Empty(after.Revocations);
        Assert.Equal(mentioned.ConvertAll(one => one.Bit), after.Labels.All.Select(one => one.Bit));
        Assert.Empty(Make([], [], plan.Labels).Labels.All);
        // a grant whose content nobody can read may mention any
        Assert.Equal(plan.Labels.All.Count, Make([], [], plan.Labels, areAllKnown: false).Labels.All.Count);
        // when the classes themselves cannot be read, what leans on them ends, and nothing of the kind is made meanwhile
        var live = plan.Grants.Select((grant, i) => Active(grant, Fr.From((ulong)i))).ToList();
        var lost = Make(directives, live, null, areAllKnown: false);
        Assert.Contains(
            lost.Revocations,
            one => (one.Grant.Labels & ExceptionClasses.AllBits) != ExceptionClasses.AllBits
        );
        Assert.DoesNotContain(lost.Grants, one => (one.Labels & ExceptionClasses.AllBits) != ExceptionClasses.AllBits);
    }

    [Fact]
    public void Sealed_classes_open_for_their_patient_alone_and_not_when_changed()
    {
        var rule = new Provision
        {
            Path = "record",
            Type = RuleType.Deny,
            Classes = [new RuleCoding("s", "c"), new RuleCoding(null, null)],
            SecurityLabels = [],
            Codes = [new RuleConcept([]), new RuleConcept([new RuleCoding(null, "x")])],
            DataPeriod = new FhirPeriod("2022", "2021", wellFormed: true),
            Data =
            [
                new DataRule(DataMeaning.AuthoredBy, FhirReference.Parse("Practitioner/a/_history/2")),
                new DataRule(DataMeaning.Unknown, FhirReference.Unresolvable),
            ],
        };
        var classes = new ExceptionClasses([new ExceptionClass(24, rule, false), new ExceptionClass(31, rule, true)]);
        var content = classes.Seal(_fixture.Vault, _fixture.Alice)!;
        Assert.True(ExceptionClasses.Open(_fixture.Vault, _fixture.Alice, content)!.SameAs(classes));
        Assert.Null(ExceptionClasses.Open(_fixture.Vault, _fixture.Bob, content));
        content[^1] ^= 1;
        Assert.Null(ExceptionClasses.Open(_fixture.Vault, _fixture.Alice, content));
        Assert.Throws<ArgumentException>(() => new ExceptionClasses([classes.All[0], classes.All[0]]));
    }

    public void Dispose() => _fixture.Dispose();

    private ExceptionClasses Restored(ExceptionClasses classes)
    {
        var opened = ExceptionClasses.Open(
            _fixture.Vault,
            _fixture.Alice,
            classes.Seal(_fixture.Vault, _fixture.Alice)!
        )!;
        Assert.True(opened.SameAs(classes));
        return opened;
    }

    private static GrantPlan Make(
        IReadOnlyList<ConsentDirective> directives,
        IReadOnlyList<CommittedGrant> chain,
        ExceptionClasses? labels,
        bool areAllKnown = true
    ) =>
        GrantPlan.Make(
            directives,
            GrantCompilerTests.Options(Callers),
            chain,
            labels,
            areAllKnown,
            Now,
            TimeSpan.FromDays(30)
        );

    private static CommittedGrant Active(Grant grant, Fr leaf) => new(grant, leaf, GrantState.Active, 10);

    private static bool Covers(Grant grant, ExceptionClasses labels, AccessRequest request) =>
        request.Actors.Contains(grant.Grantee, StringComparer.Ordinal)
        && Vocabulary.PurposeBit(request.Purpose) is { } purpose
        && grant.Allows(purpose, Vocabulary.ActionBit(request.Action)!.Value)
        && grant.HoldsAt(DateTimeOffset.Parse(request.Time!, CultureInfo.InvariantCulture).ToUnixTimeSeconds())
        && grant.Covers(
            new RecordMeta(
                (byte)Vocabulary.TypeBit(request.Resource!.Type)!.Value,
                Vocabulary.RecordLabels(request.Resource.Labels) | labels.BitsOf(request.Resource),
                Vocabulary.RecordDay(request.Resource.Date)
            )
        );
}
