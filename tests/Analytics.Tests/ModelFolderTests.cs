using System.Buffers.Binary;
using System.Reflection;
using System.Security.Cryptography;
using MedLedger.Analytics;
using MedLedger.Consent.Vault;

namespace MedLedger.Tests.Analytics;

public sealed class ModelFolderTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("model").FullName;

    public ModelFolderTests()
    {
        foreach (var file in Directory.GetFiles(ClinicalPipeline.DefaultFolder))
            File.Copy(file, Path.Combine(_folder, Path.GetFileName(file)));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("encoder.onnx")]
    [InlineData("heads.json")]
    [InlineData("vocabulary.txt.gz")]
    [InlineData("gazetteer.txt.gz")]
    [InlineData("spelling.bin")]
    [InlineData("codes.txt.gz")]
    [Trait("threat", "hostile document or model file")]
    public void One_changed_byte_is_refused(string name)
    {
        var path = Path.Combine(_folder, name);
        var bytes = File.ReadAllBytes(path);
        bytes[bytes.Length / 2] ^= 1;
        File.WriteAllBytes(path, bytes);
        Assert.Throws<InvalidDataException>(() => ClinicalPipeline.Load(_folder));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(1)]
    [InlineData(int.MaxValue)]
    [Trait("threat", "hostile document or model file")]
    public void A_table_of_another_size_than_it_says_is_refused(int more)
    {
        var path = Path.Combine(_folder, "gazetteer.txt.gz");
        var bytes = File.ReadAllBytes(path);
        var manifest = Path.Combine(_folder, "manifest.json");
        var before = Convert.ToHexStringLower(SHA256.HashData(bytes));
        var size = BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(^4..));
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(^4..), unchecked(size + more));
        File.WriteAllBytes(path, bytes);
        File.WriteAllText(
            manifest,
            File.ReadAllText(manifest)
                .Replace(before, Convert.ToHexStringLower(SHA256.HashData(bytes)), StringComparison.Ordinal)
        );
        Assert.Throws<InvalidDataException>(() => ClinicalPipeline.Load(_folder));
    }

    [Fact]
    public void A_missing_file_is_refused()
    {
        File.Delete(Path.Combine(_folder, "heads.json"));
        Assert.Throws<InvalidDataException>(() => ClinicalPipeline.Load(_folder));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("""{"name":"x","version":"1","files":{"../x":"00"}}""")]
    [InlineData("""{"name":"x","version":"1","files":{}}""")]
    public void A_manifest_of_another_form_is_refused(string manifest)
    {
        File.WriteAllText(Path.Combine(_folder, "manifest.json"), manifest);
        Assert.Throws<InvalidDataException>(() => ClinicalPipeline.Load(_folder));
    }

    [Fact]
    public void A_folder_that_is_not_there_is_said() =>
        Assert.ThrowsAny<IOException>(() => ClinicalPipeline.Load(Path.Combine(_folder, "none")));

    [Fact]
    public void The_manifest_names_the_model()
    {
        using var pipeline = ClinicalPipeline.Load(_folder);
        Assert.Equal(32, pipeline.ModelDigest.Length);
        Assert.Equal(Convert.ToHexStringLower(pipeline.ModelDigest.Span), pipeline.ModelSha256);
    }

    [Fact]
    public void All_files_stay_within_sixteen_megabytes() =>
        Assert.True(new DirectoryInfo(_folder).GetFiles().Sum(f => f.Length) < 16_000_000);

    /// <summary>Only the vault can make what the patients' entry takes.</summary>
    [Fact]
    [Trait("threat", "permit from elsewhere")]
    public void Only_a_permit_opens_the_patient_entry()
    {
        var run = Assert.Single(typeof(ClinicalPipeline).GetMethods(), m => m.Name == nameof(ClinicalPipeline.Run));
        Assert.Equal(typeof(OpenedRecord), run.GetParameters()[0].ParameterType);
        Assert.Empty(typeof(OpenedRecord).GetConstructors());
        Assert.DoesNotContain(typeof(OpenedRecord).GetProperties(), p => p.SetMethod is { IsPublic: true });
        Assert.True(typeof(OpenedRecord).IsSealed);
        // No other public door of this assembly takes one apart from text.
        Assert.All(
            typeof(OpenedRecord).GetMethods(BindingFlags.Public | BindingFlags.Static),
            m => Assert.NotEqual(typeof(OpenedRecord), m.ReturnType)
        );
    }

    [Fact]
    public void Analytics_references_neither_the_api_nor_fhir() =>
        Assert.DoesNotContain(
            typeof(ClinicalPipeline).Assembly.GetReferencedAssemblies(),
            a => a.Name == "medledger" || a.Name!.StartsWith("Hl7", StringComparison.Ordinal)
        );
}
