using System.Net;
using MedLedger.Api.Jobs;
using MedLedger.Api.Tests.Cli;
using MedLedger.Consent.Access;
using MedLedger.Consent.Log;

namespace MedLedger.Api.Tests.Identity;

/// <summary>Who proved who they are, and who failed to, stands in the log, with nothing that was typed.</summary>
public sealed class LoginLogTests : IAsyncLifetime
{
    private const string Typed = "correct-horse-battery";
    private IdentityServer _server = null!;

    public async Task InitializeAsync() => _server = await IdentityServer.StartAsync();

    public Task DisposeAsync() => _server.DisposeAsync().AsTask();

    [Fact]
    public async Task A_failed_login_is_logged_for_who_it_was_tried_as_and_names_that_nobody_has_are_not_kept()
    {
        MakePatient();
        await LoginAsync("patient1", Typed);
        await LoginAsync(Typed, "x");
        var log = await ReadAsync();
        var failed = log.Where(e => e.Entry.Reason == DenyReason.NotAuthenticated).ToList();
        Assert.Equal(2, failed.Count);
        Assert.All(failed, e => Assert.Equal(AuditAction.LoggedIn, e.Entry.Action));
        Assert.Equal(
            ["Patient/sample-a", "somebody unknown"],
            failed.Select(e => e.Details.Agent),
            StringComparer.Ordinal
        );
        Assert.Equal("Patient/sample-a", failed[0].Details.Patient);
        Assert.All(log, e => Assert.DoesNotContain(Typed, e.Details.ToString(), StringComparison.Ordinal));
    }

    [Fact]
    public async Task Refused_requests_for_tokens_are_logged_with_the_client_only_when_it_is_known()
    {
        var added = await CommandRun.Of([
            "client",
            "add",
            "app",
            "--redirect",
            "http://127.0.0.1:9/done",
            "--scope",
            "patient/*.rs",
            "--purpose",
            "PATRQT",
            .. _server.Folder,
        ]);
        Assert.Equal(0, added.ExitCode);
        foreach (var client in new[] { "app", Typed })
        {
            using var form = new FormUrlEncodedContent([
                KeyValuePair.Create("grant_type", "authorization_code"),
                KeyValuePair.Create("client_id", client),
                KeyValuePair.Create("code", "none"),
                KeyValuePair.Create("redirect_uri", "http://127.0.0.1:9/done"),
                KeyValuePair.Create("code_verifier", new string('v', 43)),
            ]);
            using var answer = await _server.Http.PostAsync("/connect/token", form);
            Assert.NotEqual(HttpStatusCode.OK, answer.StatusCode);
        }
        var refused = (await ReadAsync()).Where(e => e.Entry.Action == AuditAction.TokenRequested).ToList();
        Assert.Equal(
            ["the client app", "somebody unknown"],
            refused.Select(e => e.Details.Agent),
            StringComparer.Ordinal
        );
        Assert.All(refused, e => Assert.Equal(DenyReason.NotAuthenticated, e.Entry.Reason));
    }

    [Fact]
    public async Task Tokens_accounts_and_logouts_are_logged()
    {
        MakePatient();
        await _server.TokenAsync("clinician1", "TREAT");
        var oneTime = (await CommandRun.Of(["user", "reset", "patient1", .. _server.Folder])).Output.TrimEnd();
        using var chosen = await FormAsync(
            "/account/password",
            null,
            ("name", "patient1"),
            ("oneTime", oneTime),
            ("password", Typed)
        );
        var cookie = chosen.Headers.GetValues("Set-Cookie").First().Split(';')[0];
        using var left = await FormAsync("/account/logout", cookie);
        Assert.Equal(HttpStatusCode.OK, left.StatusCode);
        Assert.Equal(0, (await CommandRun.Of(["user", "disable", "patient1", .. _server.Folder])).ExitCode);

        Assert.Equal(
            [
                (AuditAction.AccountChanged, "add", "operator"),
                (AuditAction.TokenRequested, "token", "Practitioner/clinician1"),
                (AuditAction.AccountChanged, "reset", "operator"),
                (AuditAction.LoggedIn, "login", "Patient/sample-a"),
                (AuditAction.LoggedOut, "logout", "Patient/sample-a"),
                (AuditAction.AccountChanged, "disable", "operator"),
            ],
            (await ReadAsync()).Select(e => (e.Entry.Action, e.Details.Interaction!, e.Details.Agent))
        );
    }

    [Fact]
    public async Task Who_has_an_account_but_no_records_is_logged_without_a_name()
    {
        await LoginAsync("patient1", Typed);
        var failed = Assert.Single(await ReadAsync(), e => e.Entry.Reason == DenyReason.NotAuthenticated);
        Assert.Equal(("a patient without records", null), (failed.Details.Agent, failed.Details.Patient));
    }

    // The server appends while commands beside it do: no entry is lost, none fails.
    [Fact]
    public async Task Two_who_append_at_once_both_do()
    {
        var before = (await ReadAsync()).Count;
        using var audit = new AuditTrail(_server.Store);
        using var other = new AuditTrail(_server.Store);
        var one = Api.Identity.IdentityEvents.LoginFailed(_server.Store.Vault, null);
        await Task.WhenAll(
            Enumerable
                .Range(0, 40)
                .Select(i => Task.Run(() => (i % 2 == 0 ? audit : other).AppendAsync([one], default)))
        );
        Assert.Equal(before + 40, (await ReadAsync()).Count);
    }

    private void MakePatient() =>
        Assert.True(_server.Store.Vault.TryCreateCompartment(_server.Store.Vault.PatientKey("Patient/sample-a")));

    private Task<IReadOnlyList<(AuditEntry Entry, AuditDetails Details)>> ReadAsync() => ReadLog.OfAsync(_server.Store);

    private async Task LoginAsync(string name, string password)
    {
        using var answer = await FormAsync("/account/login", null, ("name", name), ("password", password));
        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
    }

    private async Task<HttpResponseMessage> FormAsync(
        string path,
        string? cookie,
        params (string Name, string Value)[] fields
    )
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path);
        request.Headers.Add("Origin", _server.Http.BaseAddress!.GetLeftPart(UriPartial.Authority));
        if (cookie is not null)
            request.Headers.Add("Cookie", cookie);
        request.Content = new FormUrlEncodedContent(fields.Select(f => KeyValuePair.Create(f.Name, f.Value)));
        return await _server.Http.SendAsync(request);
    }
}
