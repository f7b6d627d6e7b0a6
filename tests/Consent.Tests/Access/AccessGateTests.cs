using System.Text.Json.Nodes;
using MedLedger.Consent.Access;
using MedLedger.Consent.Commitments;
using MedLedger.Consent.Directives;
using MedLedger.Consent.Grants;
using MedLedger.Consent.Tests.Directives;
using MedLedger.Crypto.Fields;

namespace MedLedger.Consent.Tests.Access;

public sealed class AccessGateTests
{
    internal static readonly DateTimeOffset Now = new(2026, 6, 15, 12, 0, 0, TimeSpan.Zero);
    private static readonly JsonNode Bases = CaseFile.Load("base.json");
    internal static readonly ChainView Head = new(77, Now.AddSeconds(-4), Now.AddSeconds(-1));
    private readonly AccessGate gate = new(new GateSettings { EmergencyRoles = [Role] });
    private const string Role = "PractitionerRole/er";

    internal static AccessRequest Request() => AgreementTests.Parse2(Bases["request"]!.AsObject());

    private static ConsentDirective Consent(string provision = """{"type":"permit"}""") =>
        AgreementTests.Parse(
            CaseFile.Patched(Bases["consent"]!, new JsonObject { ["provision"] = JsonNode.Parse(provision) })
        );

    internal static CommittedGrant Granted(
        Func<Grant, Grant>? change = null,
        GrantState state = GrantState.Active,
        int uses = 5
    )
    {
        var options = GrantCompilerTestsOptions();
        var grant = GrantCompiler.Compile([Consent()], options).Grants.Single();
        return new CommittedGrant((change ?? (one => one))(grant), Fr.From(9), state, uses);
    }

    private static CompilerOptions GrantCompilerTestsOptions() =>
        new()
        {
            Patient = "Patient/carla",
            ValidFrom = Now.AddDays(-1),
            ValidUntil = Now.AddDays(30),
            Grantees = [new GranteeIdentity("Practitioner/anna")],
        };

    internal static Compartment Carla(params CommittedGrant[] grants) =>
        new()
        {
            PatientKey = "c0ffee",
            Patient = "Patient/carla",
            Meta = Meta(Request().Resource!),
            Directives = [Consent()],
            Grants = grants,
        };

    private static RecordMeta Meta(ResourceFacts facts) =>
        new(
            (byte)Vocabulary.TypeBit(facts.Type)!.Value,
            Vocabulary.RecordLabels(facts.Labels),
            Vocabulary.RecordDay(facts.Date)
        );

    private AccessDecision Decide(
        Compartment compartment,
        AccessRequest? request = null,
        ChainView? chain = null,
        bool offline = false
    ) => gate.Decide(request ?? Request(), "abcd", 3, compartment, offline ? null : chain ?? Head, Now).Decision;

    private static void Denies(DenyReason reason, AccessDecision decision) =>
        Assert.Equal(new AccessDecision.Deny(reason), decision);

    [Fact]
    public void A_consent_with_an_active_grant_permits_one_version_for_a_few_seconds()
    {
        var permit = Assert.IsType<AccessDecision.Permit>(Decide(Carla(Granted())));
        Assert.Equal(
            ("c0ffee", "abcd", 3, "access"),
            (permit.PatientKey, permit.RecordKey, permit.Version, permit.Action)
        );
        Assert.Equal((PermitBasis.Consent, 77UL, "Practitioner/anna"), (permit.Basis, permit.Block, permit.Grantee));
        Assert.InRange(permit.Expires, Now, Now.AddSeconds(30));
    }

    [Theory]
    [Trait("threat", "clinician with a valid account")]
    [InlineData("*", null, true)]
    [InlineData("*", "Patient/carla", true)]
    [InlineData("*", "Patient/other", false)]
    [InlineData("Condition", "Patient/carla", false)]
    public void What_the_software_may_not_ask_for_is_denied(string type, string? patient, bool isPermitted)
    {
        var carla = Carla(Granted());
        var own = patient == "Patient/carla" ? carla.Patient : patient;
        var decision = Decide(carla, Request() with { Scopes = [new RequestScope(type, own)] });
        if (isPermitted)
            Assert.IsType<AccessDecision.Permit>(decision);
        else
            Denies(DenyReason.OutsideScope, decision);
        Denies(DenyReason.OutsideScope, Decide(carla, Request() with { Scopes = [] }));
    }

    [Fact]
    public void A_consent_without_grant_is_not_enough() => Denies(DenyReason.NoGrant, Decide(Carla()));

    [Fact]
    [Trait("threat", "clinician with a valid account")]
    public void A_grant_without_consent_is_not_enough() =>
        Denies(DenyReason.NoConsent, Decide(Carla(Granted()) with { Directives = [] }));

    [Fact]
    public void A_deny_beats_a_grant() =>
        Denies(
            DenyReason.Forbidden,
            Decide(Carla(Granted()) with { Directives = [Consent(), Consent("""{"type":"deny"}""")] })
        );

