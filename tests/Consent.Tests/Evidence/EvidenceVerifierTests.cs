using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using MedLedger.Consent.Chain;
using MedLedger.Consent.Commitments;
using MedLedger.Consent.Evidence;
using MedLedger.Consent.Log;
using MedLedger.Crypto.Fields;
using MedLedger.Crypto.Log;
using MedLedger.Crypto.Sealing;

namespace MedLedger.Consent.Tests.Evidence;

public sealed class EvidenceVerifierTests(EvidenceFixture fixture) : IClassFixture<EvidenceFixture>
{
    [Fact]
    public void A_right_file_is_valid_with_trust_and_consistent_without()
    {
        var pinned = fixture.Verifier.Verify(fixture.Bytes, fixture.Trust);
        Assert.Equal(("valid", true, ChainEvidence.Local), (pinned.Verdict, pinned.Pinned, pinned.Chain));
        var own = fixture.Verifier.Verify(fixture.Bytes, null);
        Assert.Equal(("consistent", false), (own.Verdict, own.Pinned));
        Assert.Equal(Enum.GetValues<EvidenceCheck>().TakeWhile(check => check != EvidenceCheck.Chain), own.Passed);
        Assert.True(TrustFile.TryParse(fixture.Trust.ToBytes(), out var trust));
        Assert.Equal(fixture.Trust, trust);
    }

    // "a change of any digit makes verify fail": every letter and digit of the file, outside member names too.
    [Fact]
    [Trait("threat", "forged evidence")]
    public void Every_changed_letter_or_digit_is_refused()
    {
        // The signature covers the openings like all else, so small ones do, and a hundredth of the real ones.
        var short100 = new byte[100];
        var small = fixture.File with
        {
            Openings = fixture.File.Openings with { Encapsulation = short100, Ciphertext = short100 },
        };
        AssertEachChangeFails(fixture.Sign(small), step: 1);
        AssertEachChangeFails(fixture.Bytes, step: 499);
    }

    private void AssertEachChangeFails(byte[] file, int step)
    {
        Assert.True(fixture.Verifier.Verify(file, null).IsGood);
        var text = Encoding.UTF8.GetString(file);
        var positions = Enumerable
            .Range(0, text.Length)
            .Where(i => char.IsAsciiLetterOrDigit(text[i]))
            .Where((_, n) => n % step == 0)
            .ToArray();
        Assert.True(positions.Length > 100);
        foreach (var i in positions)
        {
            var replacement = text[i] switch
            {
                '9' => '8',
                'z' => 'y',
                'Z' => 'Y',
                var c => (char)(c + 1),
            };
            var changed = Encoding.UTF8.GetBytes(text[..i] + replacement + text[(i + 1)..]);
            Assert.False(fixture.Verifier.Verify(changed, null).IsGood, $"at {i}");
            if (!char.IsAsciiLetter(text[i]))
                continue;
            var otherCase = Encoding.UTF8.GetBytes(text[..i] + (char)(text[i] ^ 0x20) + text[(i + 1)..]);
            Assert.False(fixture.Verifier.Verify(otherCase, null).IsGood, $"case at {i}");
        }
    }

