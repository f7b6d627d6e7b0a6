using MedLedger.Api.Http;

namespace MedLedger.Api.Tests.Http;

public sealed class SearchBudgetTests
{
    private readonly Clock _time = new();

    [Fact]
    public void A_search_may_begin_while_anything_is_left_and_what_it_opened_too_much_is_waited_for()
    {
        var budget = new SearchBudget(_time, 60);
        budget.Charge("one", 59);
        Assert.Equal(TimeSpan.Zero, budget.Wait("one"));
        budget.Charge("one", 30);
        Assert.Equal(30, budget.Wait("one").TotalSeconds, 0.01);
        _time.Advance(TimeSpan.FromSeconds(29));
        Assert.NotEqual(TimeSpan.Zero, budget.Wait("one"));
        _time.Advance(TimeSpan.FromSeconds(1.1));
        Assert.Equal(TimeSpan.Zero, budget.Wait("one"));
    }

    [Fact]
    public void Nobody_pays_for_another_and_nobody_saves_more_than_a_minute()
    {
        var budget = new SearchBudget(_time, 60);
        budget.Charge("one", 1000);
        Assert.NotEqual(TimeSpan.Zero, budget.Wait("one"));
        Assert.Equal(TimeSpan.Zero, budget.Wait("other"));
        _time.Advance(TimeSpan.FromHours(1));
        budget.Charge("one", 60);
        Assert.NotEqual(TimeSpan.Zero, budget.Wait("one"));
    }

    private sealed class Clock : TimeProvider
    {
        private long _now;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _now;

        public void Advance(TimeSpan by) => _now += by.Ticks;
    }
}
