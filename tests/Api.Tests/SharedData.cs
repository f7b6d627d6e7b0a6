namespace MedLedger.Api.Tests;

/// <summary>Public data sets that may lie beside the repository; tests that need them say so when they are absent.</summary>
internal static class SharedData
{
    public static string? Folder(string name)
    {
        var path = Path.GetFullPath(Path.Combine(MedLedger.Tests.RepositoryRoot.Path, "..", "shared", "data", name));
        return Directory.Exists(path) ? path : null;
    }
}

/// <summary>A test on a data set beside the repository; skipped, with the reason, where it is absent.</summary>
internal sealed class SharedDataFactAttribute : FactAttribute
{
    public SharedDataFactAttribute(string name)
    {
        if (SharedData.Folder(name) is null)
            Skip = $"../shared/data/{name} is not beside the repository.";
    }
}
