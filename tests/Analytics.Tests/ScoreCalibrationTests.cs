using System.Text.Json;
using MedLedger.Analytics.Inference;

namespace MedLedger.Tests.Analytics;

public sealed class ScoreCalibrationTests
{
    [Theory]
    [InlineData(1, 0, 0.8, 0.8)]
    [InlineData(0.5, 0, 0.9, 0.75)]
    [InlineData(1, -1.0986122886681098, 0.9, 0.75)]
    public void A_score_is_moved_on_the_logit(double slope, double offset, double score, double expected) =>
        Assert.Equal(expected, new ScoreCalibration(slope, offset).Of(score), 12);

    [Fact]
    public void The_order_of_scores_stays_and_ends_are_finite()
    {
        var calibration = new ScoreCalibration(0.4, -0.7);
        var scores = Enumerable.Range(0, 101).Select(i => calibration.Of(i / 100.0)).ToList();
        Assert.Equal(scores.Order(), scores);
        Assert.All(scores, s => Assert.InRange(s, 0, 1));
    }

    [Theory]
    [InlineData("""{"slope": 0, "offset": 0}""")]
    [InlineData("""{"slope": -1, "offset": 0}""")]
    public void A_map_that_turns_scores_around_is_refused(string json)
    {
        using var read = JsonDocument.Parse(json);
        Assert.Throws<InvalidDataException>(() => ScoreCalibration.Of(read.RootElement));
    }

    [Fact]
    public void An_unknown_key_is_refused()
    {
        using var read = JsonDocument.Parse("""{"slope": 1, "offset": 0, "knots": []}""");
        Assert.Throws<FormatException>(() => ScoreCalibration.Of(read.RootElement));
    }
}
