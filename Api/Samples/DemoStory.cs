using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using MedLedger.Api.Jobs;
using MedLedger.Api.Keys;
using MedLedger.Api.Persistence;
using MedLedger.Api.Records;
using MedLedger.Consent.Chain;
using MedLedger.Consent.Evidence;
using MedLedger.Consent.Statements;
using MedLedger.Crypto.Log;
using Microsoft.EntityFrameworkCore;

namespace MedLedger.Api.Samples;

/// <summary>An analysis as the story tells it.</summary>
internal sealed record ToldAnalysis(string Patient, AnalysisRow Row, AnalysisContent Content, string? EvidencePath);

/// <summary>
/// The main job as a story: patients grant, a clinician analyses, somebody else is refused, a patient revokes, the
/// clinician is refused. It calls what the server calls.
/// </summary>
internal sealed class DemoStory(OpenLedger ledger, Action<string> say)
{
    private readonly Store _store = ledger.Store;

    /// <summary>References of the patients that are stored, in the order of their indices.</summary>
    public async Task<IReadOnlyList<string>> PatientsAsync(CancellationToken cancellation)
    {
        await using var context = _store.CreateDbContext();
        var rows = await context
            .Patients.AsNoTracking()
            .Where(p => p.Index >= 0 && p.Erased == null)
            .OrderBy(p => p.Index)
            .ToListAsync(cancellation);
        return [.. rows.Select(row => _store.Vault.OpenReference(row.PatientKey, row.Reference)).OfType<string>()];
    }

    /// <summary>The patient's consent to treatment by the clinician: what the sample says, or a plain one for other patients.</summary>
    public async Task<string> GrantAsync(string patient, byte[]? sample, CancellationToken cancellation)
    {
        var known = await ConsentStore.ListAsync(_store, ledger.Gate, patient, cancellation);
        var active = known.FirstOrDefault(c => c.IsActive);
        if (active is null)
        {
            var consent = sample is null ? PlainConsent(patient) : JsonNode.Parse(sample)!.AsObject();
            // said today: a consent that was revoked by an earlier run is given anew
            consent["dateTime"] = Requests.Moment(_store.Time.GetUtcNow());
            var (reference, change, problem) = await ledger.Consents.AddAsync(
                JsonSerializer.SerializeToUtf8Bytes(consent),
                cancellation
            );
            if (reference is null || change is null)
                throw Cli.CommandFailure.Refused($"The consent of {patient} was not taken: {problem}.");
            foreach (var gap in change.Gaps)
                say($"  not covered by a grant: {gap}");
            say($"  {patient} grants by {reference}: {change.Granted.Count} grants on the chain.");
            return reference;
        }
        say($"  {patient} has granted by {active.Consent}.");
        return active.Consent;
    }

    /// <summary>A clinician signs a request and waits for its end.</summary>
    public async Task<ToldAnalysis> AnalyseAsync(string clinician, string patient, CancellationToken cancellation)
    {
        var now = _store.Time.GetUtcNow();
        await ledger.Grantees.CommitmentOfAsync(clinician, cancellation);
        using var key = await ledger.Grantees.SigningKeyOfAsync(clinician, cancellation);
        var request = SignedRequest.Sign(
            new AnalysisRequestClaims
            {
                Nonce = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)),
                Grantee = clinician,
                PatientKey = _store.Vault.PatientKey(patient),
                Deployment = _store.Folder.Id,
                Purpose = "TREAT",
                Action = "use",
                Model = ledger.Pipeline.ModelSha256,
                IssuedAt = now.ToUnixTimeSeconds(),
                Expires = now.AddHours(1).ToUnixTimeSeconds(),
            },
            key
        );
        var (id, problem) = await ledger.Analyses.AcceptAsync(request.Compact, cancellation);
        if (id is null)
            throw Cli.CommandFailure.Refused($"The request was not taken: {problem}.");
        var (row, content) = await ledger.Analyses.RunAsync(id, cancellation);
        return new ToldAnalysis(patient, row, content, WriteEvidence(row));
    }

    /// <summary>Whether the whole log hashes to its signed head.</summary>
    public async Task<(long Size, string Root, bool Verified)> VerifyLogAsync(CancellationToken cancellation)
    {
        await using var context = _store.CreateDbContext();
        if (await ledger.Audit.HeadAsync(cancellation) is not var (head, checkpoint))
            return (0, "", false);
        var tree = new TileTree(0, _ => throw new InvalidDataException("A new tree reads no tile."));
        var entries = context.Set<LogEntryRow>().AsNoTracking().OrderBy(e => e.Index).Select(e => e.Entry);
        await foreach (var entry in entries.AsAsyncEnumerable().WithCancellation(cancellation))
            tree.Append(MerkleHash.Leaf(entry));
        var root = tree.Root();
        return (
            head.Size,
            Convert.ToHexStringLower(root),
            tree.Size == head.Size && checkpoint.Root.SequenceEqual(root)
        );
    }

    /// <summary>Whether an evidence file holds against the trust file, as a compliance officer would find.</summary>
    public bool VerifyEvidence(string path)
    {
        if (!TrustFile.TryParse(File.ReadAllBytes(ledger.TrustPath), out var trust))
            return false;
        return new EvidenceVerifier(AcceptedCircuit.BuiltIn).Verify(File.ReadAllBytes(path), trust).IsGood;
    }

    /// <summary>Writes the evidence of a delivered analysis into the data folder; null when there is none.</summary>
    private string? WriteEvidence(AnalysisRow row)
    {
        if (row.Evidence is null)
            return null;
        var path = _store.Folder.File("evidence", row.Id + ".json");
        DurableFile.Write(path, row.Evidence, replace: true);
        return path;
    }

    private static JsonObject PlainConsent(string patient) =>
        JsonNode
            .Parse(
                $$"""
                {
                  "resourceType": "Consent",
                  "id": "demo-{{Convert.ToHexStringLower(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(patient)))[
                    ..16
                ]}}",
                  "status": "active",
                  "scope": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/consentscope", "code": "patient-privacy"}]},
                  "category": [{"coding": [{"system": "http://loinc.org", "code": "59284-0"}]}],
                  "patient": {"reference": {{JsonSerializer.Serialize(patient)}}},
                  "policy": [{"uri": "https://samples.medledger.example/policies/treatment"}],
                  "provision": {
                    "type": "permit",
                    "actor": [{
                      "role": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ParticipationType", "code": "IRCP"}]},
                      "reference": {"reference": "{{SampleFiles.PermittedClinician}}"}
                    }],
                    "purpose": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": "TREAT"}]
                  }
                }
                """
            )!
            .AsObject();
}
