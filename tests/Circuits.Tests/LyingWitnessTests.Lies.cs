using MedLedger.Consent.Commitments;
using MedLedger.Crypto.BabyJubjub;
using MedLedger.Crypto.Fields;

namespace MedLedger.Circuits.Tests;

public sealed partial class LyingWitnessTests
{
    private const string Signature = "EdDSAPoseidonVerifier";
    private const string Enrolment = "EnrolmentRoot(PATIENT_DEPTH)";
    private const string PatientRecords = "PatientRecordsRoot(PATIENT_DEPTH)";
    private const string Consent = "BinaryRoot(CONSENT_DEPTH)";
    private const string Model = "BinaryRoot(MODEL_DEPTH)";
    private const string Request = "RequestCommitment()";
    private const string Result = "ResultCommitment(RECORDS)";
    private const string Record = "RecordInGrant(RECORD_DEPTH)";
    private const string Order = "InRange(POSITION_BITS)";
    private const int FirstUnused = 3; // the scenario has three records

    private static readonly Fr SubgroupOrder = Fr.FromBigInteger(
        System.Numerics.BigInteger.Parse("2736030358979909402780800718157159386076813972158567259200215660948447373041")
    );

    private static readonly Dictionary<string, Lie> Lies = new(StringComparer.Ordinal)
    {
        // the patient and the signature
        ["signature over another message"] = World(s => s.SignedMessage = leaf => leaf + Fr.One, 2, Signature),
        ["signature by another key"] = World(s => s.Signer = EdDsaPrivateKey.Generate(), 2, Signature),
        ["S plus the order"] = Raw(i => i.Add("signatureS", SubgroupOrder), 1, "compConstant"),
        ["public key off the curve"] = Inputs(
            i => i.Add("publicKey", Fr.One),
            0,
            "BabyCheck()(publicKey[0], publicKey[1])",
            Signature
        ),
        ["nonce point off the curve"] = Raw(i => i.Add("signatureR", Fr.One), 0, "BabyCheck()(r[0], r[1])", Signature),
        ["unenrolled patient"] = World(s => s.Enrolled = false, 1, Enrolment),
        ["custody other than enrolled"] = World(s => s.EnrolledCustody = Custody.Operator, 1, Enrolment),
        ["custody beyond 8 bits"] = Inputs(i => i["custody"][0] = Fr.From(256), 1, "InRange(8)(custody)"),
        ["another patient's index"] = World(s => s.RecordsIndex = s.PatientIndex - 1, 1, PatientRecords),
        ["records not anchored"] = World(s => s.Anchored = false, 1, PatientRecords),
        ["patient index beyond the trees"] = Raw(i => i.Add("patientIndex", LyingInputs.Power(24)), 0, "patientIndex"),

        // the grant
        ["revoked leaf"] = World(s => s.InConsentTree = false, 1, Consent),
        ["grant index beyond the tree"] = Raw(i => i.Add("grantIndex", LyingInputs.Power(20)), 0, "grantIndex"),
        ["controller beyond an address"] = Inputs(
            i => i["controller"][0] = LyingInputs.Power(160),
            1,
            "InRange(160)(controller)"
        ),
        ["masks1 beyond 224 bits"] = Inputs(i => i.Add("masks1", LyingInputs.Power(224)), 0, "masks1"),
        ["masks2 beyond 169 bits"] = Inputs(i => i.Add("masks2", LyingInputs.Power(169)), 0, "masks2"),
        ["window beyond 128 bits"] = Inputs(i => i.Add("window", LyingInputs.Power(128)), 0, "window"),
        ["not yet valid"] = World(s => s.AsOf = 999, 1, "InRange(40)(asOf - terms.notBefore)"),
        ["expired"] = World(s => s.AsOf = 2000, 1, "InRange(40)(terms.notAfter - 1 - asOf)"),
        ["asOf beyond 40 bits"] = World(
            s => s.AsOf = 1L << 40,
            2,
            "InRange(40)(asOf)",
            "InRange(40)(terms.notAfter - 1 - asOf)"
        ),
        ["purpose missing"] = World(s => s.Purpose = 62, 1, "SelectAt(6)(terms.purposes, purpose)"),
        ["purpose beyond the mask"] = Inputs(
            i => i.Add("purpose", Fr.From(64)),
            2,
            "SelectAt(6)(terms.purposes, purpose)"
        ),
        ["action missing"] = World(s => s.Action = 1, 1, "SelectAt(3)(terms.actions, action)"),
        ["action beyond the mask"] = Inputs(i => i.Add("action", Fr.From(8)), 2, "SelectAt(3)(terms.actions, action)"),
        ["class not allowed"] = World(s => s.ModelClass = 14, 1, "SelectAt(4)(terms.modelClasses, modelClass)"),
        ["class beyond the mask"] = Inputs(
            i => i.Add("modelClass", Fr.From(16)),
            2,
            "SelectAt(4)(terms.modelClasses, modelClass)"
        ),
        ["unapproved model"] = World(s => s.ModelApproved = false, 1, Model),
        ["model index beyond the tree"] = Raw(i => i.Add("modelIndex", LyingInputs.Power(8)), 0, "modelIndex"),

        // the use and the request
        ["slot equal to maxUses"] = World(s => s.Slot = 3, 1, "InRange(17)(maxUses - 1 - slot)"),
        ["slot below zero"] = Inputs(i => i["slot"][0] = -Fr.One, 1, "InRange(16)(slot)"),
        ["slot beyond 16 bits"] = Inputs(
            i =>
            {
                i.Add("masks2", LyingInputs.Power(152 + 16)); // maxUses 2^16 + 3
                i["slot"][0] = LyingInputs.Power(16);
            },
            1,
            "InRange(16)(slot)"
        ),
        ["grant without uses"] = Inputs(
            i =>
            {
                i.Add("masks2", -(LyingInputs.Power(152) + LyingInputs.Power(153)));
                i["slot"][0] = Fr.Zero;
            },
            1,
            "InRange(17)(maxUses - 1 - slot)"
        ),
        ["request for another grantee"] = Raw(i => i["requestCommitment"][0] = OtherRequest(i, "grantee"), 1, Request),
        ["request for another purpose"] = Raw(i => i["requestCommitment"][0] = OtherRequest(i, "purpose"), 1, Request),
        ["request for another action"] = Raw(i => i["requestCommitment"][0] = OtherRequest(i, "action"), 1, Request),
        ["request for another model"] = Raw(
            i => i["requestCommitment"][0] = OtherRequest(i, "modelDigest"),
            1,
            Request
        ),
        ["another request"] = Raw(i => i["requestCommitment"][0] = OtherRequest(i, "requestId"), 1, Request),
        ["request of another slot"] = Raw(i => i["requestCommitment"][0] = OtherRequest(i, "slot"), 1, Request),

        // the records
        ["active is two"] = Raw(i => i["active"][1] = Fr.From(2), 0, "active[1]", Result),
        ["inactive slot with meta"] = Unused(i => i["meta"][FirstUnused] = LyingInputs.Power(40), "meta[3]"),
        ["inactive slot with digest"] = Unused(i => i["contentDigest"][FirstUnused] = Fr.One, "contentDigest[3]"),
        ["inactive slot with salt"] = Unused(i => i["recordSalt"][FirstUnused] = Fr.One, "recordSalt[3]"),
        ["inactive slot with position"] = Unused(i => i["position"][FirstUnused] = Fr.One, "position[3]"),
        ["no active record"] = Inputs(i => i["active"][0] = Fr.Zero, 0, Record),
        ["gap before an active slot"] = new(
            s => s.Records.RemoveAt(2),
            (i, s) =>
            {
                foreach (var name in new[] { "active", "meta", "contentDigest", "recordSalt", "position" })
                    (i[name][1], i[name][2]) = (i[name][2], i[name][1]);
                for (var k = 0; k < 28; k++)
                    (i["recordPath"][28 + k], i["recordPath"][56 + k]) = (
                        i["recordPath"][56 + k],
                        i["recordPath"][28 + k]
                    );
                i.Fit(s.Key);
            },
            1,
            ["active[2]"]
        ),
        ["same record twice"] = Inputs(
            i =>
            {
                foreach (var name in new[] { "active", "meta", "contentDigest", "recordSalt", "position" })
                    i[name][1] = i[name][0];
                i["recordPath"].AsSpan(0, 28).CopyTo(i["recordPath"].AsSpan(28));
            },
            1,
            Order
        ),
        ["swapped order"] = World(s => s.Records.Reverse(0, 2), 1, Order),
        ["another patient's record"] = new(
            null,
            (i, s) =>
            {
                i["recordSalt"][1] += Fr.One;
                i.FitSlot(1); // a true path, to the root of another patient's tree
                i.Fit(s.Key);
            },
            1,
            ["patRoot"]
        ),
        ["other content"] = Raw(i => i["contentDigest"][1] += Fr.One, 2, "QuaternaryRoot(DEPTH)(leaf", Result),
        ["position beyond the tree"] = Raw(i => i["position"][2] += LyingInputs.Power(14), 0, "position[2]", Order),
        ["broken path level"] = Raw(i => BreakPath(i, slot: 1, level: 3), 0, "QuaternaryRoot(DEPTH)(leaf"),
        ["meta beyond 64 bits"] = Inputs(
            i =>
            {
                i.Add("meta", LyingInputs.Power(64));
                i.FitSlot(0);
            },
            0,
            "meta[0]"
        ),
        ["type not listed"] = World(s => s.Records[0] = (0, 6, 0, 700), 1, Record),
        ["label outside"] = World(s => s.Records[0] = (0, Scenario.LowType, 4, 700), 1, "labels[2]"),
        ["exception class outside"] = World(s => s.Records[0] = (0, Scenario.LowType, 1u << 30, 700), 1, "labels[30]"),
        ["day before"] = World(
            s => s.Records[0] = (0, Scenario.LowType, 0, 699),
            1,
            "InRange(24)(active * (word.out - dataFrom))"
        ),
        ["day after"] = World(
            s => s.Records[0] = (0, Scenario.LowType, 0, 801),
            1,
            "InRange(24)(active * (dataTo - word.out))"
        ),
        ["day unknown"] = World(
            s => s.Records[0] = (0, Scenario.LowType, 0, 0),
            1,
            "InRange(24)(active * (word.out - dataFrom))"
        ),

        // the result and its shape
        ["part equal to parts"] = Inputs(i => i["part"][0] = i["parts"][0], 1, "InRange(6)(parts - 1 - part)"),
        ["more than 64 parts"] = Inputs(
            i => (i["part"][0], i["parts"][0]) = (Fr.From(63), Fr.From(65)),
            1,
            "InRange(6)(parts - 1)"
        ),
        ["no parts"] = Inputs(i => i["parts"][0] = Fr.Zero, 2, "InRange(6)(parts - 1)", "InRange(6)(parts - 1 - part)"),
        ["part below zero"] = Inputs(i => i["part"][0] = -Fr.One, 1, "InRange(6)(part)"),
        ["result of other records"] = Raw(i => i["resultCommitment"][0] = OtherResult(i), 1, Result),

        // each signal on its own
        ["signal consentRoot"] = Raw(i => i.Add("consentRoot", Fr.One), 1, Consent),
        ["signal recordRoot"] = Raw(i => i.Add("recordRoot", Fr.One), 1, PatientRecords),
        ["signal modelRoot"] = Raw(i => i.Add("modelRoot", Fr.One), 1, Model),
        ["signal enrolRoot"] = Raw(i => i.Add("enrolRoot", Fr.One), 1, Enrolment),
        ["signal nullifier"] = Raw(i => i.Add("nullifier", Fr.One), 1, "UseNullifier()"),
        ["signal resultCommitment"] = Raw(i => i.Add("resultCommitment", Fr.One), 1, Result),
        ["signal requestCommitment"] = Raw(i => i.Add("requestCommitment", Fr.One), 1, Request),
        ["signal registryId"] = Raw(i => i.Add("registryId", Fr.One), 3, Consent, Signature),
        ["signal shape"] = Raw(i => i.Add("shape", LyingInputs.Power(16)), 0, "shape"),
    };

    private static Lie Unused(Action<LyingInputs> lie, string where) =>
        new(
            null,
            (inputs, _) =>
            {
                lie(inputs);
                inputs.FitSlot(FirstUnused);
            },
            1,
            [where]
        );

    private static Fr OtherRequest(LyingInputs inputs, string changed)
    {
        var other = new LyingInputs(inputs.ToInputs());
        other.Add(changed, Fr.One);
        using var anybody = EdDsaPrivateKey.Generate();
        return other.Fit(anybody)["requestCommitment"][0];
    }

    private static Fr OtherResult(LyingInputs inputs)
    {
        var other = new LyingInputs(inputs.ToInputs());
        other["recordSalt"][0] += Fr.One;
        using var anybody = EdDsaPrivateKey.Generate();
        return other.Fit(anybody)["resultCommitment"][0];
    }

    private static void BreakPath(LyingInputs inputs, int slot, int level)
    {
        for (var child = 0; child < 4; child++)
            inputs["recordPath"][(28 * slot) + (4 * level) + child] += Fr.One;
    }
}
