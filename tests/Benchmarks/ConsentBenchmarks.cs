using System.Text;
using BenchmarkDotNet.Attributes;
using MedLedger.Consent.Access;
using MedLedger.Consent.Directives;

namespace MedLedger.Benchmarks;

/// <summary>Decisions a second for a patient with 20 consents of five rules each, on one core.</summary>
public class ConsentBenchmarks
{
    private const string Codes = "http://terminology.hl7.org/CodeSystem/";
    private readonly List<ConsentDirective> directives = [];

    /// <summary>How many consents the patient has.</summary>
    public int Consents { get; init; } = 20;

    /// <summary>Rules in each, the root included; at least five.</summary>
    public int Rules { get; init; } = 5;

    private AccessRequest request = null!;

    [GlobalSetup]
    public void Setup()
    {
        for (var i = 0; i < Consents; i++)
        {
            var more = string.Concat(
                Enumerable
                    .Range(0, Rules - 5)
                    .Select(n =>
                        $$$"""
                            ,{"type":"deny","code":[{"coding":[{"system":"http://loinc.org","code":"{{{n}}}-1"}]}]}
                            """
                    )
            );
            var json = $$$"""
                {"resourceType":"Consent","id":"c{{{i}}}","status":"active",
                "scope":{"coding":[{"system":"{{{Codes}}}consentscope","code":"patient-privacy"}]},
                "patient":{"reference":"Patient/carla"},
                "provision":{"type":"permit","period":{"start":"2020-01-01","end":"2030"},
                "purpose":[{"system":"{{{Codes}}}v3-ActReason","code":"TREAT"},{"system":"{{{Codes}}}v3-ActReason","code":"HPAYMT"}],
                "actor":[{"role":{"coding":[{"system":"{{{Codes}}}v3-ParticipationType","code":"IRCP"}]},"reference":{"reference":"Practitioner/p{{{i}}}"}}],
                "provision":[
                {"type":"deny","securityLabel":[{"system":"{{{Codes}}}v3-ActCode","code":"PSY"}]},
                {"type":"deny","code":[{"coding":[{"system":"http://loinc.org","code":"20447-9"}]}]},
                {"type":"deny","dataPeriod":{"end":"2001"}},
                {"type":"deny","data":[{"meaning":"authoredby","reference":{"reference":"Practitioner/dora"}}]}{{{more}}}]}}
                """;
            if (!ConsentDirective.TryParse(Encoding.UTF8.GetBytes(json), out var directive))
                throw new InvalidOperationException("The benchmark's consent is not readable.");
            directives.Add(directive);
        }
        request = new AccessRequest
        {
            Patient = "Patient/carla",
            Actors = [$"Practitioner/p{Consents - 1}", "Organization/clinic"],
            Purpose = "ETREAT",
            Action = "access",
            Time = "2026-06-15T12:00:00Z",
            Resource = new ResourceFacts
            {
                Reference = "Observation/bp",
                Type = "Observation",
                Codes = [new Coding("http://loinc.org", "85354-9")],
                Labels = [new Coding(Codes + "v3-Confidentiality", "N")],
                Date = "2025-03-10",
                Authors = ["Practitioner/bruno"],
            },
        };
        if (!Decide())
            throw new InvalidOperationException("The benchmark's request is not permitted.");
    }

    [Benchmark]
    public bool Decide() => ConsentEvaluator.Evaluate(directives, request).Permitted;
}
