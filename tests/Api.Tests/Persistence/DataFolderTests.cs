using MedLedger.Api.Cli;
using MedLedger.Api.Persistence;

namespace MedLedger.Api.Tests.Persistence;

public sealed class DataFolderTests
{
    [Fact]
    public void The_second_writer_is_told_who_holds_the_folder()
    {
        using var temporary = new TemporaryFolder();
        using var first = DataFolder.OpenForWriting(temporary.File("data"), "serve");
        var refused = Assert.Throws<CommandFailure>(() => DataFolder.OpenForWriting(temporary.File("data"), "import"));
        Assert.Equal(ExitCode.Machine, refused.ExitCode);
        Assert.Contains(
            $"process {Environment.ProcessId} (medledger serve)",
            refused.Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void A_reader_opens_beside_the_writer_and_sees_the_same_id()
    {
        using var temporary = new TemporaryFolder();
        using var writer = DataFolder.OpenForWriting(temporary.File("data"), "serve");
        using var reader = DataFolder.OpenForReading(temporary.File("data"));
        Assert.Equal(writer.Id, reader.Id);
    }

    [Fact]
    public void The_id_stays_when_the_folder_is_opened_again()
    {
        using var temporary = new TemporaryFolder();
        string id;
        using (var first = DataFolder.OpenForWriting(temporary.File("data"), "import"))
            id = first.Id;
        using var second = DataFolder.OpenForWriting(temporary.File("data"), "import");
        Assert.Equal(id, second.Id);
    }

    [Fact]
    public void A_folder_that_is_not_there_is_a_usage_error() =>
        Assert.Equal(
            ExitCode.Usage,
            Assert.Throws<CommandFailure>(() => DataFolder.OpenForReading("/nonexistent/medledger")).ExitCode
        );

    [Theory]
    [InlineData("{\"version\":2,\"id\":\"00000000000000000000000000000000\"}")]
    [InlineData("{\"version\":1,\"id\":\"../../../../../../../etc/passwd/\"}")]
    [InlineData("{\"version\":1")]
    public void A_newer_or_damaged_format_is_refused(string format)
    {
        using var temporary = new TemporaryFolder();
        File.WriteAllText(temporary.File("format.json"), format);
        var refused = Assert.Throws<CommandFailure>(() => DataFolder.OpenForWriting(temporary.Path, "import"));
        Assert.Equal(ExitCode.Refused, refused.ExitCode);
    }
}
