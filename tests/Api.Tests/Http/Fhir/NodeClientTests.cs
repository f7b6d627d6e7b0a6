using System.Text.Json;
using MedLedger.Tests;

namespace MedLedger.Api.Tests.Http.Fhir;

/// <summary>Sessions of the clients that people use, from npm, against a started server: see <c>tests/clients</c>.</summary>
[Collection("FHIR server")]
public sealed class NodeClientTests(FhirServer server)
{
    private static readonly string[] Steps =
    [
        "metadata",
        "smart-configuration",
        "create",
        "read",
        "vread",
        "search and pages",
        "update with If-Match",
        "patch",
        "history",
        "$everything",
        "delete",
        "transaction",
    ];

    [NpmTheory]
    [InlineData("fhir-kit-client")]
    [InlineData("fhirclient")]
    [InlineData("medplum")]
    public async Task A_client_from_npm_has_a_session(string client)
    {
        var token = await server.TokenAsync("clinician1");
        var done = await RunAsync(
            client,
            new
            {
                @base = server.BaseUrl,
                token,
                patient = "sample-a",
            }
        );
        foreach (var step in Steps)
            Assert.Contains($"ok {step}", done, StringComparer.Ordinal);
    }

    [NpmFact]
    public async Task A_patient_launches_a_SMART_app()
    {
        var oneTime = await server.OutputAsync(
            "user",
            "add",
            "patient-smart",
            "--role",
            "Patient",
            "--reference",
            "Patient/sample-a"
        );
        await server.RunAsync(
            "client",
            "add",
            "smart-app",
            "--redirect",
            "http://127.0.0.1:9/callback",
            "--scope",
            "openid fhirUser launch/patient offline_access patient/*.cruds",
            "--purpose",
            "PATRQT"
        );
        var done = await RunAsync(
            "smart-launch",
            new
            {
                @base = server.BaseUrl,
                user = "patient-smart",
                oneTime,
                patient = "sample-a",
            }
        );
        Assert.Equal("ok refresh", done[^1]);
    }

    private static async Task<string[]> RunAsync(string script, object given)
    {
        await MedLedger.Tests.Toolchain.ClientsAsync();
        var run = await MedLedger.Tests.Toolchain.NodeAsync(
            RepositoryRoot.File("tests", "clients", script + ".mjs"),
            [],
            timeout: TimeSpan.FromMinutes(10),
            input: JsonSerializer.Serialize(given)
        );
        Assert.True(run.ExitCode == 0, run.Output + run.Error);
        return run.Output.TrimEnd().Split('\n');
    }
}
