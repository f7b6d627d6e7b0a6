namespace MedLedger.Tests;

/// <summary>Where the repository stands, found from the test assembly upwards.</summary>
public static class RepositoryRoot
{
    public static string Path { get; } = Find();

    /// <summary>The absolute path of a file or folder of the repository.</summary>
    public static string File(params string[] parts) => System.IO.Path.Combine([Path, .. parts]);

    private static string Find()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (
            directory is not null && !System.IO.File.Exists(System.IO.Path.Combine(directory.FullName, "MedLedger.sln"))
        )
            directory = directory.Parent;
        return directory?.FullName
            ?? throw new InvalidOperationException("MedLedger.sln was not found above the tests.");
    }
}
