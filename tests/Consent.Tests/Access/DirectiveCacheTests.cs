using MedLedger.Consent.Access;
using MedLedger.Consent.Directives;
using MedLedger.Consent.Tests.Vault;
using MedLedger.Crypto.Fields;

namespace MedLedger.Consent.Tests.Access;

/// <summary>Rules of Consents that are kept: only for the leaves that they were read with, and only for seconds.</summary>
public sealed class DirectiveCacheTests : IDisposable
{
    private static readonly IReadOnlyList<ConsentDirective> Rules = [];
    private static readonly Dictionary<string, Fr> Leaves = new(StringComparer.Ordinal)
    {
        ["c-1"] = Fr.One,
        ["c-2"] = Fr.One + Fr.One,
    };

    private readonly VaultFixture _fixture = new();
    private readonly RecordGate _gate;

    public DirectiveCacheTests()
    {
        _gate = new RecordGate(_fixture.Vault, new AccessGate(new GateSettings()), _fixture.Time);
        _gate.KeepDirectives(_fixture.Alice, Leaves, Rules);
    }

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public void They_hold_for_the_same_leaves() =>
        Assert.Same(Rules, _gate.KnownDirectives(_fixture.Alice, With("c-1", Fr.One)));

    [Fact]
    public void They_hold_for_no_other_leaf_no_fewer_no_more_and_no_other_patient()
    {
        Assert.Null(_gate.KnownDirectives(_fixture.Bob, Leaves));
        Assert.Null(_gate.KnownDirectives(_fixture.Alice, With("c-2", Fr.One)));
        Assert.Null(_gate.KnownDirectives(_fixture.Alice, With("c-3", Fr.One)));
        var fewer = With("c-1", Fr.One);
        fewer.Remove("c-2");
        Assert.Null(_gate.KnownDirectives(_fixture.Alice, fewer));
        fewer.Add("c-3", Leaves["c-2"]);
        Assert.Null(_gate.KnownDirectives(_fixture.Alice, fewer));
        Assert.Null(_gate.KnownDirectives(_fixture.Alice, new Dictionary<string, Fr>(StringComparer.Ordinal)));
        Assert.Same(Rules, _gate.KnownDirectives(_fixture.Alice, Leaves));
    }

    [Fact]
    public void What_was_read_later_takes_their_place()
    {
        IReadOnlyList<ConsentDirective> others = [.. Rules];
        _gate.KeepDirectives(_fixture.Alice, With("c-2", Fr.One), others);
        Assert.Null(_gate.KnownDirectives(_fixture.Alice, Leaves));
        Assert.Same(others, _gate.KnownDirectives(_fixture.Alice, With("c-2", Fr.One)));
    }

    [Fact]
    public void They_go_with_the_patient()
    {
        _gate.KeepDirectives(_fixture.Bob, Leaves, Rules);
        var before = _fixture.Vault.Forgotten;
        _fixture.Vault.Forget(_fixture.Alice);
        Assert.Null(_gate.KnownDirectives(_fixture.Alice, Leaves));
        Assert.Same(Rules, _gate.KnownDirectives(_fixture.Bob, Leaves));
        Assert.NotEqual(before, _fixture.Vault.Forgotten);
    }

    private static Dictionary<string, Fr> With(string key, Fr leaf) =>
        new(Leaves, StringComparer.Ordinal) { [key] = leaf };
}
