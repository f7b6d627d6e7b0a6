using System.Text.Json;
using MedLedger.Analytics.Text;

namespace MedLedger.Analytics.Inference;

/// <summary>What <c>heads.json</c> says: how to spell words and how to read the emissions.</summary>
internal sealed record ModelTables
{
    public required int Characters { get; init; }

    /// <summary>Filters of the convolution over a word's letters.</summary>
    public required int Filters { get; init; }

    /// <summary>The network's inputs are cut to this range, and two constant inputs mark its ends.</summary>
    public required float Range { get; init; }

    public required IReadOnlyList<string> Alphabet { get; init; }

    public required IReadOnlyList<string> Categories { get; init; }

    public required IReadOnlyList<HeadTable> Heads { get; init; }

    public required AssertionTable Assertion { get; init; }

    /// <summary>Columns of the network's output.</summary>
    public required int Emissions { get; init; }

    /// <summary>Parses the file. Throws <see cref="InvalidDataException"/> when it is not of this form.</summary>
    public static ModelTables Parse(byte[] utf8) =>
        StrictJson.Parse(utf8, "The model's heads.json cannot be read.", Of);

    private static ModelTables Of(JsonElement json)
    {
        json.Only("characters", "filters", "range", "alphabet", "categories", "heads", "assertion", "emissions");
        var assertion = json.GetProperty("assertion").Only("offset", "labels");
        return new ModelTables
        {
            Characters = json.GetProperty("characters").GetInt32(),
            Filters = json.GetProperty("filters").GetInt32(),
            Range = json.GetProperty("range").GetSingle(),
            Alphabet = json.Texts("alphabet"),
            Categories = json.Texts("categories"),
            Heads = json.GetProperty("heads").Each(HeadTable.Of),
            Assertion = new AssertionTable
            {
                Offset = assertion.GetProperty("offset").GetInt32(),
                Labels = assertion.Texts("labels"),
            },
            Emissions = json.GetProperty("emissions").GetInt32(),
        };
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

    public required ScoreCalibration Calibration { get; init; }

    public static HeadTable Of(JsonElement json)
    {
        json.Only("name", "offset", "labels", "step", "first", "last", "calibration");
        return new HeadTable
        {
            Name = json.Text("name"),
            Offset = json.GetProperty("offset").GetInt32(),
            Labels = json.Texts("labels"),
            Step = json.GetProperty("step").Each(StrictJson.Numbers),
            First = json.GetProperty("first").Numbers(),
            Last = json.GetProperty("last").Numbers(),
            Calibration = ScoreCalibration.Of(json.GetProperty("calibration")),
        };
    }
}

/// <summary>The columns of the assertion head.</summary>
internal sealed record AssertionTable
{
    public required int Offset { get; init; }

    public required IReadOnlyList<string> Labels { get; init; }
}