    [Theory]
    [InlineData(GrantState.Revoked)]
    [InlineData(GrantState.RevocationSigned)]
    [Trait("threat", "relayer, chain node, miner")]
    [Trait("threat", "blocked revocation")]
    public void A_revocation_denies_from_the_signature_on(GrantState state) =>
        Denies(DenyReason.Revoked, Decide(Carla(Granted(state: state))));

    [Fact]
    public void A_grant_that_no_block_has_yet_does_not_count() =>
        Denies(DenyReason.NoGrant, Decide(Carla(Granted(state: GrantState.Pending))));

    [Fact]
    public void Another_grant_stands_when_one_is_revoked() =>
        Assert.IsType<AccessDecision.Permit>(Decide(Carla(Granted(state: GrantState.Revoked), Granted())));

    [Fact]
    public void The_window_is_half_open_at_the_time_of_the_head()
    {
        var head = Head.Time.ToUnixTimeSeconds();
        Denies(DenyReason.OutsideValidity, Decide(Carla(Granted(one => one with { NotAfter = head }))));
        Denies(DenyReason.OutsideValidity, Decide(Carla(Granted(one => one with { NotBefore = head + 1 }))));
        Assert.IsType<AccessDecision.Permit>(
            Decide(Carla(Granted(one => one with { NotBefore = head, NotAfter = head + 1 })))
        );
    }

    [Fact]
    public void Uses_are_counted_for_analyses_only()
    {
        var use = Request() with { Action = "use" };
        Denies(DenyReason.UsesExhausted, Decide(Carla(Granted(uses: 0)), use));
        Assert.IsType<AccessDecision.Permit>(Decide(Carla(Granted(uses: 0))));
        Assert.IsType<AccessDecision.Permit>(Decide(Carla(Granted(uses: 1)), use));
    }

    [Fact]
    public void The_grant_has_to_cover_type_label_day_purpose_action_and_caller()
    {
        Denies(
            DenyReason.NoGrant,
            Decide(
                Carla(
                    Granted(one =>
                        one with
                        {
                            Types =
                                one.Types
                                ^ (System.Numerics.BigInteger.One << Vocabulary.TypeBit("Observation")!.Value),
                        }
                    )
                )
            )
        );
        Denies(DenyReason.NoGrant, Decide(Carla(Granted(one => one with { Labels = one.Labels & ~(1u << 4) }))));
        Denies(
            DenyReason.NoGrant,
            Decide(Carla(Granted(one => one with { DataTo = Vocabulary.RecordDay("2025-03-09") })))
        );
        Denies(
            DenyReason.NoGrant,
            Decide(Carla(Granted(one => one with { Purposes = 1UL << Vocabulary.PurposeBit("HRESCH")!.Value })))
        );
        Denies(DenyReason.NoGrant, Decide(Carla(Granted(one => one with { Actions = 1 << 2 }))));
        Denies(DenyReason.NoGrant, Decide(Carla(Granted(one => one with { Grantee = "Practitioner/dora" }))));
    }

    [Fact]
    [Trait("threat", "relayer, chain node, miner")]
    [Trait("threat", "old clock")]
    [Trait("threat", "lying endpoint")]
    public void Without_a_fresh_head_everything_that_needs_the_chain_is_denied()
    {
        var carla = Carla(Granted());
        Denies(DenyReason.ChainUnavailable, Decide(carla, offline: true));
        Denies(DenyReason.ChainUnavailable, Decide(carla, chain: Head with { ReadAt = Now.AddMinutes(-2) }));
        Denies(DenyReason.ChainUnavailable, Decide(carla, chain: Head with { Time = Now.AddMinutes(-5) }));
        Denies(DenyReason.ChainUnavailable, Decide(carla, chain: Head with { Time = Now.AddMinutes(5) }));
    }

    [Fact]
    public void An_incomplete_request_is_denied()
    {
        var carla = Carla(Granted());
        foreach (
            var request in (AccessRequest[])
                [
                    Request() with
                    {
                        Purpose = null,
                    },
                    Request() with
                    {
                        Action = null,
                    },
                    Request() with
                    {
                        Action = "read",
                    },
                    Request() with
                    {
                        Time = null,
                    },
                    Request() with
                    {
                        Time = "2026-06-15",
                    },
                    Request() with
                    {
                        Time = "2026-06-15T11:00:00Z",
                    },
                    Request() with
                    {
                        Actors = [],
                    },
                    Request() with
                    {
                        Resource = null,
                    },
                ]
        )
            Denies(DenyReason.IncompleteRequest, Decide(carla, request));
    }

    [Fact]
    public void The_patient_and_who_acts_for_the_patient_read_without_the_chain()
    {
        var own = Request() with { Actors = ["Patient/carla"], Purpose = "PATRQT" };
        var permit = Assert.IsType<AccessDecision.Permit>(Decide(Carla(), own, offline: true));
        Assert.Equal(PermitBasis.Subject, permit.Basis);
        var guardian = own with { Actors = ["RelatedPerson/maria"] };
        Denies(DenyReason.NoConsent, Decide(Carla() with { Directives = [] }, guardian));
        Assert.IsType<AccessDecision.Permit>(Decide(Carla() with { Delegates = ["RelatedPerson/maria"] }, guardian));
        Denies(DenyReason.NoGrant, Decide(Carla(), own with { Action = "use" }));
    }

