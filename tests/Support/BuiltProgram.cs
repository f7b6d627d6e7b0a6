namespace MedLedger.Tests;

/// <summary>The program as a user of the repository starts it: what `dotnet build` leaves, in the configuration of the tests.</summary>
public static class BuiltProgram
{
    /// <summary>For <c>dotnet PATH ARGS...</c>.</summary>
    public static string Path { get; } = Find();

    private static string Find()
    {
        var configuration = System.IO.Path.GetFileName(AppContext.BaseDirectory.TrimEnd('/', '\\'));
        var path = RepositoryRoot.File("artifacts", "bin", "Api", configuration, "medledger.dll");
        return File.Exists(path) ? path : throw new InvalidOperationException($"{path} was not built.");
    }
}