    [Fact]
    public void The_file_is_closed()
    {
        var members = JsonNode.Parse(fixture.Bytes)!.AsObject().Select(m => m.Key).ToArray();
        foreach (var member in members)
        {
            AssertFails(EvidenceCheck.Format, Edit(o => o.Remove(member)));
            AssertFails(EvidenceCheck.Format, Edit(o => o[member] = null));
        }
        AssertFails(EvidenceCheck.Format, Edit(o => o["extra"] = 1));
        AssertFails(EvidenceCheck.Format, Edit(o => o["log"]!["extra"] = 1));
        AssertFails(EvidenceCheck.Format, Edit(o => o["statement"]!.AsObject().Remove("enrolRoot")));
        AssertFails(EvidenceCheck.Format, Edit(o => o["parts"] = new JsonArray()));
        AssertFails(EvidenceCheck.Format, Edit(o => o["parts"]![0] = null));
        AssertFails(EvidenceCheck.Format, Edit(o => o["openings"]!["extra"] = 1));
        AssertFails(EvidenceCheck.Format, Edit(o => o["openings"]!["ciphertext"] = ""));
        AssertFails(EvidenceCheck.Format, Edit(o => o["openings"]!["encapsulation"] = ""));
        AssertFails(EvidenceCheck.Format, Edit(o => o["openings"]!.AsObject().Remove("recipient")));
        AssertFails(EvidenceCheck.Format, Edit(o => o["log"]!["receipts"]![0] = null));
        AssertFails(EvidenceCheck.Format, Edit(o => o["custody"] = "nobody"));
        AssertFails(EvidenceCheck.Format, Edit(o => o["chain"] = "public"));
        AssertFails(EvidenceCheck.Format, Edit(o => o["format"] = "medledger.evidence.v2"));
        AssertFails(EvidenceCheck.Format, Edit(o => o["circuit"]!["version"] = "1"));
        var text = Encoding.UTF8.GetString(fixture.Bytes);
        AssertFails(EvidenceCheck.Format, text.Replace("\"version\": 1", "\"version\": 1.0", StringComparison.Ordinal));
        AssertFails(EvidenceCheck.Format, text.Replace("\"version\": 1", "\"version\": 1e0", StringComparison.Ordinal));
        AssertFails(
            EvidenceCheck.Format,
            text.Replace("{\n  \"format\"", "{\"chain\":\"local\",\n  \"format\"", StringComparison.Ordinal)
        );
        AssertFails(EvidenceCheck.Format, text + "x");
        AssertFails(EvidenceCheck.Format, "");
        AssertFails(EvidenceCheck.Format, "null");
        AssertFails(EvidenceCheck.Format, "[]");
        AssertFails(EvidenceCheck.Format, new string('[', 100_000));
        AssertFails(EvidenceCheck.Format, "{\"format\":\"" + new string('a', 5 << 20) + "\"}");
    }

    [Fact]
    public void Values_have_one_form()
    {
        var root = fixture.File.Statement.ConsentRoot;
        var aliased = (root.ToBigInteger() + Fr.Modulus).ToString("x64")[^64..];
        AssertFails(EvidenceCheck.Format, Edit(o => o["statement"]!["consentRoot"] = "0x" + aliased));
        AssertFails(EvidenceCheck.Format, Edit(o => o["statement"]!["consentRoot"] = root.ToString()));
        var address = fixture.Deployment.AnalysisLedger.ToString();
        AssertFails(EvidenceCheck.Format, Edit(o => o["deployment"]!["analysisLedger"] = address.ToLowerInvariant()));
        var entry = Convert.ToBase64String(fixture.File.Log.Receipts[0].Entry);
        AssertFails(EvidenceCheck.Format, Edit(o => o["log"]!["receipts"]![0]!["entry"] = entry.TrimEnd('=') + "\n"));
    }

    [Fact]
    public void Another_key_cannot_sign_it()
    {
        using var secret = SecretKey.Generate();
        using var thief = Ed25519PrivateKey.FromSecret(secret);
        var key = new NoteKey("log.test", thief.PublicKey);
        var forged = EvidenceSigner.Sign(
            fixture.File with
            {
                Log = fixture.File.Log with { Key = key.ToString() },
            },
            thief
        );
        // Whoever trusts the file's own key finds the log's signatures wrong; whoever has a trust file, the file's.
        AssertFails(EvidenceCheck.Checkpoint, forged);
        AssertFails(EvidenceCheck.Signature, forged, fixture.Trust);
        Assert.Throws<ArgumentException>(() => EvidenceSigner.Sign(fixture.File, thief));
    }

    [Fact]
    [Trait("threat", "forged evidence")]
    [Trait("threat", "invented patient")]
    public void Another_chain_contract_or_authority_is_not_trusted()
    {
        var other = fixture.Deployment with { AuditAnchor = EvidenceFixture.Address(77) };
        AssertFails(EvidenceCheck.Trust, fixture.Bytes, fixture.Trust with { Deployment = other });
        AssertFails(EvidenceCheck.Trust, fixture.Bytes, fixture.Trust with { EnrolmentKey = fixture.Trust.LogKey });
        AssertFails(EvidenceCheck.Trust, fixture.Bytes, fixture.Trust with { ComplianceKey = default });
        AssertFails(
            EvidenceCheck.Trust,
            fixture.Bytes,
            fixture.Trust with
            {
                Deployment = fixture.Deployment with { ChainId = 1 },
            }
        );
    }

