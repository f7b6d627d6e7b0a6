using System.Text.Json;
using System.Text.Json.Serialization;

namespace MedLedger.Analytics.Inference;

/// <summary>What <c>heads.json</c> says: how to spell words and how to read the emissions.</summary>
internal sealed record ModelTables
{
    public required int Characters { get; init; }

    public required IReadOnlyList<string> Alphabet { get; init; }

    public required IReadOnlyList<string> Categories { get; init; }

    public required IReadOnlyList<HeadTable> Heads { get; init; }

    public required AssertionTable Assertion { get; init; }

    /// <summary>Columns of the network's output.</summary>
    public required int Emissions { get; init; }

    /// <summary>Parses the file. Throws <see cref="InvalidDataException"/> when it is not of this form.</summary>
    public static ModelTables Parse(byte[] utf8)
    {
        try
        {
            return JsonSerializer.Deserialize(utf8, ModelTablesContext.Default.ModelTables)
                ?? throw new InvalidDataException("The model's heads.json is empty.");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException("The model's heads.json cannot be read.", e);
        }
    }
}

/// <summary>One head: its columns, its BIOES labels and its CRF (Lample et al. 2016).</summary>
internal sealed record HeadTable
{
    public required string Name { get; init; }

    /// <summary>The first column of the emissions.</summary>
    public required int Offset { get; init; }

    public required IReadOnlyList<string> Labels { get; init; }

    /// <summary>[from][to] scores; forbidden steps are very low.</summary>
    public required float[][] Step { get; init; }

    public required float[] First { get; init; }

    public required float[] Last { get; init; }

    /// <summary>Emissions and steps are divided by it before probabilities are taken; null is 1.</summary>
    public float? Temperature { get; init; }
}

/// <summary>The columns of the assertion head.</summary>
internal sealed record AssertionTable
{
    public required int Offset { get; init; }

    public required IReadOnlyList<string> Labels { get; init; }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow
)]
[JsonSerializable(typeof(ModelTables))]
internal sealed partial class ModelTablesContext : JsonSerializerContext;
