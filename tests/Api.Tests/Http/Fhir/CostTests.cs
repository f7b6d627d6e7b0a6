namespace MedLedger.Api.Tests.Http.Fhir;

/// <summary>On a server of its own: what other tests write would stand in for what is not there.</summary>
[Collection("FHIR server with samples only")]
[Trait("threat", "clinician with a valid account")]
public sealed class CostTests(FhirServer server, Counters counters)
{
    private static readonly string[] Denied = ["sample-a", "sample-b", "sample-c", "sample-d"];

    // {0} is the patient's id; every path by which a record of somebody may be asked for.
    public static TheoryData<string> Paths { get; } =
    [
        "Patient/{0}",
        "Patient/{0}/_history/1",
        "Patient/{0}/_history",
        "Patient?_id={0}",
        "Patient?_id={0}&_summary=count",
        "Patient?_id={0}&_has:Observation:patient:status=final",
        "Patient?_id={0}&_revinclude=Observation:subject",
        "Patient?_has:Observation:patient:_id={0}",
        "Observation?patient={0}",
        "Observation?subject=Patient/{0}&_include=Observation:encounter",
        "Observation?subject:Patient._id={0}",
        "Observation?subject:Patient.family={0}",
        "Encounter?subject=Patient/{0}&_revinclude=Observation:encounter",
    ];

    [Theory]
    [MemberData(nameof(Paths))]
    public async Task What_is_denied_costs_what_nothing_costs(string path)
    {
        // What stands in for a record that is not there is some other record: over many ids each patient does. So the
        // costs of denied reads, one for each patient, are the costs that reads of nothing have.
        var denied = new HashSet<(long, long)>();
        foreach (var patient in Denied)
            denied.Add(await CostAsync("clinician2", Filled(path, patient)));
        for (var i = 0; i < 4; i++)
            Assert.Contains(await CostAsync("clinician2", Filled(path, $"nobody-{i}")), denied);
    }

    // A patient is asked less about what is their own, and about nothing else: what stands in for nothing may be theirs.
    [Theory]
    [InlineData("Patient/{0}")]
    [InlineData("Patient/{0}/_history/1")]
    [InlineData("Patient/{0}/_history")]
    [InlineData("Patient?_id={0}")]
    [InlineData("Observation?patient={0}")]
    public async Task What_is_another_patients_costs_a_patient_what_nothing_costs(string path)
    {
        var denied = new HashSet<(long, long)>();
        foreach (var patient in Denied.Where(id => id != "sample-a"))
            denied.Add(await CostAsync("patient1", Filled(path, patient)));
        for (var i = 0; i < 8; i++)
            Assert.Contains(await CostAsync("patient1", Filled(path, $"nobody-{i}")), denied);
    }

    // Of a patient whose consent leaves one label out: the record with it, against none.
    [Theory]
    [InlineData("Condition?_id={0}")]
    [InlineData("Condition?_id={0}&_include=Condition:subject")]
    [InlineData("Condition?patient=sample-a&_id={0}&_summary=count")]
    [InlineData("Patient?_id={0}")]
    public async Task What_the_consent_leaves_out_costs_what_nothing_costs(string path)
    {
        await server.OnceAsync(nameof(CostTests), WriteAsync);
        Assert.Empty((await server.GetAsync("clinician1", Filled(path, "cost-psy"))).Found());
        var absent = new HashSet<(long, long)>();
        for (var i = 0; i < 8; i++)
            absent.Add(await CostAsync("clinician1", Filled(path, $"cost-no{i}")));
        Assert.Contains(await CostAsync("clinician1", Filled(path, "cost-psy")), absent);
    }

    // The same by criteria: codes that the record has, against codes that no record has.
    [Theory]
    [InlineData("Condition?code={0}", "F32.1")]
    [InlineData("Condition?patient=sample-a&code={0}", "F32.1")]
    [InlineData("Condition?patient=sample-a&code={0}&_summary=count", "F32.1")]
    [InlineData("Condition?patient=sample-a&identifier={0}", "cost-psy")]
    [InlineData("Condition?patient=sample-a&code={0}&onset-date=gt2000-01-01", "F32.1")]
    [InlineData("Condition?patient=sample-a&identifier={0}&_include=Condition:subject", "cost-psy")]
    [InlineData("Patient?_has:Condition:patient:code={0}", "F32.1")]
    [InlineData("Patient/sample-a/Condition?code={0}", "F32.1")]
    public async Task What_criteria_name_of_what_is_left_out_costs_what_nothing_costs(string path, string value)
    {
        await server.OnceAsync(nameof(CostTests), WriteAsync);
        Assert.Empty((await server.GetAsync("clinician1", Filled(path, value))).Found());
        Assert.NotEmpty((await server.GetAsync("patient1", $"Condition?code=F32.1&identifier=cost-psy")).Found());
        var denied = await CostAsync("clinician1", Filled(path, value));
        Assert.Equal(await CostAsync("clinician1", Filled(path, "X99.9")), denied);
        Assert.Equal(await CostAsync("clinician1", Filled(path, "X99.8")), denied);
    }

    private async Task WriteAsync()
    {
        var made = await server.SendAsync(
            "ingest1",
            HttpMethod.Put,
            "Condition/cost-psy",
            """
            {"resourceType":"Condition","id":"cost-psy","identifier":[{"value":"cost-psy"}],"subject":{"reference":"Patient/sample-a"},
            "code":{"coding":[{"system":"http://hl7.org/fhir/sid/icd-10-cm","code":"F32.1"}]}}
            """
        );
        Assert.True(made.Status == System.Net.HttpStatusCode.Created, made.Body);
    }

    private static string Filled(string path, string id) => path.Replace("{0}", id, StringComparison.Ordinal);

    private async Task<(long Opened, long Queries)> CostAsync(string user, string path)
    {
        await server.GetAsync(user, path); // what a process loads once is loaded
        var cost = (Opened: long.MaxValue, Queries: long.MaxValue);
        // The server anchors in the background from time to time; the least of some counts is the read's own.
        for (var i = 0; i < 5; i++)
        {
            var before = counters.Now;
            await server.GetAsync(user, path);
            var (opened, queries) = counters.Since(before);
            cost = (Math.Min(cost.Opened, opened), Math.Min(cost.Queries, queries));
        }
        return cost;
    }
}

/// <summary>Counted in the process, so nothing else may run beside it.</summary>
[CollectionDefinition("FHIR server with samples only", DisableParallelization = true)]
public sealed class CostCollection : ICollectionFixture<FhirServer>, ICollectionFixture<Counters>;
