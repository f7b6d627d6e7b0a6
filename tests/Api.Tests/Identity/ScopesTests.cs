using MedLedger.Api.Identity;
using MedLedger.Consent.Access;

namespace MedLedger.Api.Tests.Identity;

public sealed class ScopesTests
{
    [Theory]
    [InlineData("patient/Observation.rs", "Observation", nameof(ScopePermissions.Read), true)]
    [InlineData("patient/Observation.rs", "Observation", nameof(ScopePermissions.Create), false)]
    [InlineData("patient/Observation.rs", "Condition", nameof(ScopePermissions.Read), false)]
    [InlineData("user/*.cruds", "Condition", nameof(ScopePermissions.Delete), true)]
    [InlineData("system/*.c", "Patient", nameof(ScopePermissions.Read), false)]
    [InlineData("user/Patient.read", "Patient", nameof(ScopePermissions.Search), true)]
    [InlineData("user/Patient.write", "Patient", nameof(ScopePermissions.Read), false)]
    [InlineData("openid fhirUser launch/patient", "Patient", nameof(ScopePermissions.Read), false)]
    [InlineData("", "Patient", nameof(ScopePermissions.Read), false)]
    public void A_scope_gives_what_it_says(string text, string type, string permission, bool isAllowed)
    {
        Assert.True(Scopes.TryParse(text, out var scopes));
        Assert.Equal(isAllowed, scopes.Allow(type, Enum.Parse<ScopePermissions>(permission)));
    }

    [Theory]
    [InlineData("patient/Observation.")]
    [InlineData("patient/Observation.sr")]
    [InlineData("patient/Observation.rr")]
    [InlineData("patient/Nothing.r")]
    [InlineData("patient/Observation.rs?category=laboratory")]
    [InlineData("admin/*.cruds")]
    [InlineData("user/*.cruds\n")]
    [InlineData("anything")]
    public void What_is_not_understood_is_refused(string text) => Assert.False(Scopes.TryParse(text, out _));

    [Theory]
    [InlineData("user/Observation.rs", true)]
    [InlineData("patient/Observation.r", true)]
    [InlineData("user/Observation.c", false)]
    [InlineData("system/Observation.r", false)]
    [InlineData("openid", true)]
    public void A_client_gets_no_more_than_the_widest(string scope, bool isWithin)
    {
        Assert.True(Scopes.TryParse("user/*.rs", out var widest));
        Assert.Equal(isWithin, Scopes.IsWithin(scope, widest));
    }

    [Fact]
    public void Scopes_of_the_patient_level_are_for_the_patient_in_context_alone()
    {
        Assert.True(Scopes.TryParse("openid patient/*.rs user/Practitioner.r", out var scopes));
        Assert.True(scopes.NeedPatient);
        Assert.Equal(
            [new RequestScope("*", "Patient/a"), new RequestScope("Practitioner", null)],
            scopes.Within(ScopePermissions.Read, "Patient/a")
        );
        Assert.Equal([new RequestScope("*", "Patient/a")], scopes.Within(ScopePermissions.Search, "Patient/a"));
        Assert.Empty(scopes.Within(ScopePermissions.Search, context: null));
        Assert.Empty(scopes.Within(ScopePermissions.Delete, "Patient/a"));
    }
}
