using MedLedger.Api.Cli;
using MedLedger.Api.Tests.Cli;

namespace MedLedger.Api.Tests.Integrity;

/// <summary>What goes wrong with keys, disk and clock: a clear error, and nothing lost.</summary>
[Trait("threat", "crash, power cut, full disk, two nodes at once")]
public sealed class FailureTests(ImportedFolder imported) : IClassFixture<ImportedFolder>, IDisposable
{
    private readonly ImportedCopy _folder = imported.Copy();

    [Fact]
    public async Task A_lost_master_key_is_named_nothing_is_made_in_its_place_and_its_return_opens_all()
    {
        var kept = File.ReadAllBytes(_folder.File("master.key"));
        File.Delete(_folder.File("master.key"));
        foreach (var command in new[] { "fsck", "patients" })
        {
            var refused = await _folder.Run(command);
            Assert.Equal(ExitCode.Usage, refused.ExitCode);
            Assert.Contains("master.key is not there", refused.Error, StringComparison.Ordinal);
        }
        Assert.False(File.Exists(_folder.File("master.key")));
        using (var back = Api.Keys.DurableFile.Create(_folder.File("master.key")))
            back.Write(kept);
        await _folder.Good("fsck");
    }

    [Fact]
    public async Task Half_written_files_are_no_keys_and_go_at_the_next_start()
    {
        var half = _folder.File("master.key.d", "role-new.key.00ff00ff.part");
        File.WriteAllText(half, "half");
        File.WriteAllText(_folder.File("data", "format.json.new"), "{");
        await _folder.Good("fsck");
        await _folder.Good("patients");
        Assert.False(File.Exists(half));
        await _folder.Good("fsck");
    }

    // The backup goes to a disk of 64 kB in a mount namespace of the child.
    [Records.SmallDiskFact]
    public async Task A_full_disk_ends_a_backup_with_a_clear_error_and_leaves_no_half_of_it()
    {
        const string OnSmallDisk = """
            disk="$1"; shift
            mkdir -p "$disk" && mount -t tmpfs -o size=64k tmpfs "$disk" || exit 97
            "$@"; code=$?
            ls "$disk"
            exit $code
            """;
        var full = await ChildProgram.RunUnderAsync(
            [.. Records.SmallDiskFactAttribute.Unshare, "sh", "-c", OnSmallDisk, "sh", _folder.File("disk")],
            ["backup", _folder.File("disk", "data.backup"), .. _folder.Options]
        );
        Assert.True(full.ExitCode == ExitCode.Machine, $"{full.ExitCode}: {full.Error}");
        Assert.DoesNotContain("   at ", full.Error, StringComparison.Ordinal);
        Assert.Equal("", full.Output.Trim());
        await _folder.Good("fsck");
        await _folder.Good("backup", _folder.File("data.backup"));
    }

    [Fact]
    public async Task A_clock_that_was_set_back_starts_nothing_and_is_said()
    {
        var before = _folder.Execute("SELECT COUNT(*) FROM log_entries");
        var failure = await Assert.ThrowsAsync<CommandFailure>(() =>
            StoreAccess.OpenAsync(_folder.Options, new Back(TimeSpan.FromHours(1)))
        );
        Assert.Equal(ExitCode.Machine, failure.ExitCode);
        Assert.Contains("set back", failure.Message, StringComparison.Ordinal);
        Assert.Equal(before, _folder.Execute("SELECT COUNT(*) FROM log_entries"));
        using (await StoreAccess.OpenAsync(_folder.Options, new Back(TimeSpan.FromMinutes(1))))
            Assert.True(File.Exists(_folder.File("data", "lock")));
        await _folder.Good("patients");
    }

    public void Dispose() => _folder.Dispose();

    private sealed class Back(TimeSpan by) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => TimeProvider.System.GetUtcNow() - by;
    }
}
