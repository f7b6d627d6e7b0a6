using MedLedger.Analytics;

namespace MedLedger.Tests.Analytics;

/// <summary>The shipped model, loaded once for all tests.</summary>
public sealed class Model : IDisposable
{
    public ClinicalPipeline Pipeline { get; } = ClinicalPipeline.Load(ClinicalPipeline.DefaultFolder);

    public void Dispose() => Pipeline.Dispose();
}

[CollectionDefinition(nameof(Model))]
public sealed class ModelCollection : ICollectionFixture<Model>;
