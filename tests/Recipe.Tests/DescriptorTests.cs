using OrleansTagging.Labels;

namespace OrleansTagging.Recipe.Tests;

public sealed class DescriptorTests
{
    [Theory]
    [InlineData("mel_2048_1024_128", FeatureKind.Mel, 2048, 1024, 128)]
    [InlineData("mel_512_128_40", FeatureKind.Mel, 512, 128, 40)]
    [InlineData("stft_256_128", FeatureKind.Stft, 256, 128, 129)]
    public void Features_are_named_by_their_figures(string name, FeatureKind kind, int fft, int hop, int bands)
    {
        Assert.Equal(new FeatureDescriptor(kind, fft, hop, bands), FeatureDescriptor.Parse(name));
        Assert.Equal(name, FeatureDescriptor.Parse(name).ToString());
    }

    [Theory]
    [InlineData("mel_2048_1024")]
    [InlineData("mel_2048_4096_128")]
    [InlineData("mel_2048_0_128")]
    [InlineData("mel_2048_-1_128")]
    [InlineData("mel_256_128_200")]
    [InlineData("mfcc_2048_1024_128")]
    [InlineData("stft_256_128_129")]
    [InlineData("stft_200_100")]
    [InlineData("stft_256_0")]
    public void A_name_that_cannot_work_is_refused_with_the_name(string name) =>
        Assert.Contains($"'{name}'", Assert.Throws<InputException>(() => FeatureDescriptor.Parse(name)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_schedule_is_named_by_its_kind_and_its_figures()
    {
        foreach (var (schedule, name) in new (ScheduleDescriptor, string)[]
        {
            (new OneCycleDescriptor(1e-4, 5e-3), "1cycle_0.0001_0.005"), (new StepDescriptor(10, 0.5), "steplr_10_0.5"),
        })
        {
            Assert.Equal(schedule, ScheduleDescriptor.Parse(name));
            Assert.Equal(name, schedule.ToString());
        }
    }

    [Theory]
    [InlineData("1cycle_0.01_0.001")]
    [InlineData("1cycle_0_0.001")]
    [InlineData("cosine_0.1_1")]
    [InlineData("1cycle_a_b")]
    [InlineData("steplr_10")]
    [InlineData("steplr_10_1.5")]
    [InlineData("steplr_10_0")]
    [InlineData("steplr_0_0.5")]
    [InlineData("steplr_2.5_0.5")]
    [InlineData("")]
    public void A_schedule_that_cannot_be_is_refused(string name) => Assert.Throws<InputException>(() => ScheduleDescriptor.Parse(name));

    [Theory]
    [InlineData("curated")]
    [InlineData("main@3")]
    public void A_selection_survives_its_text(string text)
    {
        Assert.True(Selection.TryParse(text, out var selection));
        Assert.Equal(text, selection.ToString());
    }

    [Theory]
    [InlineData("main@0")]
    [InlineData("@1")]
    [InlineData("main@x")]
    [InlineData("noisy")]
    public void What_is_no_selection_is_not_read(string text) => Assert.False(Selection.TryParse(text, out _));

    [Fact]
    public void Depth_grows_by_its_factor() => Assert.Equal(
        [50, 75, 112, 168, 253], Enumerable.Range(0, 5).Select(new NetworkSettings { ConvBaseDepth = 50, GrowthRate = 1.5 }.Depth));
}
