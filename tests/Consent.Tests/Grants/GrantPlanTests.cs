using System.Text.Json.Nodes;
using MedLedger.Consent.Access;
using MedLedger.Consent.Delegations;
using MedLedger.Consent.Directives;
using MedLedger.Consent.Grants;
using MedLedger.Consent.Receipts;
using MedLedger.Consent.Tests.Directives;
using MedLedger.Crypto.Fields;

namespace MedLedger.Consent.Tests.Grants;

public sealed class GrantPlanTests
{
    private static readonly DateTimeOffset Now = new(2026, 6, 15, 12, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Renewal = TimeSpan.FromDays(30);

    private const string Anna = """
        "actor":[{"role":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ParticipationType","code":"IRCP"}]},"reference":{"reference":"Practitioner/anna"}}],"purpose":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActReason","code":"TREAT"}]
        """;

    private const string NoHiv =
        """{"type":"deny","securityLabel":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"HIV"}]}""";

    private const string NoCode =
        """{"type":"deny","code":[{"coding":[{"system":"http://loinc.org","code":"29463-7"}]}]}""";

    private static ConsentDirective Consent(params string[] exceptions) =>
        AgreementTests.Parse(
            CaseFile.Patched(
                CaseFile.Load("base.json")["consent"]!,
                new JsonObject
                {
                    ["provision"] = JsonNode.Parse(
                        $$"""{"type":"permit",{{Anna}}{{(exceptions.Length == 0 ? "" : $",\"provision\":[{string.Join(',', exceptions)}]")}}}"""
                    ),
                }
            )
        );

    private static CompiledGrants Compile(ConsentDirective consent, params ExceptionClass[] live) =>
        GrantCompiler.Compile(
            [consent],
            new CompilerOptions
            {
                Patient = "Patient/carla",
                ValidFrom = Now,
                ValidUntil = Now.AddYears(1),
                LiveClasses = live,
            }
        );

    private static CommittedGrant Live(Grant grant, GrantState state = GrantState.Active, int uses = 10) =>
        new(grant, Fr.From(1), state, uses);

    private static GrantPlan Diff(CompiledGrants compiled, params CommittedGrant[] live) =>
        GrantPlan.Diff(live, [], compiled, Now, Renewal);

    [Fact]
    public void One_named_clinician_is_one_grant_without_emergencies()
    {
        var grant = Compile(Consent()).Grants.Single();
        Assert.Equal("Practitioner/anna", grant.Grantee);
        Assert.Equal(uint.MaxValue, grant.Labels);
        Assert.True(grant.Allows(Vocabulary.PurposeBit("ETREAT")!.Value, 1));
        Assert.False(grant.Allows(Vocabulary.PurposeBit("BTG")!.Value, 1));
        Assert.False(grant.Allows(Vocabulary.PurposeBit("HRESCH")!.Value, 1));
        Assert.Equal(0, grant.DataFrom);
    }

    [Fact]
    public void A_denied_label_is_a_mask_and_a_denied_code_an_exception_class()
    {
        var compiled = Compile(Consent(NoHiv, NoCode));
        var grant = compiled.Grants.Single();
        var special = compiled.ExceptionClasses.Single();
        Assert.Equal(Vocabulary.FirstExceptionBit, special.Bit);
        Assert.Equal(0u, grant.Labels & (1u << special.Bit));
        Assert.Equal(0u, grant.Labels & (1u << 7)); // HIV
        var facts = new ResourceFacts
        {
            Reference = "Observation/w",
            Type = "Observation",
            Codes = [new Coding("http://loinc.org", "29463-7")],
        };
        Assert.Equal((1u << special.Bit) | 1u, compiled.LabelsOf(facts));
        Assert.Equal(1u, compiled.LabelsOf(facts with { Codes = [] }));
    }

    [Fact]
    public void An_exception_class_keeps_its_bit_and_a_new_one_takes_another()
    {
        var first = Compile(Consent(NoCode)).ExceptionClasses.Single();
        var second = Compile(Consent(NoCode.Replace("29463-7", "8867-4"), NoCode), first);
        Assert.Equal(2, second.ExceptionClasses.Count);
        Assert.Equal(first.Bit, second.ExceptionClasses.Single(one => one.Key == first.Key).Bit);
        Assert.Equal(2, second.ExceptionClasses.Select(one => one.Bit).Distinct().Count());
    }

    [Fact]
    public void More_than_eight_exceptions_leave_grants_narrower_and_say_so()
    {
        var compiled = Compile(Consent([.. Enumerable.Range(0, 9).Select(i => NoCode.Replace("29463-7", $"{i}-1"))]));
        Assert.Empty(compiled.Grants);
        Assert.Contains(
            compiled.Report,
            gap => gap.Words.Contains("eight exception classes", StringComparison.Ordinal)
        );
    }

    [Fact]
    [Trait("threat", "undated record")]
    public void A_data_period_starts_at_day_one_or_later_and_none_covers_undated_records()
    {
        var consent = AgreementTests.Parse(
            CaseFile.Patched(
                CaseFile.Load("base.json")["consent"]!,
                new JsonObject
                {
                    ["provision"] = JsonNode.Parse($$$"""{"type":"permit",{{{Anna}}},"dataPeriod":{"end":"2022"}}"""),
                }
            )
        );
        var grant = Compile(consent).Grants.Single();
        Assert.Equal(1, grant.DataFrom);
        Assert.Equal(Vocabulary.RecordDay("2022-12-31"), grant.DataTo);
        Assert.Equal(0, Vocabulary.RecordDay("2022"));
        Assert.Equal(1, Vocabulary.RecordDay("0001-01-01"));
        Assert.Equal(0, Vocabulary.RecordDay("2022-06-15T23:30:00-05:00"));
    }

    [Fact]
    public void An_unchanged_consent_asks_nothing_of_the_chain()
    {
        var compiled = Compile(Consent(NoHiv));
        Assert.True(Diff(compiled, Live(compiled.Grants.Single())).IsEmpty);
    }

    [Fact]
    public void A_narrower_consent_revokes_and_grants_again()
    {
        var old = Live(Compile(Consent()).Grants.Single());
        var plan = Diff(Compile(Consent(NoHiv)), old);
        Assert.Equal([old], plan.Revocations);
        Assert.Single(plan.Grants);
        Assert.Empty(plan.Kept);
    }

    [Fact]
    public void A_wider_consent_revokes_nothing()
    {
        var old = Live(Compile(Consent(NoHiv)).Grants.Single());
        var plan = Diff(Compile(Consent()), old);
        Assert.Empty(plan.Revocations);
        Assert.Equal([old], plan.Kept);
        Assert.Single(plan.Grants);
    }

    [Fact]
    public void A_withdrawn_consent_revokes_everything_that_stands_and_only_that()
    {
        var grant = Compile(Consent()).Grants.Single();
        var compiled = GrantCompiler.Compile(
            [],
            new CompilerOptions
            {
                Patient = "Patient/carla",
                ValidFrom = Now,
                ValidUntil = Now.AddYears(1),
            }
        );
        var plan = Diff(
            compiled,
            Live(grant),
            Live(grant, GrantState.Pending),
            Live(grant, GrantState.Revoked),
            Live(grant, GrantState.RevocationSigned),
            Live(grant with { NotAfter = Now.ToUnixTimeSeconds() })
        );
        Assert.Equal(2, plan.Revocations.Count);
        Assert.Empty(plan.Grants);
    }

    [Fact]
    public void A_grant_that_is_used_up_or_ends_soon_is_made_anew()
    {
        var compiled = Compile(Consent());
        var grant = compiled.Grants.Single();
        Assert.Single(Diff(compiled, Live(grant, uses: 0)).Grants);
        Assert.Single(Diff(compiled, Live(grant with { NotAfter = Now.AddDays(10).ToUnixTimeSeconds() })).Grants);
        Assert.True(Diff(compiled, Live(grant with { NotAfter = Now.AddDays(90).ToUnixTimeSeconds() })).IsEmpty);
    }

    [Fact]
    [Trait("threat", "reused exception bit")]
    public void A_new_exception_class_is_labelled_before_the_grant_and_its_bit_freed_after()
    {
        var with = Compile(Consent(NoCode));
        var plan = Diff(with);
        Assert.Equal(with.ExceptionClasses, plan.NewClasses);
        var after = GrantPlan.Diff(
            [Live(with.Grants.Single())],
            with.ExceptionClasses,
            Compile(Consent(), [.. with.ExceptionClasses]),
            Now,
            Renewal
        );
        Assert.Empty(after.NewClasses);
        Assert.Empty(after.FreedBits); // the narrower grant stays, and still mentions the bit
    }

    [Fact]
    public void Terms_depend_on_every_word_and_on_no_white_space()
    {
        var one = GrantCompiler.Terms([Consent()]);
        Assert.Equal(one, GrantCompiler.Terms([Consent()]));
        Assert.NotEqual(one, GrantCompiler.Terms([Consent(NoHiv)]));
        Assert.NotEqual(one, GrantCompiler.Terms([Consent(), Consent()]));
    }

    [Fact]
    public void A_receipt_says_in_words_what_was_agreed()
    {
        var consent = Consent(NoHiv);
        var compiled = Compile(consent);
        var receipt = new ConsentReceipt
        {
            Issued = Now,
            Patient = "Patient/carla",
            Consents =
            [
                new ReceiptConsent(
                    consent.Reference ?? "Consent/c",
                    consent.Version,
                    consent.Digest,
                    "RelatedPerson/mother"
                ),
            ],
            TermsDigest = compiled.TermsDigest,
            ChainId = 31337,
            Registry = "0x5FbDB2315678afecb367f032d93F642f64180aa3",
            Granted = [new ReceiptEntry(compiled.Grants.Single(), "0x" + new string('1', 64), null, null)],
            NotCovered = compiled.Report,
        };
        var text = receipt.ToText();
        Assert.Contains(
            "Practitioner/anna may collect, access, use, disclose, correct.",
            text,
            StringComparison.Ordinal
        );
        Assert.Contains("No records that are HIV (HIV).", text, StringComparison.Ordinal);
        Assert.Contains("Purposes: treatment (TREAT).", text, StringComparison.Ordinal);
        Assert.Contains("waiting", text, StringComparison.Ordinal);
        Assert.Equal(receipt.ToJson(), receipt.ToJson());
        var json = JsonNode.Parse(receipt.ToJson())!;
        Assert.Equal("RelatedPerson/mother", json["consents"]![0]!["givenBy"]!.GetValue<string>());
        Assert.Contains("given by RelatedPerson/mother", text, StringComparison.Ordinal);
        Assert.Equal(
            Convert.ToHexStringLower(consent.Digest.Span),
            json["consents"]![0]!["sha256"]!.GetValue<string>()
        );
    }

    [Fact]
    public void A_signed_receipt_holds_for_its_key_and_for_no_other_byte()
    {
        var receipt = new ConsentReceipt
        {
            Issued = Now,
            Patient = "Patient/<carla>",
            Consents = [new ReceiptConsent("Consent/c", null, Consent(NoHiv).Digest, null)],
            TermsDigest = new byte[32],
            ChainId = 31337,
            Registry = "0x5FbDB2315678afecb367f032d93F642f64180aa3",
            Revoked = [new ReceiptEntry(null, "0x" + new string('2', 64), "0x" + new string('3', 64), 7)],
        };
        Assert.Contains("Patient/&lt;carla&gt;", receipt.ToHtml(), StringComparison.Ordinal);
        Assert.Contains("A grant that has ended", receipt.ToText(), StringComparison.Ordinal);
        using var secret = MedLedger.Crypto.Sealing.SecretKey.Generate();
        using var privateKey = MedLedger.Crypto.Log.Ed25519PrivateKey.FromSecret(secret);
        var key = new MedLedger.Crypto.Log.NoteKey("medledger.example/log/x", privateKey.PublicKey);
        var file = SignedReceipt.Sign(receipt, key, privateKey);
        Assert.True(SignedReceipt.Verify(file, null));
        Assert.True(SignedReceipt.Verify(file, key));
        using var otherSecret = MedLedger.Crypto.Sealing.SecretKey.Generate();
        using var other = MedLedger.Crypto.Log.Ed25519PrivateKey.FromSecret(otherSecret);
        Assert.False(SignedReceipt.Verify(file, new("medledger.example/log/x", other.PublicKey)));
        for (var at = 0; at < file.Length; at++)
        {
            var changed = file.ToArray();
            changed[at] ^= 1;
            Assert.False(SignedReceipt.Verify(changed, key), $"byte {at}");
        }
    }

    [Fact]
    public void A_parent_decides_until_majority_a_guardian_always_and_an_attorney_after()
    {
        var place = new Jurisdiction(18, TimeSpan.Zero);
        var birth = new DateOnly(2008, 6, 15);
        var delegation = new Delegation
        {
            Delegate = "RelatedPerson/maria",
            Patient = "Patient/carla",
            Power = Power.Parent,
            Acts = [DelegatedAct.Consent],
            From = Now.AddYears(-10),
            Evidence = "DocumentReference/birth-certificate",
        };
        DelegationRefusal? Ask(Delegation one, DelegatedAct act, DateTimeOffset at, DateOnly? born) =>
            one.Refuses("RelatedPerson/maria", "Patient/carla", born, act, place, at);
        var eve = Now.AddDays(-1);
        Assert.Null(Ask(delegation, DelegatedAct.Consent, eve, birth));
        Assert.Equal(DelegationRefusal.PatientIsOfAge, Ask(delegation, DelegatedAct.Consent, Now, birth));
        Assert.Equal(DelegationRefusal.AgeUnknown, Ask(delegation, DelegatedAct.Consent, eve, null));
        Assert.Equal(DelegationRefusal.BeyondPower, Ask(delegation, DelegatedAct.Read, eve, birth));
        Assert.Null(Ask(delegation, DelegatedAct.Revoke, eve, birth));
        Assert.Equal(
            new DateTimeOffset(2026, 6, 15, 0, 0, 0, TimeSpan.Zero),
            delegation.EndOfConsents(birth, place, Now.AddYears(5))
        );
        var guardian = delegation with { Power = Power.Guardian, Acts = [] };
        Assert.Null(Ask(guardian, DelegatedAct.Revoke, Now, null));
        Assert.Equal(DelegationRefusal.BeyondPower, Ask(guardian, DelegatedAct.Consent, Now, null));
        var attorney = delegation with { Power = Power.Attorney };
        Assert.Equal(DelegationRefusal.PatientIsMinor, Ask(attorney, DelegatedAct.Consent, eve, birth));
        Assert.Null(Ask(attorney, DelegatedAct.Consent, Now, birth));
        Assert.Equal(DelegationRefusal.BeyondPower, Ask(attorney, DelegatedAct.Revoke, Now, birth));
        Assert.Equal(
            DelegationRefusal.NotInForce,
            Ask(attorney with { Until = Now }, DelegatedAct.Consent, Now, birth)
        );
        Assert.Equal(
            DelegationRefusal.NotTheirs,
            delegation.Refuses("RelatedPerson/x", "Patient/carla", birth, DelegatedAct.Revoke, place, eve)
        );
        Assert.Equal(
            new DateTimeOffset(2026, 3, 1, 0, 0, 0, TimeSpan.Zero),
            place.MajorityOf(new DateOnly(2008, 2, 29))
        );
    }
}
