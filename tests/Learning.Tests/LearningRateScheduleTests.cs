using OrleansTagging.Recipe;

namespace OrleansTagging.Learning.Tests;

public sealed class LearningRateScheduleTests
{
    [Fact]
    public void Every_rate_of_one_cycle_equals_the_reference()
    {
        var figures = GoldenFiles.Json("onecycle.json");
        var expected = figures.GetProperty("lr").EnumerateArray().Select(rate => rate.GetDouble()).ToArray();
        var schedule = LearningRateSchedule.Of(new TrainingSettings { Epochs = 1, Scheduler = "1cycle_0.0001_0.005" }, expected.Length);
        Assert.All(expected.Index(), rate => Assert.Equal(rate.Item, schedule.Rate(rate.Index), 1e-12));
    }

    [Fact]
    public void Every_rate_of_the_steps_equals_pytorchs()
    {
        var figures = GoldenFiles.Json("descent.json");
        var expected = figures.GetProperty("rates").EnumerateArray().Select(rate => rate.GetDouble()).ToArray();
        var steps = figures.GetProperty("steps").GetInt32();
        var schedule = LearningRateSchedule.Of(new TrainingSettings { Lr = 0.02, Scheduler = "steplr_2_0.5" }, steps);
        Assert.All(expected.Index(), rate => Assert.Equal(rate.Item, schedule.Rate(rate.Index), 1e-12));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(4)]
    public void A_training_of_a_few_steps_has_rates_above_zero(int steps)
    {
        var schedule = new OneCycleSchedule(new OneCycleDescriptor(0.001, 0.01), steps);
        Assert.All(Enumerable.Range(0, steps), step => Assert.InRange(schedule.Rate(step), 1e-6, 0.01));
    }
}
