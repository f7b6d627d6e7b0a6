using System.Net;
using System.Net.Sockets;

namespace MedLedger.Api.Tests.Http.Fhir;

/// <summary>What a client's content makes the server do: it calls nobody, and what is the server's to say stays the server's.</summary>
[Collection("FHIR server")]
[Trait("threat", "outsider on the network")]
public sealed class OutsideTests(FhirServer server)
{
    private const string Lowered = "outside-lowered";

    /// <summary>References, profiles, attachments, subscriptions, entries of Bundles, page and client URLs: nothing is fetched.</summary>
    [Fact]
    public async Task No_url_that_a_client_names_is_called()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var url = $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}";
        var observation = $$$"""
            {"resourceType":"Observation","meta":{"profile":["{{{url}}}/StructureDefinition/p"],"source":"{{{url}}}/source"},
            "implicitRules":"{{{url}}}/rules","extension":[{"url":"{{{url}}}/extension","valueUrl":"{{{url}}}/value"}],
            "status":"final","code":{"coding":[{"system":"{{{url}}}/CodeSystem/c","code":"1"}]},
            "subject":{"reference":"{{{url}}}/Patient/1"},"performer":[{"reference":"{{{url}}}/Practitioner/1"}]}
            """;
        var document = $$$"""
            {"resourceType":"DocumentReference","status":"current","subject":{"reference":"Patient/sample-a"},
            "content":[{"attachment":{"contentType":"text/plain","url":"{{{url}}}/document"}}]}
            """;
        var subscription = $$$"""
            {"resourceType":"Subscription","status":"requested","reason":"x","criteria":"Observation?code=1",
            "channel":{"type":"rest-hook","endpoint":"{{{url}}}/hook","payload":"application/fhir+json"}}
            """;
        foreach (
            var (type, body) in new[]
            {
                ("Observation", observation),
                ("DocumentReference", document),
                ("Subscription", subscription),
            }
        )
        {
            foreach (var user in new[] { "ingest1", "clinician1" })
                await server.SendAsync(user, HttpMethod.Post, type, body);
        }
        foreach (var kind in new[] { "batch", "transaction" })
        {
            var bundle = $$$"""
                {"resourceType":"Bundle","type":"{{{kind}}}","link":[{"relation":"next","url":"{{{url}}}/next"}],"entry":[
                {"fullUrl":"{{{url}}}/Observation/1","resource":{{{observation}}},"request":{"method":"POST","url":"Observation"}},
                {"request":{"method":"GET","url":"{{{url}}}/Patient/1"}}]}
                """;
            await server.SendAsync("ingest1", HttpMethod.Post, "", bundle);
        }
        var escaped = Uri.EscapeDataString(url);
        foreach (
            var path in new[]
            {
                $"Observation?subject={escaped}%2FPatient%2F1",
                $"Observation?_page={escaped}",
                $"Observation?_profile={escaped}",
            }
        )
            await server.GetAsync("clinician1", path);
        await server.SendAsync(
            null,
            HttpMethod.Get,
            server.Beside($"/connect/authorize?client_id=a&request_uri={escaped}&redirect_uri={escaped}")
        );
        await server.SendAsync(
            null,
            HttpMethod.Post,
            server.Beside("/connect/token"),
            "grant_type=client_credentials&client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer&client_assertion="
                + Token(url),
            ("Content-Type", "application/x-www-form-urlencoded")
        );
        await server.SendAsync(Token(url), HttpMethod.Get, "Patient/sample-a");

        await Task.Delay(TimeSpan.FromSeconds(1));
        Assert.False(listener.Pending(), "the server called a URL that a client named");
    }

    /// <summary>Confidentiality, id and version that a client claims lower nothing and overwrite nothing.</summary>
    [Fact]
    public async Task A_milder_label_that_a_client_claims_does_not_open_a_record()
    {
        var made = await server.SendAsync(
            "ingest1",
            HttpMethod.Put,
            "Condition/" + Lowered,
            $$$"""
            {"resourceType":"Condition","id":"{{{Lowered}}}","meta":{"versionId":"9","security":[
            {"system":"http://terminology.hl7.org/CodeSystem/v3-Confidentiality","code":"U"}]},
            "subject":{"reference":"Patient/sample-a"},
            "code":{"coding":[{"system":"http://hl7.org/fhir/sid/icd-10-cm","code":"F32.1"}]}}
            """
        );
        Assert.True(made.Status == HttpStatusCode.Created, made.Body);
        Assert.Equal(HttpStatusCode.NotFound, (await server.GetAsync("clinician1", "Condition/" + Lowered)).Status);
        var own = await server.GetAsync("patient1", "Condition/" + Lowered);
        Assert.Equal("1", own.Json.GetProperty("meta").GetProperty("versionId").GetString());
        // Whose it is does not change by a body that names another patient.
        var moved = await server.SendAsync(
            "clinician1",
            HttpMethod.Put,
            "Condition/" + Lowered,
            $$$"""{"resourceType":"Condition","id":"{{{Lowered}}}","subject":{"reference":"Patient/sample-b"}}"""
        );
        Assert.InRange((int)moved.Status, 400, 499);
        Assert.Equal(own.Body, (await server.GetAsync("patient1", "Condition/" + Lowered)).Body);
    }

    /// <summary>A token whose header names where its key is.</summary>
    private static string Token(string url)
    {
        static string Part(string json) =>
            Convert
                .ToBase64String(System.Text.Encoding.UTF8.GetBytes(json))
                .TrimEnd('=')
                .Replace('+', '-')
                .Replace('/', '_');
        return Part($$"""{"alg":"ES256","typ":"at+jwt","kid":"1","jku":"{{url}}/keys","x5u":"{{url}}/certificate"}""")
            + "."
            + Part($$"""{"iss":"{{url}}","sub":"a","aud":"{{url}}","exp":4000000000,"jti":"1"}""")
            + ".AAAA";
    }
}