    [Fact]
    [Trait("threat", "patient")]
    [Trait("threat", "foreign Consent")]
    public void Whose_record_it_is_says_storage_not_the_request() =>
        Denies(
            DenyReason.NoConsent,
            Decide(Carla(Granted()) with { Patient = "Patient/else" }, Request() with { Patient = "Patient/carla" })
        );

    [Fact]
    public void A_resource_of_no_patient_needs_only_a_complete_request()
    {
        var organization = Carla() with { Patient = null };
        Assert.IsType<AccessDecision.Permit>(Decide(organization, offline: true));
        Denies(DenyReason.IncompleteRequest, Decide(organization, Request() with { Purpose = null }));
    }

    [Fact]
    [Trait("threat", "declared emergency")]
    public void Breaking_the_glass_needs_a_declaration_of_this_caller_that_holds_and_no_dissent()
    {
        var request = Request() with { Purpose = "BTG", Actors = ["Practitioner/anna", Role] };
        var declared = new Emergency("Practitioner/anna", Role, "unconscious after a fall", Now, Now.AddMinutes(15));
        var none = Carla() with { Directives = [] };
        AccessDecision Break(Emergency emergency, AccessRequest? other = null) =>
            Decide(none with { Emergencies = [emergency] }, other ?? request, offline: true);

        var permit = Assert.IsType<AccessDecision.Permit>(Break(declared));
        Assert.Equal((PermitBasis.BreakGlass, "Practitioner/anna"), (permit.Basis, permit.Grantee));
        Denies(DenyReason.NoConsent, Decide(none, request));
        Denies(DenyReason.NoConsent, Break(declared with { Reason = " " }));
        Denies(DenyReason.NoConsent, Break(declared with { Role = "PractitionerRole/other" }));
        Denies(DenyReason.NoConsent, Break(declared with { Declarer = "Practitioner/dora" }));
        Denies(DenyReason.NoConsent, Break(declared with { Until = Now }));
        Denies(DenyReason.NoConsent, Break(declared with { From = Now.AddSeconds(1) }));
        Denies(DenyReason.NoConsent, Break(declared, request with { Actors = ["Practitioner/anna"] }));
        Denies(DenyReason.NoConsent, Break(declared, request with { Purpose = "TREAT" }));
        foreach (var action in new[] { "use", "collect", "correct", "disclose" })
            Denies(DenyReason.NoConsent, Break(declared, request with { Action = action }));

        var dissent = Carla() with { Directives = [Consent("""{"type":"deny"}""")], Emergencies = [declared] };
        Denies(DenyReason.Forbidden, Decide(dissent, request));
        var elsewhere = new AccessGate(new GateSettings { EmergencyRoles = [Role], DissentForbidsBreakGlass = false });
        Assert.IsType<AccessDecision.Permit>(elsewhere.Decide(request, "abcd", 1, dissent, null, Now).Decision);
    }

    [Fact]
    [Trait("threat", "declared emergency")]
    public void Emergency_treatment_goes_by_consent_where_it_permits_and_else_by_the_declaration()
    {
        var request = Request() with { Purpose = "ETREAT", Actors = ["Practitioner/anna", Role] };
        var declared = new Emergency("Practitioner/anna", Role, "unconscious", Now, Now.AddMinutes(15));
        PermitBasis Basis(Compartment compartment) =>
            Assert.IsType<AccessDecision.Permit>(Decide(compartment, request)).Basis;

        Assert.Equal(PermitBasis.Consent, Basis(Carla(Granted()) with { Emergencies = [declared] }));
        Assert.Equal(PermitBasis.BreakGlass, Basis(Carla() with { Directives = [], Emergencies = [declared] }));
        Denies(DenyReason.NoConsent, Decide(Carla() with { Directives = [] }, request));
        var dissent = """{"type":"permit","provision":[{"type":"deny","purpose":[{"code":"BTG"}]}]}""";
        var forbids = Carla() with { Directives = [Consent(dissent)], Emergencies = [declared] };
        Assert.IsType<AccessDecision.Deny>(Decide(forbids, request));
    }

    [Fact]
    public void An_erased_patient_is_closed_to_everybody() =>
        Denies(
            DenyReason.KeysUnavailable,
            Decide(Carla(Granted()) with { IsErased = true }, Request() with { Actors = ["Patient/carla"] })
        );

    [Fact]
    public void All_compartments_have_to_permit()
    {
        var carla = Carla(Granted());
        var other = carla with { PatientKey = "beef", Patient = "Patient/else" };
        Assert.All(
            gate.DecideAll(Request(), "abcd", 1, [carla, carla], Head, Now),
            one => Assert.IsType<AccessDecision.Permit>(one.Decision)
        );
        Assert.IsType<AccessDecision.Deny>(
            gate.DecideAll(Request(), "abcd", 1, [carla, other], Head, Now)[^1].Decision
        );
        Assert.IsType<AccessDecision.Deny>(gate.DecideAll(Request(), "abcd", 1, [], Head, Now)[^1].Decision);
    }
}
