using OrleansTagging.Grains;

namespace OrleansTagging.Rules.Tests;

public sealed class SteadyClockTests
{
    [Theory]
    [InlineData(20)]
    [InlineData(-20)]
    [InlineData(3 * 3600)]
    [InlineData(-3 * 3600)]
    public void A_wall_clock_that_is_set_moves_no_lease(int seconds)
    {
        var clocks = new TwoClocks();
        var steady = new SteadyClock(clocks);
        var before = steady.Now;
        Assert.Equal(clocks.GetUtcNow(), before);

        clocks.Pass(TimeSpan.FromSeconds(7));
        clocks.Set(TimeSpan.FromSeconds(seconds));

        Assert.Equal(TimeSpan.FromSeconds(7), steady.Now - before);
    }
}
