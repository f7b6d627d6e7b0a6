using System.Text.Json;
using MedLedger.Analytics.Text;

namespace MedLedger.Analytics.Inference;

/// <summary>
/// Turns one head's scores into probabilities of being right: sigmoid(slope * logit(score) + offset) (Platt 1999, on the
/// logit). It keeps the order of scores.
/// </summary>
/// <param name="Slope">Above 0; below 1 where the network is too sure of itself.</param>
/// <param name="Offset">What is added to the logit.</param>
internal readonly record struct ScoreCalibration(double Slope, double Offset)
{
    // Beyond it a logit would tell float's rounding.
    private const double Edge = 1e-4;

    /// <summary>The probability for a score; both from 0 to 1.</summary>
    public double Of(double score)
    {
        var p = Math.Clamp(score, Edge, 1 - Edge);
        return 1 / (1 + Math.Exp(-((Slope * Math.Log(p / (1 - p))) + Offset)));
    }

    /// <summary>Reads <c>{"slope", "offset"}</c>. Throws <see cref="InvalidDataException"/> when the slope is not above 0.</summary>
    public static ScoreCalibration Of(JsonElement json)
    {
        json.Only("slope", "offset");
        var read = new ScoreCalibration(json.GetProperty("slope").GetDouble(), json.GetProperty("offset").GetDouble());
        return read.Slope > 0
            ? read
            : throw new InvalidDataException("A head of the model has a calibration that turns its scores around.");
    }
}