    [Fact]
    [Trait("threat", "forged evidence")]
    public void An_operator_who_signs_a_false_file_is_found()
    {
        var file = fixture.File;
        var statement = file.Statement;
        Assert.All(
            new (EvidenceCheck Check, EvidenceFile File)[]
            {
                (EvidenceCheck.VerifyingKey, file with { Circuit = file.Circuit with { VerifyingKey = default } }),
                // The proof binds every signal.
                (EvidenceCheck.Proof, With(statement with { ConsentRoot = Fr.One })),
                (EvidenceCheck.Proof, With(statement with { RecordRoot = Fr.One })),
                (EvidenceCheck.Proof, With(statement with { ModelRoot = Fr.One })),
                (EvidenceCheck.Proof, With(statement with { EnrolRoot = Fr.One })),
                (EvidenceCheck.Proof, With(statement with { Nullifier = Fr.One })),
                (EvidenceCheck.Proof, With(statement with { RequestCommitment = Fr.One })),
                (EvidenceCheck.Proof, With(statement with { Reservation = statement.Reservation with { Time = 9 } })),
                (EvidenceCheck.Proof, file with { Custody = "patient" }),
                (EvidenceCheck.VerifyingKey, file with { Circuit = file.Circuit with { Version = 2 } }),
                (EvidenceCheck.VerifyingKey, file with { Circuit = file.Circuit with { Ceremony = "many" } }),
                (EvidenceCheck.Proof, file with { Deployment = file.Deployment with { ChainId = 1 } }),
                (
                    EvidenceCheck.Proof,
                    file with
                    {
                        Deployment = file.Deployment with { AnalysisLedger = EvidenceFixture.Address(9) },
                    }
                ),
                // Left out, twice, in another order.
                (EvidenceCheck.Proof, file with { Parts = [file.Parts[0], file.Parts[1]] }),
                (EvidenceCheck.Proof, file with { Parts = [file.Parts[0], file.Parts[0], file.Parts[2]] }),
                (EvidenceCheck.Proof, file with { Parts = [file.Parts[1], file.Parts[0], file.Parts[2]] }),
                (EvidenceCheck.Statement, Part(file.Parts[0] with { ResultCommitment = Fr.One })),
                (EvidenceCheck.Statement, Part(file.Parts[0] with { ProofHash = default })),
                (EvidenceCheck.Statement, Part(file.Parts[0] with { Proof = [] })),
                (EvidenceCheck.Statement, Part(file.Parts[0] with { Proof = file.Parts[1].Proof })),
                (
                    EvidenceCheck.Statement,
                    With(
                        statement with
                        {
                            Publication = statement.Publication with { Time = statement.Reservation.Time },
                        }
                    )
                ),
                // The authority speaks of another root, chain, or not at all.
                (EvidenceCheck.Enrolment, Enrolment(fixture.Note(Fr.One))),
                (EvidenceCheck.Enrolment, Enrolment(fixture.Note(statement.EnrolRoot, chainId: 1))),
                (EvidenceCheck.Enrolment, Enrolment("")),
                (EvidenceCheck.Enrolment, Enrolment(file.Log.Checkpoint)),
                // The log.
                (EvidenceCheck.Checkpoint, Log(file.Log with { Checkpoint = file.Enrolment.Note })),
                (EvidenceCheck.Inclusion, Log(file.Log with { Checkpoint = file.Log.Anchor!.Checkpoint })),
                (EvidenceCheck.Inclusion, Receipt(file.Log.Receipts[1] with { Index = 2 })),
                (EvidenceCheck.Inclusion, Receipt(file.Log.Receipts[1] with { Path = [] })),
                (EvidenceCheck.Inclusion, Receipt(file.Log.Receipts[1] with { Entry = file.Log.Receipts[0].Entry })),
                (EvidenceCheck.Entries, Log(file.Log with { Receipts = [] })),
                (EvidenceCheck.Entries, Log(file.Log with { Receipts = [file.Log.Receipts[0]] })),
                (EvidenceCheck.Entries, Log(file.Log with { Receipts = [.. file.Log.Receipts.Skip(1)] })),
                (EvidenceCheck.Entries, Log(file.Log with { Receipts = [.. file.Log.Receipts.Reverse()] })),
                (
                    EvidenceCheck.Entries,
                    With(
                        statement with
                        {
                            Publication = statement.Publication with { Transaction = EvidenceFixture.Hash(1) },
                        }
                    )
                ),
                (EvidenceCheck.Consistency, Anchor(file.Log.Anchor! with { Consistency = [] })),
                (EvidenceCheck.Consistency, Anchor(file.Log.Anchor! with { Checkpoint = file.Log.Checkpoint })),
                (EvidenceCheck.Consistency, Anchor(file.Log.Anchor! with { Checkpoint = file.Enrolment.Note })),
            },
            test => AssertFails(test.Check, fixture.Sign(test.File), fixture.Trust, trustDeployment: test.File)
        );

        EvidenceFile With(EvidenceStatement changed) => file with { Statement = changed };
        EvidenceFile Part(EvidencePart part) => file with { Parts = [part, .. file.Parts.Skip(1)] };
        EvidenceFile Log(EvidenceLog log) => file with { Log = log };
        EvidenceFile Enrolment(string note) => file with { Enrolment = file.Enrolment with { Note = note } };
        EvidenceFile Anchor(EvidenceAnchor anchor) => Log(file.Log with { Anchor = anchor });
        EvidenceFile Receipt(EvidenceReceipt receipt) =>
            Log(file.Log with { Receipts = [file.Log.Receipts[0], receipt, file.Log.Receipts[2]] });
    }

