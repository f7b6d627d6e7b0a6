using MedLedger.Consent.Evidence;
using MedLedger.Crypto.Fields;
using MedLedger.Crypto.Sealing;

namespace MedLedger.Consent.Tests.Evidence;

/// <summary>The compliance role opens what the signals commit to; whoever seals something else is found.</summary>
[Trait("threat", "dishonest operator without patient keys")]
public sealed class OpeningsTests(EvidenceFixture fixture) : IClassFixture<EvidenceFixture>
{
    private static readonly EvidenceCheck[] All =
    [
        EvidenceCheck.Openings,
        EvidenceCheck.OpenedRequest,
        EvidenceCheck.OpenedPatient,
        EvidenceCheck.OpenedResult,
    ];

    [Fact]
    public void Right_openings_open_every_commitment()
    {
        var (report, opened) = Check(fixture.Bytes);
        Assert.Equal("valid", report.Verdict);
        Assert.Equal(All, report.Passed.TakeLast(4));
        Assert.Equal(
            ("Practitioner/one", "TREAT", 29),
            (opened!.Request.Grantee, opened.Request.Purpose, opened.Records)
        );
        Assert.Equal("2027-01-15T08:00:00Z", opened.Signed);
        var file = System.Text.Encoding.UTF8.GetString(fixture.Bytes);
        Assert.DoesNotContain("Practitioner", file, StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_comes_back_from_its_file_alone()
    {
        var text = fixture.Compliance.Write();
        using var read = ComplianceKey.TryRead(text);
        Assert.Equal(fixture.Compliance.Fingerprint, read!.Fingerprint);
        foreach (
            var wrong in new[] { "", text.TrimEnd(), text + text, text.Replace("-v1", "-v2", StringComparison.Ordinal) }
        )
            Assert.Null(ComplianceKey.TryRead(wrong));
        Assert.Null(ComplianceKey.TryRead(text.ToUpperInvariant()));
    }

    [Fact]
    public void Another_key_opens_nothing()
    {
        using var secret = SecretKey.Generate();
        using var other = ComplianceKey.FromSecret(secret);
        AssertFails(EvidenceCheck.Openings, fixture.Bytes, other);
        // Sealed to a key that the officer does not have, and called the officer's.
        var file = ComplianceKey.Seal(fixture.File, fixture.Analysis.Openings, other.PublicKey);
        var renamed = file.Openings with { Recipient = fixture.Compliance.Fingerprint };
        AssertFails(EvidenceCheck.Openings, fixture.Sign(file with { Openings = renamed }));
        // The trust file names the officer's key.
        var report = fixture.Verifier.Verify(fixture.Sign(file), fixture.Trust);
        Assert.Equal(EvidenceCheck.Trust, report.Failed);
    }

    [Fact]
    public void Openings_that_were_changed_cut_or_moved_to_another_file_do_not_open()
    {
        var openings = fixture.File.Openings;
        var swapped = fixture.Prove(
            fixture.File with
            {
                Statement = fixture.File.Statement with { ModelRoot = Fr.One },
            }
        );
        EvidenceFile[] wrong =
        [
            swapped,
            With(openings with { Ciphertext = Flip(openings.Ciphertext, 0) }),
            With(openings with { Ciphertext = Flip(openings.Ciphertext, openings.Ciphertext.Length - 1) }),
            With(openings with { Ciphertext = openings.Ciphertext[..^1] }),
            With(openings with { Encapsulation = Flip(openings.Encapsulation, 0) }),
            With(openings with { Encapsulation = Flip(openings.Encapsulation, 1119) }),
            With(openings with { Encapsulation = openings.Encapsulation[..^1] }),
        ];
        Assert.All(wrong, file => AssertFails(EvidenceCheck.Openings, fixture.Sign(file)));

        EvidenceFile With(SealedOpenings changed) => fixture.File with { Openings = changed };
    }

    [Fact]
    public void An_operator_who_seals_other_openings_is_found()
    {
        var right = fixture.Analysis.Openings;
        var (request, patient, result) = (right.Request, right.Patient, right.Result);
        var other = new OpenableAnalysis().Openings;
        Assert.All(
            new (EvidenceCheck Check, Openings Openings)[]
            {
                (EvidenceCheck.Openings, right with { Format = "medledger.openings.v2" }),
                (EvidenceCheck.OpenedRequest, right with { Request = other.Request }),
                (EvidenceCheck.OpenedRequest, right with { Request = request with { Signed = other.Request.Signed } }),
                (EvidenceCheck.OpenedRequest, right with { Request = request with { Signed = request.Signed + "A" } }),
                (EvidenceCheck.OpenedRequest, right with { Request = request with { GranteeKey = [1] } }),
                (
                    EvidenceCheck.OpenedRequest,
                    right with
                    {
                        Request = request with { GranteeKey = other.Request.GranteeKey },
                    }
                ),
                (EvidenceCheck.OpenedRequest, right with { Request = request with { GranteeSalt = Fr.One } }),
                (EvidenceCheck.OpenedRequest, right with { Request = request with { RequestSalt = Fr.One } }),
                (EvidenceCheck.OpenedRequest, right with { Request = request with { ModelDigest = Fr.One } }),
                (EvidenceCheck.OpenedRequest, right with { Request = request with { ModelClass = 1 } }),
                (EvidenceCheck.OpenedRequest, right with { Request = request with { ModelClass = 16 } }),
                (EvidenceCheck.OpenedPatient, right with { Patient = other.Patient }),
                (EvidenceCheck.OpenedPatient, right with { Patient = patient with { PublicKeyX = Fr.One } }),
                (EvidenceCheck.OpenedPatient, right with { Patient = patient with { PublicKeyY = Fr.One } }),
                (EvidenceCheck.OpenedPatient, right with { Patient = patient with { PatientSalt = Fr.One } }),
                (EvidenceCheck.OpenedPatient, right with { Patient = patient with { PatRoot = Fr.One } }),
                (EvidenceCheck.OpenedPatient, right with { Patient = patient with { Index = 2 } }),
                (EvidenceCheck.OpenedPatient, right with { Patient = patient with { Index = -1 } }),
                (
                    EvidenceCheck.OpenedPatient,
                    right with
                    {
                        Patient = patient with { EnrolmentPath = patient.RecordsPath },
                    }
                ),
                (EvidenceCheck.OpenedPatient, right with { Patient = patient with { RecordsPath = [] } }),
                (EvidenceCheck.OpenedResult, right with { Result = result with { ResultDigest = Fr.One } }),
                (EvidenceCheck.OpenedResult, right with { Result = result with { ResultSalt = Fr.One } }),
                (EvidenceCheck.OpenedResult, Records([])),
                (EvidenceCheck.OpenedResult, Records([.. result.Records.Skip(1)])),
                (EvidenceCheck.OpenedResult, Records([.. result.Records.Reverse()])),
                (EvidenceCheck.OpenedResult, Records([.. result.Records.Skip(1).Prepend(result.Records[1])])),
                (EvidenceCheck.OpenedResult, Records([.. other.Result.Records])),
                (EvidenceCheck.OpenedResult, Records([.. result.Records.Skip(1).Prepend(new RecordOpening(3, []))])),
            },
            test =>
                AssertFails(
                    test.Check,
                    fixture.Sign(ComplianceKey.Seal(fixture.File, test.Openings, fixture.Compliance.PublicKey))
                )
        );

        Openings Records(IReadOnlyList<RecordOpening> records) =>
            right with
            {
                Result = result with { Records = records },
            };
    }

    private (EvidenceReport Report, OpenedAnalysis? Opened) Check(byte[] file, ComplianceKey? key = null) =>
        OpeningsVerifier.Check(fixture.Verifier.Verify(file, fixture.Trust), file, key ?? fixture.Compliance);

    private void AssertFails(EvidenceCheck check, byte[] file, ComplianceKey? key = null)
    {
        var (report, opened) = Check(file, key);
        Assert.Equal(EvidenceReport.Name(check), report.Verdict);
        Assert.Null(opened);
    }

    private static byte[] Flip(byte[] bytes, int index)
    {
        var changed = bytes.ToArray();
        changed[index] ^= 1;
        return changed;
    }
}
