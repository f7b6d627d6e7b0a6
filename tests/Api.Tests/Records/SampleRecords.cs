using System.Text;

namespace MedLedger.Api.Tests.Records;

/// <summary>Generated FHIR resources of one synthetic patient.</summary>
internal static class SampleRecords
{
    /// <summary>A transaction Bundle: Patient/pat-1 with a family name, and observations that refer to it by its full URL.</summary>
    public static string Bundle(string family, int observations)
    {
        var bundle = new StringBuilder(
            $$$"""
            {"resourceType":"Bundle","type":"transaction","entry":[
            {"fullUrl":"urn:uuid:00000000-0000-0000-0000-000000000001","request":{"method":"POST","url":"Patient"},
             "resource":{"resourceType":"Patient","id":"pat-1","name":[{"family":"{{{family}}}"}],"birthDate":"1961-04-12"}
            }
            """
        );
        for (var i = 1; i <= observations; i++)
        {
            bundle.Append(
                $$$"""
                ,{"fullUrl":"urn:uuid:10000000-0000-0000-0000-{{{i:D12}}}","request":{"method":"POST","url":"Observation"},
                "resource":{"resourceType":"Observation","id":"obs-{{{i}}}","status":"final",
                "code":{"coding":[{"system":"http://loinc.org","code":"8480-6","display":"Systolic \u00e9 blood pressure"}]},
                "subject":{"reference":"urn:uuid:00000000-0000-0000-0000-000000000001"},
                "effectiveDateTime":"2021-05-{{{i % 28 + 1:D2}}}",
                "valueQuantity":{"value":7.10,"unit":"mmHg","system":"http://unitsofmeasure.org","code":"mm[Hg]"}
                }}
                """
            );
        }
        return bundle.Append("]}").ToString();
    }
}