    // The proof and all else are right, but the log never permitted this analysis before its records were opened.
    [Theory]
    [InlineData(AuditDecision.Refused, AuditAction.AnalysisRequested, 0)]
    [InlineData(AuditDecision.Permitted, AuditAction.Read, 0)]
    [InlineData(AuditDecision.Permitted, AuditAction.AnalysisRequested, 3600)]
    [Trait("threat", "hidden use")]
    public async Task An_analysis_without_an_earlier_permit_is_found(
        AuditDecision decision,
        AuditAction action,
        long late
    )
    {
        var nullifier = Digest248.Random();
        var statement = fixture.File.Statement with { Nullifier = nullifier };
        var asked = EvidenceFixture.Entry(action, nullifier, decision);
        var first = await fixture.AppendAsync(asked with { Time = asked.Time + late });
        var second = await fixture.AppendAsync(
            EvidenceFixture.Entry(AuditAction.AnalysisPublished, nullifier, root: statement.Publication.Transaction)
        );
        var log = await fixture.LogAsync([first.Index, second.Index]);
        var file = fixture.Prove(fixture.File with { Statement = statement, Log = log });
        AssertFails(EvidenceCheck.Entries, fixture.Sign(file), fixture.Trust);
    }

    [Fact]
    public void A_file_without_anchor_is_right_too()
    {
        var file = fixture.File with { Log = fixture.File.Log with { Anchor = null } };
        Assert.Equal("valid", fixture.Verifier.Verify(fixture.Sign(file), fixture.Trust).Verdict);
    }

    [Fact]
    public void Trust_files_have_one_form()
    {
        var text = Encoding.UTF8.GetString(fixture.Trust.ToBytes());
        foreach (
            var wrong in new[]
            {
                "",
                "{}",
                text.Replace("medledger.trust.v1", "medledger.trust.v2", StringComparison.Ordinal),
                text.Replace("log.test+", "log.test ", StringComparison.Ordinal),
                text.Replace("0x", "0X", StringComparison.Ordinal),
                text.Insert(1, "\"more\":1,"),
            }
        )
            Assert.False(TrustFile.TryParse(Encoding.UTF8.GetBytes(wrong), out _));
    }

    private byte[] Edit(Action<JsonObject> edit)
    {
        var node = JsonNode.Parse(fixture.Bytes)!.AsObject();
        edit(node);
        return JsonSerializer.SerializeToUtf8Bytes(node);
    }

    private void AssertFails(EvidenceCheck check, string text) => AssertFails(check, Encoding.UTF8.GetBytes(text));

    private void AssertFails(
        EvidenceCheck check,
        byte[] bytes,
        TrustFile? trust = null,
        EvidenceFile? trustDeployment = null
    )
    {
        if (trustDeployment is not null)
            trust = trust! with { Deployment = trustDeployment.Deployment };
        var report = fixture.Verifier.Verify(bytes, trust);
        Assert.Equal(check, report.Failed);
        Assert.Equal(EvidenceReport.Name(check), report.Verdict);
    }
}
