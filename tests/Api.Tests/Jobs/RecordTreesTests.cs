using MedLedger.Api.Jobs;
using MedLedger.Api.Persistence;
using MedLedger.Api.Tests.Cli;
using MedLedger.Crypto.Fields;
using Microsoft.EntityFrameworkCore;

namespace MedLedger.Api.Tests.Jobs;

public sealed class RecordTreesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task Trees_of_an_earlier_anchor_have_the_leaves_that_were_there_then()
    {
        await ImportAsync(Patient("a"), Patient("b"), Basic("a", "1"), Basic("b", "1"), Organization("o"));
        var first = await AtAsync(1);
        Assert.Equal(first.Current, first.Global);

        await CloseAsync(1);
        await ImportAsync(Patient("c"), Basic("b", "2"), Organization("other"));
        var (then, now) = (await AtAsync(1), await AtAsync(2));
        Assert.Equal(now.Current, now.Global);
        Assert.Equal((first.Global, first.OfA, first.OfB), (then.Global, then.OfA, then.OfB));
        Assert.NotEqual(then.Global, now.Global);
        Assert.Equal(then.OfA, now.OfA);
        Assert.NotEqual(then.OfB, now.OfB);

        // What is written to again keeps the leaves of both.
        await CloseAsync(2);
        await ImportAsync(Basic("a", "3"), Basic("b", "3"));
        Assert.Equal((now.Global, now.OfA, now.OfB), Roots(await AtAsync(2)));
        Assert.Equal((first.Global, first.OfA, first.OfB), Roots(await AtAsync(1)));
    }

    public void Dispose() => _folder.Dispose();

    private static (Fr, Fr, Fr) Roots((Fr Current, Fr Global, Fr OfA, Fr OfB) at) => (at.Global, at.OfA, at.OfB);

    private string[] Where => ["--data", _folder.File("data"), "--key-file", _folder.File("master.key")];

    private async Task<(Fr Current, Fr Global, Fr OfA, Fr OfB)> AtAsync(long anchor)
    {
        using var store = await StoreAccess.OpenAsync(Where);
        await using var context = store.CreateDbContext();
        var none = await RecordTrees.AtAsync(context, anchor, patientKey: null, default);
        var a = await RecordTrees.AtAsync(context, anchor, store.Vault.PatientKey("Patient/a"), default);
        var b = await RecordTrees.AtAsync(context, anchor, store.Vault.PatientKey("Patient/b"), default);
        Assert.Equal((none.Root, none.Root), (a.Root, b.Root));
        return (await store.Roots.RootAsync(default), none.Root, a.PatientRoot, b.PatientRoot);
    }

    private async Task CloseAsync(long anchor)
    {
        using var store = await StoreAccess.OpenAsync(Where);
        await using var context = store.CreateDbContext();
        var root = (await store.Roots.RootAsync(default)).ToBytes();
        context.Anchors.Add(
            new AnchorRow
            {
                Number = anchor,
                Root = root,
                Size = await context.Leaves.CountAsync(),
            }
        );
        await context.SaveChangesAsync();
    }

    private async Task ImportAsync(params string[] lines)
    {
        File.WriteAllLines(_folder.File("in.ndjson"), lines);
        var ran = await CommandRun.Of(["import", _folder.File("in.ndjson"), .. Where]);
        Assert.Equal(Api.Cli.ExitCode.Good, ran.ExitCode);
    }

    private static string Patient(string id) => $$"""{"resourceType":"Patient","id":"{{id}}"}""";

    private static string Organization(string id) => $$"""{"resourceType":"Organization","id":"{{id}}","name":"x"}""";

    private static string Basic(string patient, string text) =>
        $$$"""{"resourceType":"Basic","id":"{{{patient}}}-basic","code":{"text":"{{{text}}}"},"subject":{"reference":"Patient/{{{patient}}}"}}""";
}
