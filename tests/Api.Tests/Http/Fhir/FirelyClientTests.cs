using System.Net;
using System.Net.Http.Headers;
using Hl7.Fhir.Model;
using Hl7.Fhir.Rest;

namespace MedLedger.Api.Tests.Http.Fhir;

/// <summary>A session of Hl7.Fhir.R4's client, with the checks of the server's version that it makes by itself.</summary>
[Collection("FHIR server")]
public sealed class FirelyClientTests(FhirServer server)
{
    [Fact]
    public async System.Threading.Tasks.Task A_session_from_metadata_to_transaction()
    {
        using var client = await ClientAsync("clinician1", "TREAT");
        var statement = await client.CapabilityStatementAsync();
        Assert.Equal(FHIRVersion.N4_0_1, statement!.FhirVersion);

        var created = await client.CreateAsync(Observation("firely-1"));
        Assert.Equal("1", created!.Meta!.VersionId);
        var read = await client.ReadAsync<Observation>($"Observation/{created.Id}");
        Assert.True(created.IsExactly(read));
        Assert.True(created.IsExactly(await client.ReadAsync<Observation>($"Observation/{created.Id}/_history/1")));
        var same = await client.ConditionalCreateAsync(Observation("x"), new SearchParams().Where("code=firely-1"));
        Assert.Equal(created.Id, same!.Id);

        created.Status = ObservationStatus.Amended;
        var updated = await client.UpdateAsync(created, versionAware: true);
        Assert.Equal("2", updated!.Meta!.VersionId);
        await FailsAsync(HttpStatusCode.PreconditionFailed, () => client.UpdateAsync(created, versionAware: true));
        var amendment = new Parameters();
        amendment.AddReplacePatchParameter("Observation.status", new Code("corrected"));
        var patched = await client.PatchAsync<Observation>(created.Id!, amendment);
        Assert.Equal((ObservationStatus.Corrected, "3"), (patched!.Status, patched.Meta!.VersionId));
        var history = await client.HistoryAsync($"Observation/{created.Id}");
        var versions = history!.Entry.Select(e => e.Resource!.Meta!.VersionId!);
        Assert.Equal(["3", "2", "1"], versions, StringComparer.Ordinal);

        var everything = await client.FetchPatientRecordAsync(new Uri("Patient/sample-a", UriKind.Relative));
        Assert.Contains(everything!.Entry, entry => entry.Resource is Observation one && one.Id == created.Id);

        await client.DeleteAsync($"Observation/{created.Id}");
        await FailsAsync(HttpStatusCode.Gone, () => client.ReadAsync<Observation>($"Observation/{created.Id}"));
        await FailsAsync(HttpStatusCode.NotFound, () => client.ReadAsync<Patient>("Patient/nobody"));

        var builder = new TransactionBuilder(server.BaseUrl, Bundle.BundleType.Transaction);
        builder.Create(Observation("firely-2")).Create(Observation("firely-3")).Create(Observation("firely-4"));
        var stored = await client.TransactionAsync(builder.ToBundle());
        Assert.All(stored!.Entry, entry => Assert.Equal("201", entry.Response!.Status![..3]));
    }

    [Fact]
    public async System.Threading.Tasks.Task Searches_by_GET_and_POST_page_sort_and_include()
    {
        using var client = await ClientAsync("clinician1", "TREAT");
        foreach (var code in new[] { "firely-7", "firely-8", "firely-9" })
            await client.CreateAsync(Observation(code));
        var search = new SearchParams()
            .Where("code=firely-7,firely-8,firely-9")
            .OrderBy("date")
            .LimitTo(2)
            .Include("Observation:subject");
        foreach (
            var first in new[]
            {
                await client.SearchAsync<Observation>(search),
                await client.SearchUsingPostAsync(search, "Observation"),
            }
        )
        {
            Assert.Equal(3, first!.Total);
            Assert.Equal("sample-a", first.Entry.Single(e => e.Resource is Patient).Resource!.Id);
            var codes = Codes(first).Concat(Codes(await client.ContinueAsync(first))).Order(StringComparer.Ordinal);
            Assert.Equal(["firely-7", "firely-8", "firely-9"], codes, StringComparer.Ordinal);
        }
    }

    private static IEnumerable<string> Codes(Bundle? page) =>
        page!.Entry.Select(e => e.Resource).OfType<Observation>().Select(o => o.Code!.Coding[0].Code!);

    private static async System.Threading.Tasks.Task FailsAsync(
        HttpStatusCode status,
        Func<System.Threading.Tasks.Task> call
    )
    {
        var failure = await Assert.ThrowsAsync<FhirOperationException>(call);
        Assert.Equal(status, failure.Status);
        Assert.NotEmpty(failure.Outcome!.Issue);
    }

    private async Task<FhirClient> ClientAsync(string user, string purpose)
    {
        var token = await server.TokenAsync(user, purpose);
        var client = new FhirClient(
            server.BaseUrl,
            new FhirClientSettings
            {
                VerifyFhirVersion = true,
                PreferredFormat = ResourceFormat.Json,
                ReturnPreference = ReturnPreference.Representation,
            }
        );
        client.RequestHeaders!.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return client;
    }

    private static Observation Observation(string code) =>
        new()
        {
            Status = ObservationStatus.Final,
            Code = new CodeableConcept("http://loinc.org", code),
            Subject = new ResourceReference("Patient/sample-a"),
            Effective = new FhirDateTime("2024-05-03"),
            Value = new Quantity(7.1m, "mm[Hg]"),
        };
}
