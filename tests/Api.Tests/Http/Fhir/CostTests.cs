namespace MedLedger.Api.Tests.Http.Fhir;

/// <summary>On a server of its own: what other tests write would stand in for what is not there.</summary>
[Collection("FHIR server with samples only")]
public sealed class CostTests(FhirServer server)
{
    [Fact]
    public async Task A_denied_read_costs_what_a_read_of_nothing_costs()
    {
        // What stands in for a record that is not there is some other record: over many ids each patient does. So the
        // costs of denied reads, one for each patient, are the costs that reads of nothing have.
        var denied = new HashSet<(long, long)>();
        foreach (var patient in new[] { "sample-a", "sample-b", "sample-c", "sample-d" })
            denied.Add(await CostAsync($"Patient/{patient}"));
        for (var i = 0; i < 8; i++)
            Assert.Contains(await CostAsync($"Patient/nobody-{i}"), denied);
    }

    private async Task<(long Opened, long Queries)> CostAsync(string path)
    {
        await server.GetAsync("clinician2", path); // what a process loads once is loaded
        var cost = (Opened: long.MaxValue, Queries: long.MaxValue);
        // The server anchors in the background from time to time; the least of some counts is the read's own.
        for (var i = 0; i < 3; i++)
        {
            using var counters = new Counters();
            await server.GetAsync("clinician2", path);
            cost = (Math.Min(cost.Opened, counters.Now.Opened), Math.Min(cost.Queries, counters.Now.Queries));
        }
        return cost;
    }
}

/// <summary>Counted in the process, so nothing else may run beside it.</summary>
[CollectionDefinition("FHIR server with samples only", DisableParallelization = true)]
public sealed class CostCollection : ICollectionFixture<FhirServer>;
