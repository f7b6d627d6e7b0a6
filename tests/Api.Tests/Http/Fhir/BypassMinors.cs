using System.Globalization;
using System.Net;
using System.Text.Json;

namespace MedLedger.Api.Tests.Http.Fhir;

/// <summary>Situations of the bypass matrix around minors: whose power does not reach to reading this child's records.</summary>
internal static class BypassMinors
{
    private const string OfAge = "a parent of a child who came of age";
    private const string Ended = "a guardian whose power has ended";
    private const string Other = "a parent of another child";
    private const string NoReading = "a parent who may consent and not read";
    private const string Clinician = "a minor without a consent";

    /// <summary>Their names.</summary>
    public static readonly string[] All = [OfAge, Ended, Other, NoReading, Clinician];

    // Why a power that was recorded does not reach (DelegationStore), as JSON has it.
    private static readonly string[] Reasons =
    [
        "the delegation is not in force",
        "the patient is of age",
        "it is beyond the stated power",
        "the consent\\u0027s period does not end when the power to give it does",
        "the consent's period does not end when the power to give it does",
    ];

    /// <summary>
    /// The body of an answer without the reason, where the caller has a recorded power: <c>/delegations</c> shows it to
    /// them, so that the reason tells nothing new. Strangers are told none.
    /// </summary>
    public static string Plain(string body, string situation) =>
        situation is OfAge or Ended or NoReading
            ? Reasons.Aggregate(
                body,
                (text, reason) =>
                    text.Replace(reason, "they have no recorded power for this patient", StringComparison.Ordinal)
            )
            : body;

    /// <summary>Who asks for whose records; nothing of them may be told.</summary>
    public static async Task<(string Caller, string Patient)> CallerAsync(FhirServer server, string situation)
    {
        await server.OnceAsync(nameof(BypassMinors), () => FamiliesAsync(server));
        return situation switch
        {
            OfAge => (await server.TokenAsync("minors-parent", "FAMRQT"), "minors-grown"),
            Ended => (await server.TokenAsync("minors-guardian", "FAMRQT"), "minors-child"),
            Other => (await server.TokenAsync("minors-mother", "FAMRQT"), "minors-child"),
            NoReading => (await server.TokenAsync("minors-father", "FAMRQT"), "minors-child"),
            Clinician => ("clinician1", "minors-child"),
            _ => throw new ArgumentOutOfRangeException(nameof(situation), situation, "Nobody brings it about."),
        };
    }

    private static async Task FamiliesAsync(FhirServer server)
    {
        await ChildAsync(server, "minors-grown", 19, "minors-parent");
        await ChildAsync(server, "minors-child", 8, "minors-guardian", "minors-father");
        await ChildAsync(server, "minors-sibling", 6, "minors-mother");
        var now = DateTimeOffset.UtcNow;
        await PowerAsync(server, "minors-parent", "minors-grown", "parent", "read", from: now.AddYears(-10));
        await PowerAsync(
            server,
            "minors-guardian",
            "minors-child",
            "guardian",
            "read",
            from: now.AddYears(-2),
            until: now.AddDays(-1)
        );
        await PowerAsync(server, "minors-father", "minors-child", "parent", "consent");
        await PowerAsync(server, "minors-mother", "minors-sibling", "parent", "read");
        // Where the power does reach to reading, it opens.
        var mother = await server.TokenAsync("minors-mother", "FAMRQT");
        Assert.Equal(HttpStatusCode.OK, (await server.GetAsync(mother, "Patient/minors-sibling")).Status);
        Assert.Equal(HttpStatusCode.OK, (await server.GetAsync(mother, "Patient/minors-sibling/$everything")).Status);
    }

    private static async Task ChildAsync(FhirServer server, string id, int years, params string[] persons)
    {
        var birth = DateTime.UtcNow.AddYears(-years).AddDays(-1).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        await PutAsync(
            server,
            "Patient/" + id,
            $$"""{"resourceType":"Patient","id":"{{id}}","birthDate":"{{birth}}"}"""
        );
        await PutAsync(
            server,
            $"Observation/{id}-0",
            $$$"""
            {"resourceType":"Observation","id":"{{{id}}}-0","status":"final","code":{"text":"x"},
            "subject":{"reference":"Patient/{{{id}}}"}}
            """
        );
        foreach (var person in persons)
        {
            await PutAsync(
                server,
                "RelatedPerson/" + person,
                $$$"""{"resourceType":"RelatedPerson","id":"{{{person}}}","patient":{"reference":"Patient/{{{id}}}"}}"""
            );
            await server.AddUserAsync(person, "RelatedPerson", "RelatedPerson/" + person);
        }
    }

    private static async Task PutAsync(FhirServer server, string path, string body)
    {
        var put = await server.SendAsync("ingest1", HttpMethod.Put, path, body);
        Assert.True(put.Status == HttpStatusCode.Created, put.Body);
    }

    private static async Task PowerAsync(
        FhirServer server,
        string person,
        string patient,
        string power,
        string act,
        DateTimeOffset? from = null,
        DateTimeOffset? until = null
    )
    {
        var body = JsonSerializer.Serialize(
            new
            {
                person = "RelatedPerson/" + person,
                patient = "Patient/" + patient,
                power,
                acts = new[] { act },
                from,
                until,
                evidence = "DocumentReference/court-order",
            }
        );
        var recorded = await server.SendAsync(
            "operator1",
            HttpMethod.Post,
            server.Beside("/delegations"),
            body,
            ("Content-Type", "application/json")
        );
        Assert.True(recorded.Status == HttpStatusCode.Created, recorded.Body);
    }
}
