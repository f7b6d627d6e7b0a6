using System.Net;
using System.Text.Json;
using MedLedger.Api.Tests.Consents;

namespace MedLedger.Api.Tests.Http.Fhir;

/// <summary>Who acts for a patient, over HTTP: recorded, within its power, named in log and receipt, ended.</summary>
[Collection("FHIR server")]
[Trait("threat", "clinician with a valid account")]
public sealed class DelegationHttpTests(FhirServer server)
{
    private static readonly DateTime Today = DateTime.UtcNow;

    [Fact]
    public async Task A_parent_consents_and_reads_within_the_power_and_a_guardian_revokes_at_once()
    {
        await PatientAsync("ward-1", Today.AddYears(-10), "mother", "guardian");
        var consent = Bounded("ward-c", "Patient/ward-1", Today.AddYears(7));
        var refused = await PostAsync("/consents", "mother", consent);
        Assert.Equal(HttpStatusCode.Forbidden, refused.Status);
        Assert.Contains("no recorded power", refused.Body, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, (await server.GetAsync("mother", "Patient/ward-1")).Status);

        // only the operator records a parent's power, and says by what
        Assert.Equal(HttpStatusCode.Forbidden, (await RecordAsync("mother", "mother", "parent", "read")).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await RecordAsync("clinician1", "mother", "parent", "read")).Status);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await RecordAsync("operator1", "nobody", "parent")).Status);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await RecordAsync("operator1", "mother", "1")).Status);
        var attorney = await RecordAsync("operator1", "mother", "attorney", "read");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, attorney.Status);
        Assert.Contains("a minor", attorney.Body, StringComparison.Ordinal);
        await RecordedAsync("operator1", "mother", "parent", "consent", "read");
        await RecordedAsync("operator1", "guardian", "guardian");

        Assert.Equal(HttpStatusCode.OK, (await server.GetAsync("mother", "Patient/ward-1")).Status);
        Assert.Equal(["Patient/ward-1"], (await server.GetAsync("mother", "Patient?_id=ward-1")).Found());
        Assert.Equal(HttpStatusCode.NotFound, (await server.GetAsync("mother", "Patient/sample-a")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await server.GetAsync("guardian", "Patient/ward-1")).Status);
        var write = await server.SendAsync(
            "mother",
            HttpMethod.Put,
            "Patient/ward-1",
            """{"resourceType":"Patient","id":"ward-1"}"""
        );
        Assert.Equal(HttpStatusCode.Forbidden, write.Status);

        var open = ConsentFolder.Consent("ward-c", ConsentFolder.First, "Patient/ward-1", []);
        Assert.Equal(HttpStatusCode.Forbidden, (await PostAsync("/consents", "mother", open)).Status); // past majority
        Assert.Equal(HttpStatusCode.Forbidden, (await PostAsync("/consents", "guardian", consent)).Status);
        var given = await PostAsync("/consents", "mother", consent);
        Assert.Equal((HttpStatusCode.Created, 1), (given.Status, given.Json.GetProperty("granted").GetInt32()));
        var receipt = await BesideAsync("/receipt?patient=Patient/ward-1", "mother");
        Assert.Contains("RelatedPerson/mother", receipt.Body, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await BesideAsync("/receipt", "mother")).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await BesideAsync("/audit?patient=Patient/sample-a", "mother")).Status);

        var ended = await server.SendAsync("guardian", HttpMethod.Delete, server.Beside("/consents/ward-c"));
        Assert.Equal((HttpStatusCode.OK, 1), (ended.Status, ended.Json.GetProperty("revoked").GetInt32()));
        var stranger = await server.SendAsync("guardian", HttpMethod.Delete, server.Beside("/consents/sample-a-c"));
        Assert.Equal(HttpStatusCode.NotFound, stranger.Status);
        var log = (await BesideAsync("/audit?patient=Patient/ward-1", "mother")).Json.EnumerateArray();
        Assert.Equal(
            string.Join(',', "RelatedPerson/guardian", "RelatedPerson/mother"),
            string.Join(
                ',',
                log.Where(e => e.GetProperty("entities").EnumerateArray().Any(x => x.GetString() == "Consent/ward-c"))
                    .Where(e => e.GetProperty("action").GetString() == "ConsentChanged")
                    .Select(e => e.GetProperty("agent").GetString()!)
            )
        );

        var of = Assert.Single((await BesideAsync("/delegations", "mother")).Json.EnumerateArray());
        Assert.Equal("parent", of.GetProperty("power").GetString());
        Assert.Equal(HttpStatusCode.NoContent, await EndAsync("mother", "mother"));
        Assert.Equal(HttpStatusCode.NotFound, (await server.GetAsync("mother", "Patient/ward-1")).Status);
    }

    [Fact]
    public async Task An_adult_appoints_an_attorney_and_ends_it_but_no_guardian()
    {
        await PatientAsync("adult-1", Today.AddYears(-40), "attorney", "curator");
        await server.AddUserAsync("patient-adult", "Patient", "Patient/adult-1");
        Task<FhirAnswer> Record(string caller, string person, string power) =>
            RecordAsync(caller, person, power, "Patient/adult-1", ["read"]);
        Assert.Equal(HttpStatusCode.Forbidden, (await Record("patient-adult", "curator", "guardian")).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await Record("patient1", "attorney", "attorney")).Status);
        Assert.Contains("of age", (await Record("operator1", "curator", "parent")).Body, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Created, (await Record("operator1", "curator", "guardian")).Status);
        Assert.Equal(HttpStatusCode.Created, (await Record("patient-adult", "attorney", "attorney")).Status);
        Assert.Equal(HttpStatusCode.OK, (await server.GetAsync("attorney", "Patient/adult-1")).Status);
        Assert.Equal(2, (await BesideAsync("/delegations", "patient-adult")).Json.GetArrayLength());

        Assert.Equal(HttpStatusCode.NotFound, await EndAsync("patient-adult", "curator", "adult-1"));
        Assert.Equal(HttpStatusCode.NotFound, await EndAsync("attorney", "curator", "adult-1"));
        Assert.Equal(HttpStatusCode.NotFound, await EndAsync("patient1", "attorney", "adult-1"));
        Assert.Equal(HttpStatusCode.Forbidden, await EndAsync("clinician1", "attorney", "adult-1"));
        Assert.Equal(HttpStatusCode.NoContent, await EndAsync("patient-adult", "attorney", "adult-1"));
        Assert.Equal(HttpStatusCode.NotFound, (await server.GetAsync("attorney", "Patient/adult-1")).Status);
        Assert.Equal(HttpStatusCode.OK, (await server.GetAsync("curator", "Patient/adult-1")).Status);
    }

    private async Task PatientAsync(string patient, DateTime birth, params string[] persons)
    {
        await PutAsync(
            $"Patient/{patient}",
            new
            {
                resourceType = "Patient",
                id = patient,
                birthDate = Day(birth),
            }
        );
        foreach (var person in persons)
        {
            await PutAsync(
                $"RelatedPerson/{person}",
                new
                {
                    resourceType = "RelatedPerson",
                    id = person,
                    patient = new { reference = $"Patient/{patient}" },
                }
            );
            await server.AddUserAsync(person, "RelatedPerson", $"RelatedPerson/{person}");
        }
    }

    private async Task PutAsync(string reference, object resource)
    {
        var answer = await server.SendAsync("ingest1", HttpMethod.Put, reference, JsonSerializer.Serialize(resource));
        Assert.Equal(HttpStatusCode.Created, answer.Status);
    }

    private Task<FhirAnswer> BesideAsync(string path, string caller) => server.GetAsync(caller, server.Beside(path));

    private Task<FhirAnswer> PostAsync(string path, string caller, string body) =>
        server.SendAsync(caller, HttpMethod.Post, server.Beside(path), body, ("Content-Type", "application/json"));

    private Task<FhirAnswer> RecordAsync(string caller, string person, string power, params string[] acts) =>
        RecordAsync(caller, person, power, "Patient/ward-1", acts);

    private Task<FhirAnswer> RecordAsync(string caller, string person, string power, string patient, string[] acts) =>
        PostAsync(
            "/delegations",
            caller,
            JsonSerializer.Serialize(
                new
                {
                    person = $"RelatedPerson/{person}",
                    patient,
                    power,
                    acts,
                    evidence = "DocumentReference/court-order",
                }
            )
        );

    private async Task RecordedAsync(string caller, string person, string power, params string[] acts)
    {
        var answer = await RecordAsync(caller, person, power, acts);
        Assert.Equal(
            (HttpStatusCode.Created, ""),
            (answer.Status, answer.Status == HttpStatusCode.Created ? "" : answer.Body)
        );
    }

    private async Task<HttpStatusCode> EndAsync(string caller, string person, string patient = "ward-1") =>
        (
            await server.SendAsync(
                caller,
                HttpMethod.Delete,
                server.Beside($"/delegations?person=RelatedPerson/{person}&patient=Patient/{patient}")
            )
        ).Status;

    private static string Bounded(string id, string patient, DateTime until) =>
        ConsentFolder
            .Consent(id, ConsentFolder.First, patient, [])
            .Replace(
                "\"provision\":{\"type\":\"permit\",",
                $"\"provision\":{{\"type\":\"permit\",\"period\":{{\"end\":\"{Day(until)}\"}},",
                StringComparison.Ordinal
            );

    private static string Day(DateTime day) =>
        day.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture);
}
